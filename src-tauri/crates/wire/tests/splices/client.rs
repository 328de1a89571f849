//! Reads a stream like the vendors' libraries.

use std::collections::BTreeMap;

use catalog::Dialect;
use serde_json::Value;

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Client {
    pub(crate) starts: usize,
    pub(crate) ends: usize,
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) thinking: String,
    /// Id, name and text of the arguments.
    pub(crate) calls: Vec<(String, String, String)>,
    pub(crate) stop: String,
    /// Input and output tokens.
    pub(crate) usage: Option<(u64, u64)>,
    /// Open blocks.
    pub(crate) open: Vec<u64>,
    /// Blank text blocks: the vendor refuses them in the next turn.
    pub(crate) blank: usize,
}

impl Client {
    /// # Panics
    /// An index that does not rise, or a delta for a block that is not open: strict libraries refuse both.
    pub(crate) fn read(dialect: Dialect, stream: &str) -> Client {
        let mut client = Client::default();
        let events: Vec<Value> = stream
            .split("\n\n")
            .filter_map(|event| event.lines().find_map(|line| line.strip_prefix("data: ")))
            .filter_map(|data| {
                if data == "[DONE]" {
                    client.ends += usize::from(dialect == Dialect::OpenaiChat);
                }
                serde_json::from_str(data).ok()
            })
            .collect();
        match dialect {
            Dialect::Anthropic => client.messages(&events),
            Dialect::OpenaiChat => client.chat(&events),
            Dialect::OpenaiResponses => client.responses(&events),
        }
        client
    }

    fn messages(&mut self, events: &[Value]) {
        let mut next = 0;
        let mut usage = [0, 0];
        let mut blocks: BTreeMap<u64, (String, String)> = BTreeMap::new();
        for event in events {
            let index = event["index"].as_u64().unwrap_or_default();
            let counts = ["input_tokens", "output_tokens"];
            let counted = if event["usage"].is_null() {
                &event["message"]["usage"]
            } else {
                &event["usage"]
            };
            for (slot, field) in usage.iter_mut().zip(counts) {
                *slot = counted[field].as_u64().unwrap_or(*slot);
            }
            match text(&event["type"]) {
                "message_start" => {
                    self.starts += 1;
                    self.id = text(&event["message"]["id"]).to_owned();
                }
                "content_block_start" => {
                    assert_eq!(index, next, "indexes rise by one");
                    next += 1;
                    let block = &event["content_block"];
                    if block["type"] == "tool_use" {
                        let (id, name) = (text(&block["id"]), text(&block["name"]));
                        self.calls
                            .push((id.to_owned(), name.to_owned(), String::new()));
                    }
                    let kind = text(&block["type"]).to_owned();
                    self.thinking.push_str(text(&block["data"]));
                    blocks.insert(index, (kind, text(&block["text"]).to_owned()));
                }
                "content_block_delta" => {
                    let delta = &event["delta"];
                    let (kind, content) = blocks.get_mut(&index).expect("the block is open");
                    content.push_str(text(&delta["text"]));
                    self.text.push_str(text(&delta["text"]));
                    self.thinking.push_str(text(&delta["thinking"]));
                    self.thinking.push_str(text(&delta["signature"]));
                    if let (Some((.., input)), "tool_use") = (self.calls.last_mut(), &**kind) {
                        input.push_str(text(&delta["partial_json"]));
                    }
                }
                "content_block_stop" => {
                    let (kind, content) = blocks.remove(&index).expect("the block is open");
                    self.blank += usize::from(kind == "text" && content.trim().is_empty());
                }
                "message_delta" => {
                    text(&event["delta"]["stop_reason"]).clone_into(&mut self.stop);
                    self.usage = Some((usage[0], usage[1]));
                }
                "message_stop" => self.ends += 1,
                _ => {}
            }
        }
        self.open = blocks.into_keys().collect();
    }

