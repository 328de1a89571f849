//! OpenAI Chat Completions (public API reference: "The chat completion chunk object", "The chat completion object").

use catalog::{ReasoningContent, Tokens};
use serde_json::{Value, json};

use crate::response::error::ProviderError;
use crate::response::model::{Answer, Call, Happening, Identity, Input, Kind, Stop};
use crate::response::write::Write;
use crate::response::{Form, NO_THOUGHT, UntranslatableResponse, stop};
use wire::sse;

#[derive(Debug)]
pub(crate) struct Writer {
    form: Form,
    /// Fields of every chunk: id, model, time.
    head: Value,
    part: Option<Kind>,
    /// Number of calls that have begun.
    calls: u64,
    /// The model has sent a refusal text.
    declined: bool,
    /// Thinking must be sent before the first call.
    owes_thought: bool,
}

impl Writer {
    pub(crate) fn new(form: Form) -> Self {
        Self {
            owes_thought: form.reasoning_content == ReasoningContent::Required,
            form,
            head: json!({}),
            part: None,
            calls: 0,
            declined: false,
        }
    }

    fn chunk(&self, choices: Value, usage: Value, out: &mut Vec<u8>) {
        let mut chunk = self.head.clone();
        chunk["choices"] = choices;
        if self.form.usage_chunk {
            // Null on every chunk except the last, which has no choices.
            chunk["usage"] = usage;
        }
        sse::write("", &chunk.to_string(), out);
    }

    fn delta(&self, delta: Value, finish: Value, out: &mut Vec<u8>) {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
        self.chunk(json!([choice]), Value::Null, out);
    }
}

impl Write for Writer {
    fn start(&mut self, identity: &Identity, _: Tokens, out: &mut Vec<u8>) {
        self.head = json!({
            "id": identity.id("chatcmpl-"),
            "object": "chat.completion.chunk",
            "created": identity.created,
            "model": identity.model,
        });
        let role = json!({"role": "assistant", "content": "", "refusal": null});
        self.delta(role, Value::Null, out);
    }

    fn happening(
        &mut self,
        happening: &Happening,
        out: &mut Vec<u8>,
    ) -> Result<(), UntranslatableResponse> {
        match (happening, &self.part) {
            (Happening::Begins(kind), _) => {
                if let Kind::Call(call) = kind {
                    if std::mem::take(&mut self.owes_thought) {
                        let thought = json!({"reasoning_content": NO_THOUGHT});
                        self.delta(thought, Value::Null, out);
                    }
                    let mut opening = tool_call(call, "");
                    opening["index"] = self.calls.into();
                    self.calls += 1;
                    self.delta(json!({"tool_calls": [opening]}), Value::Null, out);
                }
                self.declined |= *kind == Kind::Refusal;
                self.part = Some(kind.clone());
            }
            (Happening::Piece(text), Some(kind)) => {
                let delta = match kind {
                    Kind::Text => json!({"content": text}),
                    Kind::Refusal => json!({"refusal": text}),
                    Kind::Call(call) => {
                        let index = self.calls.saturating_sub(1);
                        let more = match call.input {
                            Input::Json => {
                                json!({"index": index, "function": {"arguments": text}})
                            }
                            Input::FreeText => json!({"index": index, "custom": {"input": text}}),
                        };
                        json!({"tool_calls": [more]})
                    }
                };
                self.delta(delta, Value::Null, out);
            }
            // The dialect has no event for the end of a part.
            (Happening::Ends | Happening::Truncated, _) | (Happening::Piece(_), None) => {
                self.part = None;
            }
        }
        Ok(())
    }

    fn finish(&mut self, stop: Stop, tokens: Option<Tokens>, out: &mut Vec<u8>) {
        let reason = stop::openai_chat(stop, self.declined);
        self.delta(json!({}), reason.into(), out);
        if let (true, Some(tokens)) = (self.form.usage_chunk, tokens) {
            self.chunk(json!([]), usage(tokens), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn error(&mut self, translated: &ProviderError, out: &mut Vec<u8>) {
        sse::write("", &translated.openai().to_string(), out);
    }
}

fn tool_call(call: &Call, text: &str) -> Value {
    match call.input {
        Input::Json => json!({
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": text},
        }),
        Input::FreeText => json!({
            "id": call.id,
            "type": "custom",
            "custom": {"name": call.name, "input": text},
        }),
    }
}

/// `prompt_tokens` includes cached tokens.
fn usage(tokens: Tokens) -> Value {
    let prompt = [tokens.input, tokens.cache_read, tokens.cache_write]
        .into_iter()
        .fold(0, u64::saturating_add);
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": tokens.output,
        "total_tokens": prompt.saturating_add(tokens.output),
        "prompt_tokens_details": {
            "cached_tokens": tokens.cache_read,
            "cache_write_tokens": tokens.cache_write,
        },
    })
}

pub(crate) fn document(answer: &Answer<'_>, form: &Form) -> String {
    let translated = |text: String| match text.as_str() {
        "" => Value::Null,
        _ => text.into(),
    };
    let refusal = answer.text_of(&Kind::Refusal);
    let declined = !refusal.is_empty();
    let mut message = json!({
        "role": "assistant",
        "content": translated(answer.text_of(&Kind::Text)),
        "refusal": translated(refusal),
    });
    let calls = answer.parts.iter().filter_map(|part| match &part.kind {
        Kind::Call(call) => Some(tool_call(call, &part.text)),
        Kind::Text | Kind::Refusal => None,
    });
    let calls: Vec<Value> = calls.collect();
    if !calls.is_empty() {
        if form.reasoning_content == ReasoningContent::Required {
            message["reasoning_content"] = NO_THOUGHT.into();
        }
        message["tool_calls"] = calls.into();
    }
    let choice = json!({
        "index": 0,
        "message": message,
        "logprobs": null,
        "finish_reason": stop::openai_chat(answer.stop, declined),
    });
    let mut document = json!({
        "id": answer.identity.id("chatcmpl-"),
        "object": "chat.completion",
        "created": answer.identity.created,
        "model": answer.identity.model,
        "choices": [choice],
    });
    if let Some(tokens) = answer.tokens {
        document["usage"] = usage(tokens);
    }
    document.to_string()
}
