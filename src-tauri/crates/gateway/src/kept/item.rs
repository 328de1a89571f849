//! Items of Responses in their stored form: as a client sends them that stores its conversation itself. Pure.

use serde_json::Value;
use serde_json::value::RawValue;
use wire::fields::Fields;

/// An item of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) id: Option<String>,
    /// `None`: other candidates do not get it.
    pub(super) text: Option<String>,
}

/// Items whose id may be absent when they are sent again (OpenAI API reference, "Input"): another vendor's id would be refused,
/// and with an id of its own the vendor requires a call together with its reasoning.
const WITHOUT_ID: [&str; 5] = [
    "message",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "custom_tool_call_output",
];

pub(super) fn output(raw: &str) -> Output {
    let Ok(item) = Fields::read(raw.as_bytes()) else {
        return Output {
            id: None,
            text: None,
        };
    };
    let kind = item.text("type").unwrap_or_default();
    // A truncated call is not stored, and its result will not arrive.
    let unfinished = item.non_null("call_id").is_some()
        && item
            .text("status")
            .is_some_and(|status| status != "completed");
    // A compaction replaces earlier items, which are stored in full.
    let left = unfinished || is_reasoning(&kind) || kind.contains("compaction");
    Output {
        id: item.text("id"),
        text: (!left).then(|| bare(item, &kind)),
    }
}

/// `None`: other candidates do not get it.
pub(super) fn input(raw: &str) -> Option<String> {
    let Ok(item) = Fields::read(raw.as_bytes()) else {
        return Some(raw.to_owned());
    };
    let kind = item.text("type").unwrap_or_else(|| "message".to_owned());
    (!is_reasoning(&kind)).then(|| bare(item, &kind))
}

/// Only the vendor that wrote it can read it: it is an id, or encrypted.
pub(super) fn is_reasoning(kind: &str) -> bool {
    kind == "reasoning"
}

fn bare(mut item: Fields<'_>, kind: &str) -> String {
    if WITHOUT_ID.contains(&kind) {
        item.remove("id");
        item.remove("status");
    }
    item.to_string()
}

/// The items of a request's input, unchanged. A text is the user's message.
pub(super) fn inputs(body: &Fields<'_>) -> Vec<String> {
    match body.non_null("input") {
        None => Vec::new(),
        Some(raw) if raw.starts_with('"') => {
            vec![format!(
                r#"{{"type":"message","role":"user","content":{raw}}}"#
            )]
        }
        Some(raw) => {
            let items: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
            items
                .into_iter()
                .map(|item| item.get().to_owned())
                .collect()
        }
    }
}

/// A JSON string.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
