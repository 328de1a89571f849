//! A client within a session: its next request follows from the received responses, as for real clients.

use catalog::Dialect;
use serde_json::{Value, json};

/// How a client stores its conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// The client stores all of it, in this dialect. Responses: with `store: false` and encrypted reasoning, like Codex.
    Itself(Dialect),
    /// Responses: the vendor stores it, and the client refers to the last response (OpenAI Agents, LangChain).
    Previous,
    /// Responses: the vendor stores it, and the client refers to each item (the default of Vercel's AI SDK).
    Items,
}

impl Keeps {
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Keeps::Itself(dialect) => dialect,
            Keeps::Previous | Keeps::Items => Dialect::OpenaiResponses,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Agent {
    keeps: Keeps,
    streamed: bool,
    /// The messages or items of the next request.
    turns: Vec<Value>,
    previous: Option<Value>,
    /// A captured request for everything except the conversation.
    frame: Option<Value>,
    /// Calls without results.
    open: Vec<(String, String)>,
    /// All texts so far, of both sides, and the tool results.
    pub(crate) sentence: Vec<String>,
}

impl Agent {
    pub(crate) fn new(keeps: Keeps, streamed: bool) -> Agent {
        Agent {
            keeps,
            streamed,
            turns: Vec::new(),
            previous: None,
            frame: None,
            open: Vec::new(),
            sentence: Vec::new(),
        }
    }

    /// A client of Messages that continues the conversation of this request, which ends with a response.
    pub(crate) fn resuming(frame: Value) -> Agent {
        let turns = frame["messages"].as_array().unwrap().clone();
        Agent {
            turns,
            frame: Some(frame),
            ..Agent::new(Keeps::Itself(Dialect::Anthropic), true)
        }
    }

    /// The next request: the results of the open calls, or a question of the user.
    pub(crate) fn next(&mut self, question: &str) -> Value {
        if self.open.is_empty() {
            self.sentence.push(question.to_owned());
            self.turns
                .push(json!({ "role": "user", "content": question }));
        } else {
            let open = std::mem::take(&mut self.open);
            let results = open.into_iter().map(|(id, _)| {
                let result = format!("result {}", self.sentence.len());
                self.sentence.push(result.clone());
                (id, result)
            });
            let results: Vec<(String, String)> = results.collect();
            self.results(&results);
        }
        if let Some(frame) = &self.frame {
            let mut body = frame.clone();
            body["messages"] = self.turns.clone().into();
            return body;
        }
        let schema = json!({ "type": "object", "properties": { "command": { "type": "string" } } });
        match self.keeps.dialect() {
            Dialect::Anthropic => json!({
                "model": "m", "max_tokens": 9000, "stream": self.streamed,
                "thinking": { "type": "adaptive" },
                "tools": [{ "name": "Bash", "input_schema": schema }],
                "messages": self.turns,
            }),
            Dialect::OpenaiChat => json!({
                "model": "m", "stream": self.streamed,
                "tools": [{ "type": "function", "function": { "name": "Bash", "parameters": schema } }],
                "messages": self.turns,
            }),
            Dialect::OpenaiResponses => {
                let mut body = json!({
                    "model": "m", "stream": self.streamed,
                    "tools": [{ "type": "function", "name": "Bash", "parameters": schema }],
                    "input": self.turns,
                });
                if let Keeps::Itself(_) = self.keeps {
                    body["store"] = false.into();
                    body["include"] = json!(["reasoning.encrypted_content"]);
                }
                if let Some(previous) = &self.previous {
                    body["previous_response_id"] = previous.clone();
                }
                body
            }
        }
    }

    fn results(&mut self, results: &[(String, String)]) {
        match self.keeps.dialect() {
            Dialect::Anthropic => {
                let blocks = results.iter().map(|(id, text)| {
                    json!({ "type": "tool_result", "tool_use_id": id, "content": text })
                });
                let blocks: Vec<Value> = blocks.collect();
                self.turns
                    .push(json!({ "role": "user", "content": blocks }));
            }
            Dialect::OpenaiChat => self.turns.extend(results.iter().map(
                |(id, text)| json!({ "role": "tool", "tool_call_id": id, "content": text }),
            )),
            Dialect::OpenaiResponses => self.turns.extend(results.iter().map(|(id, text)| {
                json!({ "type": "function_call_output", "call_id": id, "output": text })
            })),
        }
    }

