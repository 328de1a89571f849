//! OpenAI Responses. Order and shapes: the streaming events of OpenAI's API reference.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Part, pieces, slices};
use crate::clock::CREATED;
use crate::delivery::UsagePlace;
use crate::fault::Stop;
use crate::frame::{Frame, Kind, Transcript};
use crate::request::Request;

/// The API's two error events: `error` before the response object was sent, else `response.failed`.
pub(super) fn error_event(full: &Value, before: usize, code: &str, message: &str) -> Bytes {
    let data = if before == 0 {
        json!({"type": "error", "sequence_number": 0, "code": code, "message": message, "param": null})
    } else {
        let mut response = full.clone();
        response["status"] = "failed".into();
        response["error"] = json!({"code": code, "message": message});
        response["output"] = json!([]);
        response["usage"] = Value::Null;
        json!({"type": "response.failed", "sequence_number": before, "response": response})
    };
    let name = data["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}

pub(super) fn transcript(request: &Request, answer: &Answer) -> Transcript {
    let mut stream = Stream::default();
    let mut opening = response(request, answer, Some("in_progress"), Vec::new());
    if answer.delivery.corrected {
        opening["usage"] = too_much(answer);
    }
    stream.emit(
        Kind::Opening,
        "response.created",
        json!({"response": opening}),
    );
    stream.emit(
        Kind::Opening,
        "response.in_progress",
        json!({"response": opening}),
    );
    for (index, part) in answer.parts.iter().enumerate() {
        let item = item(request, answer, index);
        match part {
            Part::Text(text) => stream.message(index, text, item),
            Part::Thinking(text) => stream.reasoning(index, text, item),
            Part::Tool { .. } => {
                let full = answer.delivery.traits.calls_in_one_event;
                let most = if full { usize::MAX } else { 12 };
                if item["type"] == "custom_tool_call" {
                    stream.call(index, "custom_tool_call_input", "input", item, most);
                } else {
                    stream.call(index, "function_call_arguments", "arguments", item, most);
                }
            }
        }
    }
    let output = (0..answer.parts.len())
        .map(|index| item(request, answer, index))
        .collect();
    let (status, event) = match answer.stop {
        _ if answer.delivery.stop.is_some() => (Some("incomplete"), Some("response.incomplete")),
        Some(Stop::MaxTokens | Stop::ContextWindow | Stop::Refusal) => {
            (Some("incomplete"), Some("response.incomplete"))
        }
        Some(Stop::Null) => (None, None),
        None | Some(Stop::PauseTurn | Stop::StopSequence) => {
            (Some("completed"), Some("response.completed"))
        }
    };
    let always_completed = answer.delivery.traits.always_completed;
    let event = event.map(|event| {
        if always_completed {
            "response.completed"
        } else {
            event
        }
    });
    let mut full = response(request, answer, status, output);
    if let Some(status) = &answer.delivery.status {
        full["status"] = status.as_str().into();
        if status == "incomplete" {
            full["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
    }
    if let Some(event) = event {
        stream.emit(Kind::Stop, event, json!({"response": full}));
    }
    Transcript {
        frames: stream.frames,
        full,
    }
}

/// The events so far, with sequence numbers.
#[derive(Default)]
struct Stream {
    frames: Vec<Frame>,
}

impl Stream {
    fn emit(&mut self, kind: Kind, name: &str, mut data: Value) {
        data["type"] = name.into();
        data["sequence_number"] = self.frames.len().into();
        self.frames.push(Frame::named(kind, name, &data));
    }

    fn message(&mut self, index: usize, text: &str, item: Value) {
        let id = item["id"].clone();
        let at = |mut data: Value| {
            data["item_id"] = id.clone();
            data["output_index"] = index.into();
            data["content_index"] = 0.into();
            data
        };
        self.added(index, &item, "content", json!([]));
        let part = json!({"type": "output_text", "text": "", "annotations": [], "logprobs": []});
        self.emit(
            Kind::Opening,
            "response.content_part.added",
            at(json!({"part": part})),
        );
        for piece in pieces(text) {
            let delta = at(json!({"delta": piece, "logprobs": []}));
            self.emit(Kind::Text, "response.output_text.delta", delta);
        }
        let done = at(json!({"text": text, "logprobs": []}));
        self.emit(Kind::Close, "response.output_text.done", done);
        let part = at(json!({"part": item["content"][0]}));
        self.emit(Kind::Close, "response.content_part.done", part);
        self.done(index, item);
    }

    fn reasoning(&mut self, index: usize, text: &str, item: Value) {
        let id = item["id"].clone();
        let at = |mut data: Value| {
            data["item_id"] = id.clone();
            data["output_index"] = index.into();
            data["summary_index"] = 0.into();
            data
        };
        self.added(index, &item, "summary", json!([]));
        let part = at(json!({"part": {"type": "summary_text", "text": ""}}));
        self.emit(Kind::Opening, "response.reasoning_summary_part.added", part);
        for piece in pieces(text) {
            let delta = at(json!({"delta": piece}));
            self.emit(
                Kind::Thinking,
                "response.reasoning_summary_text.delta",
                delta,
            );
        }
        let done = at(json!({"text": text}));
        self.emit(Kind::Close, "response.reasoning_summary_text.done", done);
        let part = at(json!({"part": {"type": "summary_text", "text": text}}));
        self.emit(Kind::Close, "response.reasoning_summary_part.done", part);
        self.done(index, item);
    }

    /// `stem`: prefix of the event names; `field`: the streamed field, in pieces of at most `most` characters.
    fn call(&mut self, index: usize, stem: &str, field: &str, item: Value, most: usize) {
        let (id, name) = (item["id"].clone(), item["name"].clone());
        self.added(index, &item, field, json!(""));
        for slice in slices(item[field].as_str().unwrap_or_default(), most) {
            let delta = json!({"item_id": id, "output_index": index, "delta": slice});
            self.emit(Kind::Arguments, &format!("response.{stem}.delta"), delta);
        }
        let mut done = json!({"item_id": id, "output_index": index, field: item[field]});
        if field == "arguments" {
            // The API includes the tool's name only in the events of a function.
            done["name"] = name;
        }
        self.emit(Kind::Close, &format!("response.{stem}.done"), done);
        self.done(index, item);
    }

    /// The item in its start event: in progress, with `empty` instead of the streamed field.
    fn added(&mut self, index: usize, item: &Value, field: &str, empty: Value) {
        let mut item = item.clone();
        if !item["status"].is_null() {
            item["status"] = "in_progress".into();
        }
        item[field] = empty;
        let data = json!({"output_index": index, "item": item});
        self.emit(Kind::Opening, "response.output_item.added", data);
    }

    fn done(&mut self, index: usize, item: Value) {
        let data = json!({"output_index": index, "item": item});
        self.emit(Kind::Close, "response.output_item.done", data);
    }
}

/// The completed output item of a part.
fn item(request: &Request, answer: &Answer, index: usize) -> Value {
    let last = index + 1 == answer.parts.len();
    let cut = matches!(answer.stop, Some(Stop::MaxTokens | Stop::ContextWindow)) && last;
    let status = if cut { "incomplete" } else { "completed" };
    match &answer.parts[index] {
        Part::Text(text) => json!({
            "id": answer.id("msg_", Some(index)),
            "type": "message",
            "status": status,
            "role": "assistant",
            "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
        }),
        Part::Thinking(text) => {
            let mut item = json!({
                "id": answer.id("rs_", Some(index)),
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": text}],
            });
            if request.wants_encrypted_reasoning {
                item["encrypted_content"] = answer.sign(text).into();
            }
            item
        }
        Part::Tool { name, arguments } => {
            let tool = request.tool(name);
            let call_id = answer.call_id("call_", index);
            let mut item = match tool {
                Some(tool) if tool.takes_text => json!({
                    "id": answer.id("ctc_", Some(index)),
                    "type": "custom_tool_call",
                    "status": status,
                    "call_id": call_id,
                    "name": name,
                    "input": free_text(arguments),
                }),
                _ => json!({
                    "id": answer.id("fc_", Some(index)),
                    "type": "function_call",
                    "status": status,
                    "call_id": call_id,
                    "name": name,
                    "arguments": arguments,
                }),
            };
            if let Some((group, name)) = tool.and_then(|tool| tool.group.as_ref()) {
                item["namespace"] = group.as_str().into();
                item["name"] = name.as_str().into();
            }
            item
        }
    }
}

/// The string in the arguments; a fault may have changed them.
fn free_text(arguments: &str) -> String {
    let read: Option<Value> = serde_json::from_str(arguments).ok();
    let text = read.as_ref().and_then(|read| read["input"].as_str());
    text.unwrap_or(arguments).to_owned()
}

fn response(request: &Request, answer: &Answer, status: Option<&str>, output: Vec<Value>) -> Value {
    let finished = status != Some("in_progress");
    let incomplete = match (status, answer.stop) {
        (Some("incomplete"), _) if answer.delivery.stop.is_some() => {
            json!({"reason": answer.delivery.stop})
        }
        (Some("incomplete"), Some(Stop::Refusal)) => json!({"reason": "content_filter"}),
        (Some("incomplete"), _) => json!({"reason": "max_output_tokens"}),
        _ => Value::Null,
    };
    let completed = status == Some("completed");
    let mut response = request.echo.clone();
    for (name, value) in [
        ("id", answer.id("resp_", None).into()),
        ("object", "response".into()),
        ("created_at", CREATED.into()),
        ("completed_at", completed.then_some(CREATED).into()),
        ("status", status.into()),
        ("error", Value::Null),
        ("incomplete_details", incomplete),
        ("model", request.model.as_str().into()),
        ("output", output.into()),
        ("usage", if finished { usage(answer) } else { Value::Null }),
    ] {
        response[name] = value;
    }
    response
}

/// `input_tokens` includes tokens that were read from the cache.
fn usage(answer: &Answer) -> Value {
    if answer.delivery.traits.usage == UsagePlace::Nowhere {
        return Value::Null;
    }
    let usage = answer.usage;
    let mut reported = json!({
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cache_read},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.thinking},
        "total_tokens": usage.input + usage.output,
    });
    if usage.cache_write > 0 {
        reported["input_tokens_details"]["cache_write_tokens"] = usage.cache_write.into();
    }
    reported
}

/// Usage that a later event corrects.
fn too_much(answer: &Answer) -> Value {
    let mut reported = usage(answer);
    let input = answer.usage.input + answer.usage.cache_read + 100;
    reported["input_tokens"] = input.into();
    reported["output_tokens"] = 0.into();
    reported["total_tokens"] = input.into();
    reported
}
