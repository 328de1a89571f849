//! A client that accepts its response without further checks, like most real clients.

use std::fmt;

use catalog::Dialect;
use serde_json::Value;

use super::scenario::tokens;

/// What a client received.
#[derive(Clone, Debug)]
pub(crate) struct ClientResponse {
    pub(crate) status: u16,
    /// `x-understudy-model`.
    pub(crate) model_header: Option<String>,
    pub(crate) body: Vec<u8>,
    /// True: the body ended normally. False: the connection broke.
    pub(crate) clean: bool,
}

/// The client's conclusion about a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Complete, correctly.
    Complete,
    /// An error with a text.
    HonestError,
    /// A broken connection, which every client detects.
    Aborted,
    /// Complete, wrongly.
    IncompleteAccepted,
    /// An error without a text.
    Unexplained,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Complete => "whole",
            Verdict::HonestError => "honest error",
            Verdict::Aborted => "aborted",
            Verdict::IncompleteAccepted => "HALF TAKEN FOR WHOLE",
            Verdict::Unexplained => "ERROR WITHOUT WORDS",
        })
    }
}

/// A response as the client assembled it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) text: String,
    /// The dialect's terminal event arrived.
    pub(crate) ended: bool,
    pub(crate) error: Option<String>,
    /// Number of message starts.
    pub(crate) begun: usize,
    pub(crate) model: Option<String>,
    pub(crate) output_tokens: Option<u64>,
}

impl ClientResponse {
    pub(crate) fn message(&self, dialect: Dialect) -> Message {
        let mut message = Message::default();
        let text = String::from_utf8_lossy(&self.body);
        if let Ok(document) = serde_json::from_str::<Value>(&text) {
            message.read_document(dialect, &document);
            return message;
        }
        for line in text.lines() {
            if let Some(data) = line.strip_prefix("data: ")
                && let Ok(event) = serde_json::from_str(data)
            {
                message.read_event(dialect, &event);
            }
        }
        message
    }

    pub(crate) fn verdict(&self, dialect: Dialect) -> Verdict {
        let message = self.message(dialect);
        let has_words = message
            .error
            .as_ref()
            .is_some_and(|words| !words.is_empty());
        match self.status {
            200..300 if message.error.is_some() && !message.ended => Verdict::HonestError,
            200..300 if message.ended || self.clean => {
                let complete = message.ended && message.begun == 1 && message.is_complete();
                if complete {
                    Verdict::Complete
                } else {
                    Verdict::IncompleteAccepted
                }
            }
            200..300 => Verdict::Aborted,
            _ if has_words => Verdict::HonestError,
            _ => Verdict::Unexplained,
        }
    }
}

impl Message {
    /// The complete text of one upstream. A restart, or a response of another model than requested, must be announced in the
    /// text.
    fn is_complete(&self) -> bool {
        let announced = self.text.strip_prefix("[Understudy: ");
        let announced = announced.and_then(|text| text.split_once("]\n\n"));
        let text = announced.map_or(&*self.text, |(_, text)| text);
        ["lead", "second"].iter().any(|who| {
            let all = tokens(who);
            let begun_before = || text.contains("ended in the middle");
            text == all || (text.ends_with(&all) && begun_before())
        })
    }

    /// The last tokens come from this upstream.
    pub(crate) fn is_by(&self, who: &str) -> bool {
        self.text.ends_with(&format!("{who} 60"))
    }

    fn read_error(&mut self, tree: &Value) {
        let words = ["/error/message", "/response/error/message", "/message"]
            .iter()
            .find_map(|place| tree.pointer(place)?.as_str());
        self.error = Some(words.unwrap_or_default().to_owned());
    }

    fn read_document(&mut self, dialect: Dialect, document: &Value) {
        if !document["error"].is_null() {
            self.read_error(document);
            return;
        }
        self.begun = 1;
        self.model = document["model"].as_str().map(str::to_owned);
        match dialect {
            Dialect::Anthropic => {
                self.add_texts(&document["content"], "text");
                self.ended = !document["stop_reason"].is_null();
                self.output_tokens = document["usage"]["output_tokens"].as_u64();
            }
            Dialect::OpenaiChat => {
                let choice = &document["choices"][0];
                self.add_text(&choice["message"]["content"]);
                self.ended = !choice["finish_reason"].is_null();
                self.output_tokens = document["usage"]["completion_tokens"].as_u64();
            }
            Dialect::OpenaiResponses => {
                for item in document["output"].as_array().into_iter().flatten() {
                    self.add_texts(&item["content"], "text");
                }
                self.ended = document["status"] == "completed";
                self.output_tokens = document["usage"]["output_tokens"].as_u64();
            }
        }
    }

    fn read_event(&mut self, dialect: Dialect, event: &Value) {
        match (dialect, event["type"].as_str().unwrap_or_default()) {
            (Dialect::Anthropic, "message_start") => {
                self.begun += 1;
                self.model = event["message"]["model"].as_str().map(str::to_owned);
            }
            (Dialect::Anthropic, "content_block_delta") => self.add_text(&event["delta"]["text"]),
            (Dialect::Anthropic, "message_delta") => {
                self.output_tokens = event["usage"]["output_tokens"].as_u64();
            }
            (Dialect::Anthropic, "message_stop") => self.ended = true,
            (Dialect::OpenaiResponses, "response.created") => self.begun += 1,
            (Dialect::OpenaiResponses, "response.output_text.delta") => {
                self.add_text(&event["delta"])
            }
            (Dialect::OpenaiResponses, "response.completed") => {
                let response = &event["response"];
                self.ended = true;
                self.model = response["model"].as_str().map(str::to_owned);
                self.output_tokens = response["usage"]["output_tokens"].as_u64();
            }
            (Dialect::Anthropic | Dialect::OpenaiResponses, "error" | "response.failed") => {
                self.read_error(event);
            }
            (Dialect::OpenaiChat, _) if !event["error"].is_null() => self.read_error(event),
            (Dialect::OpenaiChat, _) => {
                self.begun = 1;
                self.model = event["model"].as_str().map(str::to_owned);
                let choice = &event["choices"][0];
                self.add_text(&choice["delta"]["content"]);
                self.ended |= choice["finish_reason"].is_string();
                let tokens = event["usage"]["completion_tokens"].as_u64();
                self.output_tokens = tokens.or(self.output_tokens);
            }
            _ => {}
        }
    }

    fn add_text(&mut self, text: &Value) {
        self.text.push_str(text.as_str().unwrap_or_default());
    }

    fn add_texts(&mut self, parts: &Value, field: &str) {
        for part in parts.as_array().into_iter().flatten() {
            self.add_text(&part[field]);
        }
    }
}