    /// Adds a complete response to the conversation.
    pub(crate) fn take(&mut self, received: &str) {
        let document = match self.streamed {
            true => assembled(self.keeps.dialect(), received),
            false => serde_json::from_str(received).unwrap(),
        };
        match self.keeps.dialect() {
            Dialect::Anthropic => {
                for block in list(&document["content"]) {
                    self.note(&block["text"], &block["id"], &block["name"]);
                }
                self.turns
                    .push(json!({ "role": "assistant", "content": document["content"] }));
            }
            // The libraries know only the fields of OpenAI's own API.
            Dialect::OpenaiChat => {
                let received_body = &document["choices"][0]["message"];
                self.note(&received_body["content"], &Value::Null, &Value::Null);
                let mut message =
                    json!({ "role": "assistant", "content": received_body["content"] });
                let calls = list(&received_body["tool_calls"]).iter().map(|call| {
                    let function = &call["function"];
                    self.note(&Value::Null, &call["id"], &function["name"]);
                    json!({ "id": call["id"], "type": "function", "function": {
                        "name": function["name"], "arguments": function["arguments"],
                    } })
                });
                let calls: Vec<Value> = calls.collect();
                if !calls.is_empty() {
                    message["tool_calls"] = calls.into();
                }
                self.turns.push(message);
            }
            Dialect::OpenaiResponses => {
                for item in list(&document["output"]) {
                    let text = &item["content"][0]["text"];
                    self.note(text, &item["call_id"], &item["name"]);
                }
                match self.keeps {
                    Keeps::Itself(_) => self.turns.extend_from_slice(list(&document["output"])),
                    Keeps::Previous => {
                        self.turns.clear();
                        self.previous = Some(document["id"].clone());
                    }
                    Keeps::Items => self.turns.extend(
                        list(&document["output"])
                            .iter()
                            .map(|item| json!({ "type": "item_reference", "id": item["id"] })),
                    ),
                }
            }
        }
    }

    fn note(&mut self, text: &Value, call: &Value, name: &Value) {
        self.sentence.extend(
            text.as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
        );
        if let (Some(id), Some(name)) = (call.as_str(), name.as_str()) {
            self.open.push((id.to_owned(), name.to_owned()));
        }
    }

    pub(crate) fn waits_for_a_tool(&self) -> bool {
        !self.open.is_empty()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn append(text: &mut Value, piece: &Value) {
    let piece = piece.as_str().unwrap_or_default();
    *text = format!("{}{piece}", text.as_str().unwrap_or_default()).into();
}

/// Assembles a stream as the client's library does.
fn assembled(dialect: Dialect, stream: &str) -> Value {
    let data = stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let mut document = Value::Null;
    for event in events {
        match dialect {
            Dialect::Anthropic => add_block(&mut document, &event),
            Dialect::OpenaiChat => add_chunk(&mut document, &event),
            Dialect::OpenaiResponses => {
                if event["type"] == "response.completed" {
                    document = event["response"].clone();
                }
            }
        }
    }
    document
}

fn add_block(document: &mut Value, event: &Value) {
    let index = usize::try_from(event["index"].as_u64().unwrap_or_default()).unwrap();
    match event["type"].as_str().unwrap_or_default() {
        "message_start" => *document = event["message"].clone(),
        "content_block_start" => document["content"]
            .as_array_mut()
            .unwrap()
            .push(event["content_block"].clone()),
        "content_block_delta" => {
            let (block, delta) = (&mut document["content"][index], &event["delta"]);
            for (name, piece) in [
                ("text", &delta["text"]),
                ("thinking", &delta["thinking"]),
                ("signature", &delta["signature"]),
                ("partial", &delta["partial_json"]),
            ] {
                if piece.is_string() {
                    append(&mut block[name], piece);
                }
            }
        }
        "content_block_stop" => {
            let block = document["content"][index].as_object_mut().unwrap();
            if let Some(partial) = block.remove("partial") {
                let partial = partial.as_str().unwrap_or_default();
                let input = serde_json::from_str(partial).unwrap_or_else(|_| json!({}));
                block.insert("input".to_owned(), input);
            }
        }
        _ => {}
    }
}

fn add_chunk(document: &mut Value, chunk: &Value) {
    let delta = &chunk["choices"][0]["delta"];
    let message = &mut document["choices"];
    if message.is_null() {
        *message = json!([{ "message": { "content": null, "tool_calls": [] } }]);
    }
    let message = &mut message[0]["message"];
    if delta["content"].is_string() {
        append(&mut message["content"], &delta["content"]);
    }
    for call in list(&delta["tool_calls"]) {
        let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
        let calls = message["tool_calls"].as_array_mut().unwrap();
        if calls.len() <= index {
            calls.push(json!({ "id": call["id"], "function": { "name": call["function"]["name"], "arguments": "" } }));
        }
        append(
            &mut calls[index]["function"]["arguments"],
            &call["function"]["arguments"],
        );
    }
}