    fn chat(&mut self, events: &[Value]) {
        let mut role = String::new();
        for event in events {
            let id = text(&event["id"]);
            if !id.is_empty() && id != self.id {
                id.clone_into(&mut self.id);
                self.starts += 1;
            }
            if event["usage"].is_object() {
                let count = |field: &str| event["usage"][field].as_u64().unwrap_or_default();
                self.usage = Some((count("prompt_tokens"), count("completion_tokens")));
            }
            for choice in event["choices"].as_array().into_iter().flatten() {
                let delta = &choice["delta"];
                role.push_str(text(&delta["role"]));
                self.text.push_str(text(&delta["content"]));
                self.thinking.push_str(text(&delta["reasoning_content"]));
                let legacy = delta["function_call"].is_object().then_some(delta);
                let calls = delta["tool_calls"].as_array().into_iter().flatten();
                for call in calls.chain(legacy) {
                    let function = if call["function"].is_null() {
                        &call["function_call"]
                    } else {
                        &call["function"]
                    };
                    let (id, name) = (text(&call["id"]), text(&function["name"]));
                    if !id.is_empty() || !name.is_empty() {
                        self.calls
                            .push((id.to_owned(), name.to_owned(), String::new()));
                    }
                    let (.., arguments) = self.calls.last_mut().expect("a call was begun");
                    arguments.push_str(text(&function["arguments"]));
                }
                if let Some(reason) = choice["finish_reason"].as_str() {
                    reason.clone_into(&mut self.stop);
                }
            }
        }
        // The Python library joins the pieces of any text.
        let several = events
            .iter()
            .any(|event| event["choices"][0]["index"].as_u64() > Some(0));
        assert!(several || matches!(&*role, "" | "assistant"), "{role}");
    }

    fn responses(&mut self, events: &[Value]) {
        let mut sequence = None;
        let mut next = 0;
        let mut open: BTreeMap<u64, (String, String)> = BTreeMap::new();
        let mut items: Vec<Value> = Vec::new();
        let mut ids: Vec<String> = Vec::new();
        for event in events {
            let number = event["sequence_number"].as_u64();
            // A keep-alive repeats the last number.
            assert!(number >= sequence, "{event}");
            sequence = number;
            let index = event["output_index"].as_u64().unwrap_or_default();
            let item = &event["item"];
            match text(&event["type"]) {
                "response.created" => {
                    self.starts += 1;
                    self.id = text(&event["response"]["id"]).to_owned();
                }
                "response.output_item.added" => {
                    assert_eq!(index, next, "indexes rise by one");
                    next += 1;
                    let id = text(&item["id"]).to_owned();
                    assert!(!ids.contains(&id), "{id} comes twice");
                    ids.push(id.clone());
                    open.insert(index, (id, String::new()));
                }
                "response.output_item.done" => {
                    let (id, content) = open.remove(&index).expect("the item is open");
                    assert_eq!(Some(&*id), item["id"].as_str());
                    let parts = item["content"].as_array().into_iter().flatten();
                    let complete: String = parts.map(|part| text(&part["text"])).collect();
                    assert!(
                        content.is_empty() || content == complete,
                        "{content} in {item}"
                    );
                    items.push(item.clone());
                }
                "response.completed" | "response.incomplete" => {
                    let response = &event["response"];
                    self.ends += 1;
                    self.id = text(&response["id"]).to_owned();
                    self.stop = text(&response["status"]).to_owned();
                    let count = |field: &str| response["usage"][field].as_u64().unwrap_or_default();
                    self.usage = Some((count("input_tokens"), count("output_tokens")));
                    let output = response["output"].as_array().expect("the output is a list");
                    assert_eq!(output[..items.len()], items[..], "what was given, in order");
                    items.extend_from_slice(&output[items.len()..]);
                }
                kind if kind.ends_with(".delta") => {
                    let (id, content) = open.get_mut(&index).expect("the item is open");
                    assert_eq!(Some(&**id), event["item_id"].as_str());
                    if kind == "response.output_text.delta" {
                        content.push_str(text(&event["delta"]));
                    }
                }
                _ => {}
            }
        }
        self.items(&items);
        for (index, (_, content)) in open {
            self.open.push(index);
            self.text.push_str(&content);
        }
    }

    fn items(&mut self, items: &[Value]) {
        for item in items {
            match text(&item["type"]) {
                "message" => {
                    for part in item["content"].as_array().into_iter().flatten() {
                        self.text.push_str(text(&part["text"]));
                    }
                }
                "reasoning" => self.thinking.push_str(&item.to_string()),
                "web_search_call" => {}
                _ => {
                    let field = if item["arguments"].is_string() {
                        "arguments"
                    } else {
                        "input"
                    };
                    let (id, name) = (text(&item["call_id"]), text(&item["name"]));
                    let input = text(&item[field]);
                    self.calls
                        .push((id.to_owned(), name.to_owned(), input.to_owned()));
                }
            }
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
