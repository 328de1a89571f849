//! The strictest client of a dialect: it checks every documented rule of order event by event. A stream may stop anywhere, but
//! no event may be out of order.

use catalog::Dialect;
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parsed {
    pub(crate) text: String,
    pub(crate) refusal: String,
    /// Id, name and the exact text of the arguments.
    pub(crate) calls: Vec<(String, String, String)>,
    /// The dialect's stop reason; for Responses, the status or, if it is incomplete, the reason.
    pub(crate) stop: Option<String>,
    /// Uncached input, output, cache reads, cache writes.
    pub(crate) usage: Option<[u64; 4]>,
    /// The terminal event has arrived.
    pub(crate) over: bool,
    pub(crate) error: Option<String>,
}

pub(crate) fn read(dialect: Dialect, stream: &[u8]) -> Parsed {
    let stream = std::str::from_utf8(stream).expect("events are UTF-8");
    assert!(
        stream.is_empty() || stream.ends_with("\n\n"),
        "whole events"
    );
    let mut parsed = Parsed::default();
    let events: Vec<(&str, &str)> = stream
        .split_terminator("\n\n")
        .map(|event| match event.split_once('\n') {
            Some((name, data)) => (
                name.strip_prefix("event: ").expect("a name"),
                data.strip_prefix("data: ").expect("data"),
            ),
            None => ("", event.strip_prefix("data: ").expect("data")),
        })
        .collect();
    match dialect {
        Dialect::Anthropic => messages(&events, &mut parsed),
        Dialect::OpenaiChat => chat(&events, &mut parsed),
        Dialect::OpenaiResponses => responses(&events, &mut parsed),
    }
    parsed
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("text, not {value}"))
}

fn count(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("a count, not {value}"))
}

fn named(name: &str, data: &str) -> Value {
    let data: Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(text(&data["type"]), name);
    data
}

fn messages(events: &[(&str, &str)], parsed: &mut Parsed) {
    #[derive(PartialEq)]
    enum Open {
        Text { empty: bool },
        Call,
    }
    let (mut begun, mut next, mut open) = (false, 0, None::<Open>);
    for (name, data) in events {
        let event = named(name, data);
        assert!(
            !parsed.over && parsed.error.is_none(),
            "after the end: {event}"
        );
        assert_ne!(
            begun,
            *name == "message_start" || *name == "error" && !begun
        );
        match *name {
            "message_start" => {
                begun = true;
                let message = &event["message"];
                assert!(text(&message["id"]).starts_with("msg_"));
                text(&message["model"]);
                assert_eq!(message["role"], "assistant");
                assert_eq!(message["content"], Value::Array(Vec::new()));
                assert!(message["stop_reason"].is_null());
                usage(&message["usage"]);
            }
            "content_block_start" => {
                assert!(open.is_none() && parsed.stop.is_none(), "{event}");
                assert_eq!(count(&event["index"]), next);
                let block = &event["content_block"];
                open = Some(match text(&block["type"]) {
                    "text" => {
                        assert_eq!(block["text"], "");
                        Open::Text { empty: true }
                    }
                    "tool_use" => {
                        let (id, name) = (text(&block["id"]), text(&block["name"]));
                        assert!(!id.is_empty() && !name.is_empty());
                        assert_eq!(block["input"], serde_json::json!({}));
                        parsed
                            .calls
                            .push((id.to_owned(), name.to_owned(), String::new()));
                        Open::Call
                    }
                    other => panic!("{other} has no place here"),
                });
            }
            "content_block_delta" => {
                assert_eq!(count(&event["index"]), next);
                let delta = &event["delta"];
                match (text(&delta["type"]), &mut open) {
                    ("text_delta", Some(Open::Text { empty })) => {
                        *empty &= text(&delta["text"]).trim().is_empty();
                        parsed.text.push_str(text(&delta["text"]));
                    }
                    ("input_json_delta", Some(Open::Call)) => {
                        let (.., arguments) = parsed.calls.last_mut().expect("a call");
                        arguments.push_str(text(&delta["partial_json"]));
                    }
                    _ => panic!("a delta out of place: {event}"),
                }
            }
            "content_block_stop" => {
                assert_eq!(count(&event["index"]), next);
                let closed = open.take().expect("an open block");
                assert!(
                    closed != Open::Text { empty: true } || next == 0,
                    "a blank block"
                );
                next += 1;
            }
            "message_delta" => {
                assert!(open.is_none() && parsed.stop.is_none(), "{event}");
                parsed.stop = Some(text(&event["delta"]["stop_reason"]).to_owned());
                parsed.usage = Some(usage(&event["usage"]));
            }
            "message_stop" => {
                assert!(parsed.stop.is_some());
                parsed.over = true;
            }
            "error" => parsed.error = Some(text(&event["error"]["message"]).to_owned()),
            other => panic!("{other} is not known"),
        }
    }
    fn usage(translated: &Value) -> [u64; 4] {
        [
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        ]
        .map(|field| count(&translated[field]))
    }
}

