//! Items of Responses as they are kept: what a client would send that keeps its conversation itself. Pure.

use serde_json::Value;
use serde_json::value::RawValue;
use wire::fields::Fields;

/// An item of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Output {
    pub(super) id: Option<String>,
    /// None: it is not part of what another candidate is sent.
    pub(super) text: Option<String>,
}

/// Items whose id may be missing where they are sent again (OpenAI API reference, "Input"): another vendor's id would be refused,
/// and with its own one a call is demanded together with its reasoning.
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
    // A call that was cut short is none, and its result will not come.
    let unfinished = item.given("call_id").is_some()
        && item
            .text("status")
            .is_some_and(|status| status != "completed");
    // A compaction stands for what was before it, which is kept in full.
    let left = unfinished || is_reasoning(&kind) || kind.contains("compaction");
    Output {
        id: item.text("id"),
        text: (!left).then(|| bare(item, &kind)),
    }
}

/// None: it is not part of what another candidate is sent.
pub(super) fn input(raw: &str) -> Option<String> {
    let Ok(item) = Fields::read(raw.as_bytes()) else {
        return Some(raw.to_owned());
    };
    let kind = item.text("type").unwrap_or_else(|| "message".to_owned());
    (!is_reasoning(&kind)).then(|| bare(item, &kind))
}

/// Its own vendor alone can read it: by its id, or encrypted.
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

/// The items of a request's input, as they came. A text is the user's message.
pub(super) fn inputs(body: &Fields<'_>) -> Vec<String> {
    match body.given("input") {
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
