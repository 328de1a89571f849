//! Any response of an agent's turn, in every dialect, in the vendors' form.

use catalog::Dialect;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) parts: Vec<Part>,
    pub(crate) stop: Stop,
    /// Uncached input, output, cache reads, cache writes.
    pub(crate) usage: [u64; 4],
    /// Minimum bytes of a delta.
    pub(crate) piece: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(String),
    Thinking(String),
    Call {
        id: String,
        name: String,
        arguments: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The normal end of the turn, or of the tool turn.
    Natural,
    Limit,
    Refusal,
}

impl Answer {
    pub(crate) fn any() -> impl Strategy<Value = Answer> {
        let text = "[ -~äß€😀\n]{0,30}[a-zé]";
        let part = prop_oneof![
            text.prop_map(Part::Text),
            text.prop_map(Part::Thinking),
            ("[a-zA-Z0-9_-]{1,20}", "[a-zA-Z0-9_-]{1,30}", arguments()).prop_map(
                |(id, name, arguments)| Part::Call {
                    id,
                    name,
                    arguments
                }
            ),
        ];
        let stop = prop_oneof![
            4 => Just(Stop::Natural),
            1 => Just(Stop::Limit),
            1 => Just(Stop::Refusal),
        ];
        let usage = prop::array::uniform4(0..1_000_000u64);
        (vec(part, 1..6), stop, usage, 1..20usize).prop_map(|(mut parts, stop, usage, piece)| {
            // The response needs content, and distinct ids.
            parts.push(Part::Text("!".to_owned()));
            for (at, part) in parts.iter_mut().enumerate() {
                if let Part::Call { id, .. } = part {
                    *id = format!("t{id}-{at}");
                }
            }
            Answer {
                parts,
                stop,
                usage,
                piece,
            }
        })
    }