fn chat(events: &[(&str, &str)], parsed: &mut Parsed) {
    let mut role = false;
    for (name, data) in events {
        assert!(name.is_empty());
        assert!(
            !parsed.over && parsed.error.is_none(),
            "after the end: {data}"
        );
        if *data == "[DONE]" {
            assert!(parsed.stop.is_some());
            parsed.over = true;
            continue;
        }
        let chunk: Value = serde_json::from_str(data).expect("JSON");
        if chunk["error"].is_object() {
            parsed.error = Some(text(&chunk["error"]["message"]).to_owned());
            continue;
        }
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert!(text(&chunk["id"]).starts_with("chatcmpl-"));
        text(&chunk["model"]);
        count(&chunk["created"]);
        let choices = chunk["choices"].as_array().expect("choices");
        let [choice] = choices.as_slice() else {
            assert!(choices.is_empty() && parsed.stop.is_some() && parsed.usage.is_none());
            parsed.usage = Some(openai_usage(&chunk["usage"], "prompt", "completion"));
            continue;
        };
        assert!(chunk["usage"].is_null() && parsed.stop.is_none(), "{chunk}");
        assert_eq!(choice["index"], 0);
        let delta = &choice["delta"];
        assert_ne!(
            role,
            delta["role"] == "assistant",
            "the role comes first, and once"
        );
        role = true;
        parsed
            .text
            .push_str(delta["content"].as_str().unwrap_or_default());
        parsed
            .refusal
            .push_str(delta["refusal"].as_str().unwrap_or_default());
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(count(&call["index"])).expect("an index");
            let (inner, input) = if call["custom"].is_null() {
                (&call["function"], "arguments")
            } else {
                (&call["custom"], "input")
            };
            if index == parsed.calls.len() {
                let (id, name) = (text(&call["id"]), text(&inner["name"]));
                assert!(!id.is_empty() && !name.is_empty());
                parsed
                    .calls
                    .push((id.to_owned(), name.to_owned(), String::new()));
            } else {
                assert_eq!(index + 1, parsed.calls.len(), "one call after the other");
                assert!(call["id"].is_null() && inner["name"].is_null());
            }
            parsed.calls[index].2.push_str(text(&inner[input]));
        }
        parsed.stop = choice["finish_reason"].as_str().map(str::to_owned);
    }
}

fn openai_usage(translated: &Value, input: &str, output: &str) -> [u64; 4] {
    let field = |name: &str| format!("{name}_tokens");
    let details = &translated[format!("{input}_tokens_details")];
    let (read, write) = (
        count(&details["cached_tokens"]),
        count(&details["cache_write_tokens"]),
    );
    let (all, output) = (
        count(&translated[field(input)]),
        count(&translated[field(output)]),
    );
    assert_eq!(
        count(&translated["total_tokens"]),
        all.saturating_add(output)
    );
    [all - read - write, output, read, write]
}

/// An item that has begun.
struct Item {
    /// The item from its start event; after its end, from its end event.
    value: Value,
    buffered: String,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Its text or its arguments are complete.
    Complete,
    Done,
}

impl Item {
    fn is_message(&self) -> bool {
        self.value["type"] == "message"
    }

    /// The terminal event's content.
    fn last(&self) -> Value {
        let mut value = self.value.clone();
        if self.state == State::Open {
            value["status"] = "incomplete".into();
            let field = if value["input"].is_string() {
                "input"
            } else {
                "arguments"
            };
            value[field] = self.buffered.as_str().into();
        }
        value
    }
}

