//! The requests that each vendor refuses, with its envelope and text, and those that it accepts: one table per vendor.

use catalog::Dialect;
use serde_json::{Value, json};

use super::client::{Reply, generate_with, request};
use crate::{Family, Stage};

mod anthropic;
mod compatible;
mod gemini;
mod openai;
mod stored;

/// The change of a request, and a text of the error; `""`: it is accepted.
type Row = (Value, &'static str);

pub(super) const TAKEN: &str = "";

/// Merges `patch` into `value`; null removes a field.
pub(super) fn patched(mut value: Value, patch: &Value) -> Value {
    match (&mut value, patch) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                if change.is_null() {
                    fields.remove(name);
                } else {
                    let old = fields.remove(name).unwrap_or_default();
                    fields.insert(name.clone(), patched(old, change));
                }
            }
            value
        }
        _ => patch.clone(),
    }
}

pub(super) async fn answer(
    family: Family,
    dialect: Dialect,
    model: &str,
    headers: &str,
    patch: &Value,
) -> Reply {
    let mut base = request(dialect, model, false, "What is here?");
    base.as_object_mut().unwrap().remove("stream_options");
    let stage = Stage::any_model().acting(family);
    generate_with(&stage, dialect, headers, &patched(base, patch)).await
}

pub(super) async fn hold(
    family: Family,
    dialect: Dialect,
    model: &str,
    headers: &str,
    rows: impl IntoIterator<Item = Row>,
) {
    for (patch, expected_text) in rows {
        let reply = answer(family, dialect, model, headers, &patch).await;
        let text = reply.text();
        if expected_text == TAKEN {
            assert_eq!(reply.status, 200, "{family} {model} {patch}: {text}");
        } else {
            let received: Value = serde_json::from_str(text).unwrap();
            assert!(
                (400..500).contains(&reply.status),
                "{family} {model} {patch}: {text}"
            );
            let received = received
                .to_string()
                .replace("\\\"", "\"")
                .replace("\\\\", "\\");
            assert!(
                received.contains(expected_text),
                "{family} {model} {patch}: {received}"
            );
        }
    }
}

/// A conversation with one call and its result, in Chat; `call` is merged into the assistant's message.
pub(super) fn chat_turn(id: &str, message: &Value, then: &[Value]) -> Value {
    let call =
        json!({"id": id, "type": "function", "function": {"name": "Bash", "arguments": "{}"}});
    let assistant = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let mut messages = vec![
        json!({"role": "user", "content": "What is here?"}),
        patched(assistant, message),
        json!({"role": "tool", "tool_call_id": id, "content": "two files"}),
    ];
    messages.extend(then.iter().cloned());
    json!({ "messages": messages })
}
