//! Formats a response in a dialect: as events of a stream, or as one document.

use bytes::Bytes;
use catalog::Dialect;
use serde_json::Value;

use crate::answer::{Answer, HIGH, LOW};
use crate::delivery::{LastEvent, Traits};
use crate::family::Refusal;
use crate::frame::{Frame, Kind, Transcript};
use crate::request::Request;

mod anthropic;
mod chat;
mod responses;

pub(crate) fn transcript(request: &Request, answer: &Answer) -> Transcript {
    let mut transcript = match request.dialect {
        Dialect::Anthropic => anthropic::transcript(request, answer),
        Dialect::OpenaiChat => chat::transcript(request, answer),
        Dialect::OpenaiResponses => responses::transcript(request, answer),
    };
    if answer.delivery.surrogates.is_some() {
        for frame in &mut transcript.frames {
            frame.bytes = with_surrogates(&frame.bytes);
        }
    }
    if answer.delivery.traits.comments {
        transcript.keep_alive(&keep_alive(request.dialect, answer.delivery.traits));
    }
    transcript.end(answer.delivery.last_event);
    transcript
}

impl Transcript {
    /// As one document.
    pub(crate) fn document(&self) -> Vec<u8> {
        with_surrogates(self.full.to_string().as_bytes()).into()
    }

    fn keep_alive(&mut self, sign: &Bytes) {
        const EVERY: usize = 10;
        let frames = std::mem::take(&mut self.frames);
        for (at, frame) in frames.into_iter().enumerate() {
            if at % EVERY == 0 {
                self.frames.push(Frame {
                    kind: Kind::Opening,
                    bytes: sign.clone(),
                });
            }
            self.frames.push(frame);
        }
    }

    fn end(&mut self, last_event: LastEvent) {
        let off = match last_event {
            LastEvent::Closed => return,
            LastEvent::Open => 1,
            LastEvent::Bare => 2,
        };
        if let Some(last) = self.frames.last_mut() {
            last.bytes.truncate(last.bytes.len() - off);
        }
    }
}

/// Writes the two surrogates of an emoji as JSON escapes.
fn with_surrogates(bytes: &[u8]) -> Bytes {
    let text = String::from_utf8_lossy(bytes);
    let text = text.replace(HIGH, "\\ud83d").replace(LOW, "\\ude80");
    text.into_bytes().into()
}

/// A keep-alive without content.
pub(crate) fn keep_alive(dialect: Dialect, traits: Traits) -> Bytes {
    match dialect {
        Dialect::Anthropic => anthropic::PING,
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            format!(": {}\n\n", traits.comment).into()
        }
    }
}

/// The error event of this response's stream after `before` events.
pub(crate) fn error_event(dialect: Dialect, transcript: &Transcript, before: usize) -> Bytes {
    match dialect {
        Dialect::Anthropic => anthropic::error_event("overloaded_error", "Overloaded"),
        Dialect::OpenaiChat => chat::error_event(),
        Dialect::OpenaiResponses => {
            let message = "The server had an error while processing your request.";
            responses::error_event(&transcript.full, before, "server_error", message)
        }
    }
}

/// The error event with a vendor's text; `envelope`: the body of the vendor's error response.
pub(crate) fn error_event_saying(
    dialect: Dialect,
    transcript: &Transcript,
    before: usize,
    refusal: &Refusal,
    envelope: &Value,
) -> Bytes {
    let code = refusal.code.as_deref().and_then(Value::as_str);
    match dialect {
        Dialect::Anthropic => anthropic::error_event(refusal.kind, &refusal.message),
        Dialect::OpenaiChat => format!("data: {envelope}\n\n").into(),
        Dialect::OpenaiResponses => responses::error_event(
            &transcript.full,
            before,
            code.unwrap_or(refusal.kind),
            &refusal.message,
        ),
    }
}
