//! Vendors' published rules for requests.

use std::collections::BTreeSet;

use catalog::Dialect;
use serde_json::{Value, json};
use translate::read;

/// # Errors The violated rule.
pub(crate) fn lawful(dialect: Dialect, body: &[u8]) -> Result<(), String> {
    read(dialect, body).map_err(|error| error.to_string())?;
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let tools = list(&body["tools"]).iter().map(|tool| match dialect {
        Dialect::OpenaiChat => &tool["function"]["name"],
        Dialect::Anthropic | Dialect::OpenaiResponses => &tool["name"],
    });
    let tools: Vec<&Value> = tools.collect();
    let mut seen = BTreeSet::new();
    for name in tools {
        let name = name.as_str().ok_or("a tool without a name")?;
        ensure(is_plain(name, 64), || format!("the name {name}"))?;
        ensure(seen.insert(name), || format!("two tools named {name}"))?;
    }
    match dialect {
        Dialect::Anthropic => messages(&body),
        Dialect::OpenaiChat => chat(&body),
        Dialect::OpenaiResponses => responses(&body),
    }
}

fn messages(body: &Value) -> Result<(), String> {
    ensure(body["max_tokens"].is_u64(), || "no max_tokens".to_owned())?;
    let mut ids = BTreeSet::new();
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (at, message) in list(&body["messages"]).iter().enumerate() {
        let role = ["user", "assistant"][at % 2];
        ensure(message["role"] == role, || {
            format!("message {at} is not the {role}'s")
        })?;
        let blocks = list(&message["content"]);
        ensure(!blocks.is_empty(), || format!("message {at} is empty"))?;
        let mut answered = BTreeSet::new();
        let mut has_more = false;
        for block in blocks {
            match block["type"].as_str().unwrap_or_default() {
                "tool_result" => {
                    ensure(!has_more, || {
                        format!("message {at}: a result after other blocks")
                    })?;
                    answered.insert(text(&block["tool_use_id"]));
                }
                "tool_use" => {
                    let id = text(&block["id"]);
                    ensure(is_plain(id, usize::MAX), || format!("the id {id}"))?;
                    ensure(ids.insert(id), || format!("the id {id} twice"))?;
                    ensure(block["input"].is_object(), || format!("the input of {id}"))?;
                }
                "text" => {
                    has_more = true;
                    ensure(!text(&block["text"]).trim().is_empty(), || {
                        format!("message {at}: no text")
                    })?;
                }
                _ => has_more = true,
            }
        }
        ensure(answered == open, || {
            format!("message {at} answers {answered:?}, not {open:?}")
        })?;
        let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
        open = calls.map(|block| text(&block["id"])).collect();
    }
    ensure(list(&body["messages"]).len() % 2 == 1, || {
        "it does not end with the user".to_owned()
    })
}

fn chat(body: &Value) -> Result<(), String> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (at, message) in list(&body["messages"]).iter().enumerate() {
        if message["role"] == "tool" {
            let id = text(&message["tool_call_id"]);
            ensure(open.remove(id), || format!("message {at} answers no call"))?;
            continue;
        }
        ensure(open.is_empty(), || {
            format!("message {at} comes before the results of {open:?}")
        })?;
        let calls = list(&message["tool_calls"]);
        let has_content = !message["content"].is_null() && message["content"] != json!([]);
        ensure(has_content || !calls.is_empty(), || {
            format!("message {at} is empty")
        })?;
        open = calls.iter().map(|call| text(&call["id"])).collect();
        ensure(open.len() == calls.len(), || {
            format!("message {at} has an id twice")
        })?;
    }
    ensure(open.is_empty(), || format!("no results of {open:?}"))
}

fn responses(body: &Value) -> Result<(), String> {
    let mut open = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (at, item) in list(&body["input"]).iter().enumerate() {
        let id = text(&item["call_id"]);
        match item["type"].as_str().unwrap_or_default() {
            "function_call" => {
                open.insert(id);
                ensure(ids.insert(id), || format!("the id {id} twice"))?;
            }
            "function_call_output" => {
                ensure(open.remove(id), || format!("item {at} answers no call"))?
            }
            "message" => ensure(!list(&item["content"]).is_empty(), || {
                format!("item {at} is empty")
            })?,
            other => return Err(format!("an item of the kind {other}")),
        }
    }
    ensure(open.is_empty(), || format!("no results of {open:?}"))?;
    ensure(body["store"] == false, || "it would be kept".to_owned())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn is_plain(text: &str, longest: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=longest).contains(&text.len()) && text.bytes().all(plain)
}

fn ensure(holds: bool, broken: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(broken()) }
}
