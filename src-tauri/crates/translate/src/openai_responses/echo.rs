//! Fields of the request that a response object repeats, with the vendor's defaults for absent fields: every field that Open
//! Responses (openresponses/openresponses, `ResponseResource`) requires.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::DIALECT;
use crate::request::object::Object;

/// Fields of a Responses request that its response repeats, as JSON text.
pub type Echo = BTreeMap<&'static str, String>;

/// Fields of the request that a response object repeats (Open Responses, "The response object").
const ECHOED: [&str; 21] = [
    "background",
    "frequency_penalty",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// The fields of this request that its response repeats.
pub(crate) fn read_echo(json: &str) -> Option<Echo> {
    Some(echo(&Object::read(DIALECT, "", json.trim()).ok()?))
}

pub(super) fn echo(body: &Object<'_>) -> Echo {
    let named = |(key, raw): (&str, &str)| {
        let name = ECHOED.into_iter().find(|name| *name == key)?;
        Some((name, raw.to_owned()))
    };
    body.all().filter_map(named).collect()
}

pub(super) fn object(echo: Option<&Echo>) -> Value {
    let value_of = |key: &str| {
        let raw = echo.and_then(|echo| echo.get(key));
        let value = raw.and_then(|raw| serde_json::from_str::<Value>(raw).ok());
        value.filter(|value| !value.is_null())
    };
    let or = |key: &str, default: Value| value_of(key).unwrap_or(default);
    json!({
        "background": or("background", json!(false)),
        "frequency_penalty": or("frequency_penalty", json!(0)),
        "instructions": or("instructions", Value::Null),
        "max_output_tokens": or("max_output_tokens", Value::Null),
        "max_tool_calls": or("max_tool_calls", Value::Null),
        "metadata": or("metadata", json!({})),
        "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
        "presence_penalty": or("presence_penalty", json!(0)),
        "previous_response_id": or("previous_response_id", Value::Null),
        "prompt_cache_key": or("prompt_cache_key", Value::Null),
        "reasoning": value_of("reasoning").map_or(Value::Null, |value_of| reasoning(&value_of)),
        "safety_identifier": or("safety_identifier", Value::Null),
        // The requested tier applies to another vendor, so the default is reported.
        "service_tier": "default",
        "temperature": or("temperature", json!(1)),
        "text": text(value_of("text")),
        "tool_choice": or("tool_choice", json!("auto")),
        "tools": tools(value_of("tools")),
        "top_logprobs": or("top_logprobs", json!(0)),
        "top_p": or("top_p", json!(1)),
        "truncation": or("truncation", json!("disabled")),
        "user": or("user", Value::Null),
    })
}

fn reasoning(value_of: &Value) -> Value {
    json!({ "effort": value_of["effort"], "summary": value_of["summary"] })
}

fn text(value_of: Option<Value>) -> Value {
    let mut text = value_of.unwrap_or_else(|| json!({}));
    if text["format"].is_null() {
        text["format"] = json!({ "type": "text" });
    }
    let format = &mut text["format"];
    if format["type"] == "json_schema" {
        for (key, absent) in [("description", Value::Null), ("strict", json!(false))] {
            if format.get(key).is_none() {
                format[key] = absent;
            }
        }
    }
    text
}

/// A function's optional fields are present, and null if the request did not have them.
fn tools(value_of: Option<Value>) -> Value {
    let mut tools = value_of.unwrap_or_else(|| json!([]));
    for tool in tools.as_array_mut().into_iter().flatten() {
        if tool["type"] != "function" {
            continue;
        }
        for key in ["description", "parameters", "strict"] {
            if tool.get(key).is_none() {
                tool[key] = Value::Null;
            }
        }
    }
    tools
}
