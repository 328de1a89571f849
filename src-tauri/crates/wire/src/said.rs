//! The text of a whole answer, for a route that demands something of it.

use catalog::Dialect;
use serde_json::Value;

use crate::{Framing, Validator, sse};

/// What an answer says in words, thinking and tool calls left out; of several choices the first. `bytes`: the whole body.
pub fn said(dialect: Dialect, framing: Framing, bytes: &[u8]) -> String {
    match framing {
        Framing::Whole => serde_json::from_slice(bytes)
            .map_or_else(|_| String::new(), |body| whole(dialect, &body)),
        Framing::Stream => {
            let mut said = String::new();
            // An event that is too large is no part of an answer that passed its validator.
            let _ = sse::Reader::new(Validator::LIMIT).push(bytes, &mut |event| {
                if let Ok(data) = serde_json::from_slice(event.data) {
                    said.push_str(piece(dialect, &data).unwrap_or_default());
                }
            });
            said
        }
    }
}

fn whole(dialect: Dialect, body: &Value) -> String {
    let texts = |parts: &Value, kind: &str| -> String {
        let parts = parts.as_array().into_iter().flatten();
        parts
            .filter(|part| part["type"] == kind)
            .filter_map(|part| part["text"].as_str())
            .collect()
    };
    match dialect {
        Dialect::Anthropic => texts(&body["content"], "text"),
        Dialect::OpenaiChat => {
            let content = &body["choices"][0]["message"]["content"];
            content.as_str().unwrap_or_default().to_owned()
        }
        Dialect::OpenaiResponses => {
            let items = body["output"].as_array().into_iter().flatten();
            items
                .map(|item| texts(&item["content"], "output_text"))
                .collect()
        }
    }
}

/// The text that one event adds.
fn piece(dialect: Dialect, event: &Value) -> Option<&str> {
    match (dialect, event["type"].as_str()) {
        (Dialect::Anthropic, Some("content_block_start")) => {
            event["content_block"]["text"].as_str()
        }
        (Dialect::Anthropic, Some("content_block_delta")) => event["delta"]["text"].as_str(),
        (Dialect::OpenaiResponses, Some("response.output_text.delta")) => event["delta"].as_str(),
        (Dialect::OpenaiChat, _) => {
            let choices = event["choices"].as_array()?;
            let first = choices
                .iter()
                .find(|choice| choice["index"].as_u64().unwrap_or(0) == 0)?;
            first["delta"]["content"].as_str()
        }
        (Dialect::Anthropic | Dialect::OpenaiResponses, _) => None,
    }
}

#[cfg(test)]
mod tests;