fn responses(events: &[(&str, &str)], parsed: &mut Parsed) {
    let mut begun = 0;
    let mut items: Vec<Item> = Vec::new();
    for (number, (name, data)) in events.iter().enumerate() {
        let event = named(name, data);
        assert_eq!(event["sequence_number"], number);
        assert!(
            !parsed.over && parsed.error.is_none(),
            "after the end: {event}"
        );
        match *name {
            "response.created" | "response.in_progress" => {
                assert_eq!(begun, usize::from(*name != "response.created"));
                begun += 1;
                let response = &event["response"];
                assert!(text(&response["id"]).starts_with("resp_"));
                assert_eq!(response["status"], "in_progress");
                assert_eq!(response["output"], Value::Array(Vec::new()));
                count(&response["created_at"]);
                text(&response["model"]);
            }
            "response.failed" => {
                let error = &event["response"]["error"];
                text(&error["code"]);
                parsed.error = Some(text(&error["message"]).to_owned());
            }
            _ if begun < 2 => panic!("before the start: {event}"),
            "response.output_item.added" => {
                assert_eq!(event["output_index"], items.len());
                let value = event["item"].clone();
                assert_eq!(value["status"], "in_progress");
                assert!(items.iter().all(|item| item.value["id"] != value["id"]));
                // A message must end before the next item begins.
                assert!(
                    items
                        .last()
                        .is_none_or(|item| !item.is_message() || item.state == State::Done)
                );
                let buffered = String::new();
                items.push(Item {
                    value,
                    buffered,
                    state: State::Open,
                });
            }
            "response.completed" | "response.incomplete" => {
                let response = &event["response"];
                let status = text(&response["status"]);
                assert_eq!(*name, format!("response.{status}"));
                let reason = response["incomplete_details"]["reason"].as_str();
                assert_eq!(reason.is_some(), status == "incomplete");
                let open = items.iter().any(|item| item.state != State::Done);
                assert!(!open || reason == Some("max_output_tokens"), "left open");
                let output = items.iter().map(Item::last).collect();
                assert_eq!(response["output"], Value::Array(output));
                parsed.stop = Some(reason.unwrap_or(status).to_owned());
                if response["usage"].is_object() {
                    parsed.usage = Some(openai_usage(&response["usage"], "input", "output"));
                    count(&response["usage"]["output_tokens_details"]["reasoning_tokens"]);
                }
                parsed.over = true;
            }
            _ => within(name, &event, &mut items),
        }
    }
    for item in items {
        let value = &item.value;
        match text(&value["type"]) {
            "message" if item.buffered.is_empty() => {}
            "message" if value["content"][0]["type"] == "refusal" => {
                parsed.refusal.push_str(&item.buffered);
            }
            "message" => parsed.text.push_str(&item.buffered),
            _ => parsed.calls.push((
                text(&value["call_id"]).to_owned(),
                text(&value["name"]).to_owned(),
                item.buffered,
            )),
        }
    }
}

/// An event of the open item.
fn within(name: &str, event: &Value, items: &mut [Item]) {
    let index = items.len().checked_sub(1).expect("an item");
    let item = &mut items[index];
    assert_eq!(event["output_index"], index, "{event}");
    let value = match name {
        "response.output_item.done" => &event["item"]["id"],
        _ => &event["item_id"],
    };
    assert_eq!(*value, item.value["id"], "{event}");
    let kind = text(&item.value["type"]).to_owned();
    let fits = match kind.as_str() {
        "message" => ["output_text", "refusal", "content_part", "output_item"].as_slice(),
        "function_call" => &["function_call_arguments", "output_item"],
        "custom_tool_call" => &["custom_tool_call_input", "output_item"],
        other => panic!("{other} has no place here"),
    };
    let (what, act) = name["response.".len()..].split_once('.').expect("an act");
    assert!(fits.contains(&what), "{event}");
    match (what, act, item.state) {
        ("content_part", "added", State::Open) => assert!(item.buffered.is_empty()),
        ("content_part", "done", State::Complete) => {
            assert_eq!(part(&event["part"]), item.buffered)
        }
        ("output_item", "done", State::Complete) => {
            item.value = event["item"].clone();
            let complete = match kind.as_str() {
                "message" => part(&item.value["content"][0]),
                _ => part(&item.value),
            };
            assert_eq!(complete, item.buffered);
            item.state = State::Done;
        }
        (_, "delta", State::Open) => {
            assert!(!text(&event["delta"]).is_empty());
            item.buffered.push_str(text(&event["delta"]));
        }
        (_, "done", State::Open) => {
            assert_eq!(part(event), item.buffered);
            item.state = State::Complete;
        }
        _ => panic!("out of place: {event}"),
    }
}

/// The complete text of an event or an item.
fn part(holder: &Value) -> &str {
    let fields = ["text", "refusal", "arguments", "input"];
    let found = fields.into_iter().find_map(|field| holder[field].as_str());
    found.expect("a text")
}
