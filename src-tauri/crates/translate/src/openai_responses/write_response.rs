//! OpenAI Responses (public API reference: "Streaming events", "The response object").

use catalog::Tokens;
use serde_json::{Value, json};

use crate::response::error::ProviderError;
use crate::response::model::{Answer, Happening, Identity, Input, Kind, Part, Stop, collect};
use crate::response::write::Write;
use crate::response::{Form, UntranslatableResponse, stop};
use wire::sse;

use super::echo::object;

#[derive(Debug)]
pub(crate) struct Writer {
    form: Form,
    /// `None` before the start event.
    identity: Option<Identity>,
    /// The complete output: the terminal event repeats it.
    parts: Vec<Part>,
    events: Events,
}

impl Writer {
    pub(crate) fn new(form: Form) -> Self {
        Self {
            form,
            identity: None,
            parts: Vec::new(),
            events: Events::default(),
        }
    }
}

impl Write for Writer {
    fn start(&mut self, identity: &Identity, _: Tokens, out: &mut Vec<u8>) {
        let response = response(identity, "in_progress", &[], &self.form);
        let data = json!({"response": response});
        self.events.emit("response.created", data.clone(), out);
        self.events.emit("response.in_progress", data, out);
        self.identity = Some(identity.clone());
    }

    fn happening(
        &mut self,
        happening: &Happening,
        out: &mut Vec<u8>,
    ) -> Result<(), UntranslatableResponse> {
        collect(&mut self.parts, happening);
        let (Some(identity), Some(part)) = (&self.identity, self.parts.last()) else {
            return Ok(());
        };
        let place = Place {
            index: self.parts.len() - 1,
            part,
            identity,
        };
        match happening {
            Happening::Begins(_) => self.events.begin(&place, out),
            Happening::Piece(text) => self.events.grow(&place, text, out),
            Happening::Ends | Happening::Truncated => self.events.end(&place, out),
        }
        Ok(())
    }

    fn finish(&mut self, stop: Stop, tokens: Option<Tokens>, out: &mut Vec<u8>) {
        if let Some(identity) = &self.identity {
            let answer = Answer {
                identity,
                parts: &self.parts,
                stop,
                tokens,
            };
            let response = finished(&answer, &self.form);
            let name = match response["status"].as_str() {
                Some("incomplete") => "response.incomplete",
                _ => "response.completed",
            };
            self.events.emit(name, json!({"response": response}), out);
        }
    }

    /// `response.failed`, since some clients ignore an `error` event.
    fn error(&mut self, translated: &ProviderError, out: &mut Vec<u8>) {
        let unknown = Identity::new(None, None, self.form.created);
        let identity = self.identity.as_ref().unwrap_or(&unknown);
        let mut response = response(identity, "failed", &[], &self.form);
        response["error"] = translated.response();
        self.events
            .emit("response.failed", json!({"response": response}), out);
    }
}

/// A part with its position: every item contains one part.
struct Place<'a> {
    index: usize,
    part: &'a Part,
    identity: &'a Identity,
}

/// Names of the events of a part, and of their fields.
struct Wording {
    stem: &'static str,
    /// In the `.done` event: the field with the complete text.
    complete: &'static str,
}

impl Place<'_> {
    fn wording(&self) -> Wording {
        let (stem, complete) = match &self.part.kind {
            Kind::Text => ("response.output_text", "text"),
            Kind::Refusal => ("response.refusal", "refusal"),
            Kind::Call(call) => match call.input {
                Input::Json => ("response.function_call_arguments", "arguments"),
                Input::FreeText => ("response.custom_tool_call_input", "input"),
            },
        };
        Wording { stem, complete }
    }

    fn is_message(&self) -> bool {
        matches!(self.part.kind, Kind::Text | Kind::Refusal)
    }

    /// Adds the position fields that every event of a part has to `data`.
    fn within(&self, mut data: Value) -> Value {
        data["item_id"] = self.id().into();
        data["output_index"] = self.index.into();
        if self.is_message() {
            data["content_index"] = 0.into();
        }
        data
    }

    fn id(&self) -> String {
        let prefix = match &self.part.kind {
            Kind::Text | Kind::Refusal => "msg_",
            Kind::Call(call) => match call.input {
                Input::Json => "fc_",
                Input::FreeText => "ctc_",
            },
        };
        self.identity.part_id(prefix, self.index)
    }

    fn content(&self) -> Value {
        match self.part.kind {
            Kind::Refusal => json!({"type": "refusal", "refusal": self.part.text}),
            Kind::Text | Kind::Call(_) => json!({
                "type": "output_text",
                "text": self.part.text,
                "annotations": [],
                "logprobs": [],
            }),
        }
    }

    fn item(&self) -> Value {
        let status = if self.part.complete {
            "completed"
        } else {
            "incomplete"
        };
        let Kind::Call(call) = &self.part.kind else {
            return json!({
                "id": self.id(),
                "type": "message",
                "status": status,
                "role": "assistant",
                "content": [self.content()],
            });
        };
        let kind = match call.input {
            Input::Json => "function_call",
            Input::FreeText => "custom_tool_call",
        };
        let mut item = json!({
            "id": self.id(),
            "type": kind,
            "status": status,
            "call_id": call.id,
            "name": call.name,
        });
        item[self.wording().complete] = self.part.text.as_str().into();
        if let Some(namespace) = &call.namespace {
            item["namespace"] = namespace.as_str().into();
        }
        item
    }
}