    pub(crate) fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Thinking(_) | Part::Call { .. } => None,
        });
        texts.collect()
    }

    /// Id, name and arguments; `{}` for a call without arguments.
    pub(crate) fn calls(&self) -> Vec<(String, String, String)> {
        let calls = self.parts.iter().filter_map(|part| match part {
            Part::Call {
                id,
                name,
                arguments,
            } => {
                let arguments = match arguments.as_str() {
                    "" => "{}",
                    some => some,
                };
                Some((id.clone(), name.clone(), arguments.to_owned()))
            }
            Part::Text(_) | Part::Thinking(_) => None,
        });
        calls.collect()
    }

    /// The stop reason that a client of this dialect must receive; for Responses, the status or, if it is incomplete, the
    /// reason.
    pub(crate) fn stop_reason_in(&self, dialect: Dialect) -> &'static str {
        match (dialect, self.stop) {
            (Dialect::Anthropic, Stop::Natural) if self.calls_any() => "tool_use",
            (Dialect::Anthropic, Stop::Natural) => "end_turn",
            (Dialect::Anthropic, Stop::Limit) => "max_tokens",
            (Dialect::Anthropic, Stop::Refusal) => "refusal",
            (Dialect::OpenaiChat, Stop::Natural) if self.calls_any() => "tool_calls",
            (Dialect::OpenaiChat, Stop::Natural) => "stop",
            (Dialect::OpenaiChat, Stop::Limit) => "length",
            (Dialect::OpenaiResponses, Stop::Natural) => "completed",
            (Dialect::OpenaiResponses, Stop::Limit) => "max_output_tokens",
            (Dialect::OpenaiChat | Dialect::OpenaiResponses, Stop::Refusal) => "content_filter",
        }
    }

    fn calls_any(&self) -> bool {
        !self.calls().is_empty()
    }

    fn pieces<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let mut cut = self.piece.min(rest.len());
            while !rest.is_char_boundary(cut) {
                cut += 1;
            }
            let (piece, after) = rest.split_at(cut);
            pieces.push(piece);
            rest = after;
        }
        pieces
    }

    /// The calls of a Chat stream are interleaved.
    pub(crate) fn stream(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Anthropic => self.messages(),
            Dialect::OpenaiChat => self.chat(),
            Dialect::OpenaiResponses => self.responses(),
        }
    }

    pub(crate) fn document(&self, dialect: Dialect) -> String {
        match dialect {
            Dialect::Anthropic => self.written_message(),
            Dialect::OpenaiChat => self.completion().to_string(),
            Dialect::OpenaiResponses => self.response("completed").to_string(),
        }
    }

    fn messages(&self) -> String {
        let mut out = String::new();
        let mut emit = |data: Value| {
            out += &format!(
                "event: {}\ndata: {data}\n\n",
                data["type"].as_str().unwrap()
            );
        };
        let mut message = self.message();
        message["content"] = json!([]);
        message["stop_reason"] = Value::Null;
        message["usage"]["output_tokens"] = json!(0);
        emit(json!({"type": "message_start", "message": message}));
        for (index, part) in self.parts.iter().enumerate() {
            let (block, field, kind, text) = match part {
                Part::Text(text) => (
                    json!({"type": "text", "text": ""}),
                    "text",
                    "text_delta",
                    text,
                ),
                Part::Thinking(text) => (
                    json!({"type": "thinking", "thinking": "", "signature": ""}),
                    "thinking",
                    "thinking_delta",
                    text,
                ),
                Part::Call {
                    id,
                    name,
                    arguments,
                } => (
                    json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
                    "partial_json",
                    "input_json_delta",
                    arguments,
                ),
            };
            emit(json!({"type": "content_block_start", "index": index, "content_block": block}));
            for piece in self.pieces(text) {
                let delta = json!({"type": kind, field: piece});
                emit(json!({"type": "content_block_delta", "index": index, "delta": delta}));
            }
            emit(json!({"type": "content_block_stop", "index": index}));
        }
        let complete = self.message();
        let delta = json!({"stop_reason": complete["stop_reason"], "stop_sequence": null});
        emit(json!({"type": "message_delta", "delta": delta, "usage": complete["usage"]}));
        emit(json!({"type": "message_stop"}));
        out
    }

    /// The inputs with all digits that the model wrote.
    fn written_message(&self) -> String {
        let calls = self.calls().into_iter();
        calls.fold(self.message().to_string(), |message, (id, _, arguments)| {
            message.replace(&json!({"of": id}).to_string(), &arguments)
        })
    }

    fn message(&self) -> Value {
        let content = self.parts.iter().map(|part| match part {
            Part::Text(text) => json!({"type": "text", "text": text}),
            Part::Thinking(text) => json!({"type": "thinking", "thinking": text, "signature": "s"}),
            Part::Call { id, name, .. } => {
                json!({"type": "tool_use", "id": id, "name": name, "input": {"of": id}})
            }
        });
        let stop = match self.stop {
            Stop::Natural if self.calls_any() => "tool_use",
            Stop::Natural => "end_turn",
            Stop::Limit => "max_tokens",
            Stop::Refusal => "refusal",
        };
        let [input, output, read, write] = self.usage;
        json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
            "content": content.collect::<Vec<_>>(), "stop_reason": stop, "stop_sequence": null,
            "usage": {
                "input_tokens": input, "output_tokens": output,
                "cache_read_input_tokens": read, "cache_creation_input_tokens": write,
            },
        })
    }

    fn chat(&self) -> String {
        let mut out = String::new();
        let mut emit = |delta: Value, finish: Value| {
            let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
            let chunk = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]});
            out += &format!("data: {chunk}\n\n");
        };
        emit(json!({"role": "assistant", "content": ""}), Value::Null);
        for part in &self.parts {
            match part {
                Part::Text(text) => {
                    for piece in self.pieces(text) {
                        emit(json!({"content": piece}), Value::Null);
                    }
                }
                Part::Thinking(text) => emit(json!({"reasoning_content": text}), Value::Null),
                Part::Call { .. } => {}
            }
        }
        let calls = self.parts.iter().filter_map(|part| match part {
            Part::Call {
                id,
                name,
                arguments,
            } => Some((id, name, self.pieces(arguments))),
            Part::Text(_) | Part::Thinking(_) => None,
        });
        let calls: Vec<_> = calls.collect();
        for (index, (id, name, _)) in calls.iter().enumerate() {
            let call = json!({"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}});
            emit(json!({"tool_calls": [call]}), Value::Null);
        }
        let turns = calls.iter().map(|(.., pieces)| pieces.len()).max();
        for turn in 0..turns.unwrap_or_default() {
            for (index, (.., pieces)) in calls.iter().enumerate() {
                if let Some(piece) = pieces.get(turn) {
                    let call = json!({"index": index, "function": {"arguments": piece}});
                    emit(json!({"tool_calls": [call]}), Value::Null);
                }
            }
        }
        let complete = self.completion();
        emit(json!({}), complete["choices"][0]["finish_reason"].clone());
        let last = json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": complete["usage"]});
        out += &format!("data: {last}\n\ndata: [DONE]\n\n");
        out
    }

    fn completion(&self) -> Value {
        let calls: Vec<Value> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Call { id, name, arguments } => Some(json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})),
                Part::Text(_) | Part::Thinking(_) => None,
            })
            .collect();
        let mut message = json!({"role": "assistant", "content": self.text(), "refusal": null});
        if !calls.is_empty() {
            message["tool_calls"] = calls.into();
        }
        let finish = match self.stop {
            Stop::Natural if self.calls_any() => "tool_calls",
            Stop::Natural => "stop",
            Stop::Limit => "length",
            Stop::Refusal => "content_filter",
        };
        let [input, output, read, write] = self.usage;
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {
                "prompt_tokens": input + read + write, "completion_tokens": output,
                "total_tokens": input + read + write + output,
                "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": write},
            },
        })
    }

    fn responses(&self) -> String {
        let mut out = String::new();
        let mut number = 0;
        let mut emit = |name: &str, mut data: Value| {
            data["type"] = name.into();
            data["sequence_number"] = number.into();
            number += 1;
            out += &format!("event: {name}\ndata: {data}\n\n");
        };
        let mut opening = self.response("in_progress");
        opening["output"] = json!([]);
        opening["usage"] = Value::Null;
        emit("response.created", json!({"response": opening}));
        emit("response.in_progress", json!({"response": opening}));
        let complete = self.response("completed");
        for (index, part) in self.parts.iter().enumerate() {
            let item = &complete["output"][index];
            let (field, text, stem) = match part {
                Part::Text(text) => ("content", text, "output_text"),
                Part::Thinking(text) => ("summary", text, "reasoning_summary_text"),
                Part::Call { arguments, .. } => ("arguments", arguments, "function_call_arguments"),
            };
            let mut begun = item.clone();
            begun[field] = if field == "arguments" {
                json!("")
            } else {
                json!([])
            };
            emit(
                "response.output_item.added",
                json!({"output_index": index, "item": begun}),
            );
            for piece in self.pieces(text) {
                let data = json!({"output_index": index, "item_id": item["id"], "content_index": 0, "delta": piece});
                emit(&format!("response.{stem}.delta"), data);
            }
            emit(
                "response.output_item.done",
                json!({"output_index": index, "item": item}),
            );
        }
        let name = format!("response.{}", complete["status"].as_str().unwrap());
        emit(&name, json!({"response": complete}));
        out
    }

    fn response(&self, status: &str) -> Value {
        let output = self.parts.iter().enumerate().map(|(index, part)| match part {
            Part::Text(text) => json!({"type": "message", "id": format!("msg_{index}"), "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": text, "annotations": []}]}),
            Part::Thinking(text) => json!({"type": "reasoning", "id": format!("rs_{index}"), "summary": [{"type": "summary_text", "text": text}]}),
            Part::Call { id, name, arguments } => json!({"type": "function_call", "id": format!("fc_{index}"), "status": "completed", "call_id": id, "name": name, "arguments": arguments}),
        });
        let (status, reason) = match (status, self.stop) {
            ("in_progress", _) => ("in_progress", None),
            (_, Stop::Natural) => ("completed", None),
            (_, Stop::Limit) => ("incomplete", Some("max_output_tokens")),
            (_, Stop::Refusal) => ("incomplete", Some("content_filter")),
        };
        let [input, tokens, read, write] = self.usage;
        json!({
            "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m",
            "error": null, "incomplete_details": reason.map(|reason| json!({"reason": reason})),
            "output": output.collect::<Vec<_>>(),
            "usage": {
                "input_tokens": input + read + write, "output_tokens": tokens,
                "input_tokens_details": {"cached_tokens": read, "cache_write_tokens": write},
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": input + read + write + tokens,
            },
        })
    }
}

/// JSON objects as models write them: with spaces, with numbers beyond 64 bits, or empty.
fn arguments() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[ -~ä€😀\n\t\"\\\\]{0,12}".prop_map(|text| Value::from(text).to_string()),
        Just("123456789012345678901234567890.5".to_owned()),
        Just("[1, {\"a\": null}]".to_owned()),
        Just("1e400".to_owned()),
        Just("\"[DONE]\"".to_owned()),
        Just("\"\\ud83d\\ude00\"".to_owned()),
    ];
    let fields = vec(("[a-z_]{1,6}", value), 0..4);
    prop_oneof![
        1 => Just(String::new()),
        5 => fields.prop_map(|fields| {
            let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("{name:?}: {value}")).collect();
            format!("{{{}}}", fields.join(", "))
        }),
    ]
}
