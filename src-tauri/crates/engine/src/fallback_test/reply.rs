//! A response from the client's view: whether it is complete, its tool calls, and the part that the next request contains.
//! Pure.

use catalog::Dialect;
use serde_json::{Value, json};
use wire::{BodyEnd, Completion, Framing, Validator, sse};

/// A received response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) completion: Completion,
    pub(crate) calls: Vec<Call>,
    /// Bytes of text without thinking.
    pub(crate) text: usize,
    /// The messages or items of it that a client sends back.
    pub(crate) turn: Vec<Value>,
}

/// A tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    /// JSON as text.
    pub(crate) arguments: String,
}

/// `end`: how the body ended.
pub(crate) fn read(dialect: Dialect, streamed: bool, bytes: &[u8], end: BodyEnd) -> Reply {
    let framing = if streamed {
        Framing::Stream
    } else {
        Framing::Document
    };
    let mut validator = Validator::new(dialect, framing);
    validator.push(bytes, &mut Vec::new());
    if end == BodyEnd::Clean {
        validator.finish(&mut Vec::new());
    }
    let (calls, turn) = match dialect {
        Dialect::Anthropic => messages(&blocks(framing, bytes)),
        Dialect::OpenaiChat => chat(framing, bytes),
        Dialect::OpenaiResponses => responses(&items(framing, bytes)),
    };
    Reply {
        completion: validator.judge(end),
        calls,
        text: wire::response_text(dialect, framing, bytes).trim().len(),
        turn,
    }
}

/// Passes the data of every event to `each`. An event above the size limit ends the parse; the completion check reports it.
fn events(bytes: &[u8], each: &mut dyn FnMut(Value)) {
    let _ = sse::Reader::new(Validator::LIMIT).push(bytes, &mut |event| {
        if let Ok(data) = serde_json::from_slice(event.data) {
            each(data);
        }
    });
}

fn document(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The content blocks of Messages.
fn blocks(framing: Framing, bytes: &[u8]) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    match framing {
        Framing::Document => blocks.extend_from_slice(list(&document(bytes)["content"])),
        // The API sends blocks sequentially.
        Framing::Stream => events(bytes, &mut |event| match event["type"].as_str() {
            Some("content_block_start") => blocks.push(event["content_block"].clone()),
            Some("content_block_delta") => {
                if let Some(block) = blocks.last_mut() {
                    for key in ["text", "thinking", "signature", PARTIAL] {
                        append(block, key, &event["delta"][key]);
                    }
                }
            }
            Some("content_block_stop") => {
                if let Some(Value::Object(block)) = blocks.last_mut()
                    && let Some(Value::String(json)) = block.remove(PARTIAL)
                    && let Ok(input) = serde_json::from_str(&json)
                {
                    block.insert("input".to_owned(), input);
                }
            }
            _ => {}
        }),
    }
    blocks
}

/// Field that collects the pieces of a tool's input until its block ends.
const PARTIAL: &str = "partial_json";

fn append(block: &mut Value, key: &str, more: &Value) {
    if let Some(more) = more.as_str() {
        block[key] = (text(&block[key]) + more).into();
    }
}

fn messages(blocks: &[Value]) -> (Vec<Call>, Vec<Value>) {
    let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
    let calls = calls.map(|block| Call {
        id: text(&block["id"]),
        name: text(&block["name"]),
        arguments: block["input"].to_string(),
    });
    let turn = json!({ "role": "assistant", "content": blocks });
    (calls.collect(), vec![turn])
}

/// A message of Chat: text, calls, and the thinking before them. Some vendors require the thinking in the next request.
fn chat(framing: Framing, bytes: &[u8]) -> (Vec<Call>, Vec<Value>) {
    let (mut content, mut reasoning) = (String::new(), String::new());
    let mut calls: Vec<Call> = Vec::new();
    let mut add = |message: &Value| {
        content.push_str(message["content"].as_str().unwrap_or_default());
        reasoning.push_str(message[REASONING].as_str().unwrap_or_default());
        for (place, piece) in list(&message["tool_calls"]).iter().enumerate() {
            let reported = piece["index"]
                .as_u64()
                .and_then(|at| usize::try_from(at).ok());
            let at = reported.unwrap_or(place).min(calls.len());
            if at == calls.len() {
                calls.push(Call {
                    id: text(&piece["id"]),
                    name: String::new(),
                    arguments: String::new(),
                });
            }
            if let Some(call) = calls.get_mut(at) {
                call.name += piece["function"]["name"].as_str().unwrap_or_default();
                call.arguments += piece["function"]["arguments"].as_str().unwrap_or_default();
            }
        }
    };
    match framing {
        Framing::Document => add(&document(bytes)["choices"][0]["message"]),
        Framing::Stream => events(bytes, &mut |event| {
            let first = list(&event["choices"]).first();
            if let Some(choice) = first.filter(|choice| choice["index"].as_u64().unwrap_or(0) == 0)
            {
                add(&choice["delta"]);
            }
        }),
    }
    let mut message = json!({ "role": "assistant", "content": null });
    if !content.is_empty() {
        message["content"] = content.into();
    }
    if !calls.is_empty() {
        let sent = calls.iter().map(|call| {
            json!({
                "id": call.id, "type": "function",
                "function": { "name": call.name, "arguments": call.arguments },
            })
        });
        message["tool_calls"] = sent.collect();
        if !reasoning.is_empty() {
            message[REASONING] = reasoning.into();
        }
    }
    (calls, vec![message])
}

const REASONING: &str = "reasoning_content";

/// The items of a Responses response; its last event contains all of them.
fn items(framing: Framing, bytes: &[u8]) -> Vec<Value> {
    let mut response = Value::Null;
    match framing {
        Framing::Document => response = document(bytes),
        Framing::Stream => events(bytes, &mut |event| {
            if event["response"].is_object() {
                response = event["response"].clone();
            }
        }),
    }
    list(&response["output"]).to_vec()
}

fn responses(items: &[Value]) -> (Vec<Call>, Vec<Value>) {
    let calls = items.iter().filter(|item| item["type"] == "function_call");
    let calls = calls.map(|item| Call {
        id: text(&item["call_id"]),
        name: text(&item["name"]),
        arguments: text(&item["arguments"]),
    });
    (calls.collect(), items.to_vec())
}

#[cfg(test)]
mod tests;