/// Numbers the events.
#[derive(Debug, Default)]
struct Events {
    next: u64,
}

impl Events {
    fn emit(&mut self, name: &str, mut data: Value, out: &mut Vec<u8>) {
        data["type"] = name.into();
        data["sequence_number"] = self.next.into();
        self.next += 1;
        sse::write(name, &data.to_string(), out);
    }

    fn begin(&mut self, place: &Place<'_>, out: &mut Vec<u8>) {
        let mut item = place.item();
        item["status"] = "in_progress".into();
        if place.is_message() {
            item["content"] = json!([]);
        }
        let data = json!({"output_index": place.index, "item": item});
        self.emit("response.output_item.added", data, out);
        if place.is_message() {
            let data = place.within(json!({"part": place.content()}));
            self.emit("response.content_part.added", data, out);
        }
    }

    fn grow(&mut self, place: &Place<'_>, text: &str, out: &mut Vec<u8>) {
        let mut data = place.within(json!({"delta": text}));
        if place.part.kind == Kind::Text {
            data["logprobs"] = json!([]);
        }
        self.emit(&format!("{}.delta", place.wording().stem), data, out);
    }

    fn end(&mut self, place: &Place<'_>, out: &mut Vec<u8>) {
        // A client executes a call at its end event, whatever the response contains later.
        if !place.is_message() && !place.part.complete {
            return;
        }
        let Wording { stem, complete } = place.wording();
        let mut data = place.within(json!({}));
        data[complete] = place.part.text.as_str().into();
        match &place.part.kind {
            Kind::Text => data["logprobs"] = json!([]),
            Kind::Call(call) if call.input == Input::Json => {
                data["name"] = call.name.as_str().into();
            }
            Kind::Refusal | Kind::Call(_) => {}
        }
        self.emit(&format!("{stem}.done"), data, out);
        if place.is_message() {
            let data = place.within(json!({"part": place.content()}));
            self.emit("response.content_part.done", data, out);
        }
        let data = json!({"output_index": place.index, "item": place.item()});
        self.emit("response.output_item.done", data, out);
    }
}

fn response(identity: &Identity, status: &str, output: &[Value], form: &Form) -> Value {
    let mut response = object(form.echo.as_deref());
    let done = status == "completed";
    for (key, value) in [
        ("id", json!(identity.id("resp_"))),
        ("object", json!("response")),
        ("created_at", json!(identity.created)),
        ("completed_at", json!(done.then_some(identity.created))),
        ("status", json!(status)),
        ("error", Value::Null),
        ("incomplete_details", Value::Null),
        ("model", json!(identity.model)),
        ("output", json!(output)),
        ("store", json!(false)),
        ("usage", Value::Null),
    ] {
        response[key] = value;
    }
    response
}

fn finished(answer: &Answer<'_>, form: &Form) -> Value {
    let items = answer.parts.iter().enumerate().map(|(index, part)| {
        let identity = answer.identity;
        let place = Place {
            index,
            part,
            identity,
        };
        place.item()
    });
    let items: Vec<Value> = items.collect();
    let declined = answer.parts.iter().any(|part| part.kind == Kind::Refusal);
    let reason = stop::openai_responses(answer.stop, declined);
    let status = reason.map_or("completed", |_| "incomplete");
    let mut response = response(answer.identity, status, &items, form);
    if let Some(reason) = reason {
        response["incomplete_details"] = json!({"reason": reason});
    }
    if let Some(tokens) = answer.tokens {
        response["usage"] = usage(tokens);
    }
    response
}

/// `input_tokens` includes cached tokens. The number of reasoning tokens is unknown.
fn usage(tokens: Tokens) -> Value {
    let input = [tokens.input, tokens.cache_read, tokens.cache_write]
        .into_iter()
        .fold(0, u64::saturating_add);
    json!({
        "input_tokens": input,
        "input_tokens_details": {
            "cached_tokens": tokens.cache_read,
            "cache_write_tokens": tokens.cache_write,
        },
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input.saturating_add(tokens.output),
    })
}

pub(crate) fn document(answer: &Answer<'_>, form: &Form) -> String {
    finished(answer, form).to_string()
}
