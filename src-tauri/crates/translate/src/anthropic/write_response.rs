//! Anthropic Messages (public docs: "Streaming messages", "Messages").

use catalog::{ReasoningContent, Tokens};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::response::error::ProviderError;
use crate::response::model::{Answer, Call, Happening, Identity, Input, Kind, Part, Stop};
use crate::response::write::Write;
use crate::response::{Form, NO_THOUGHT, UntranslatableResponse, stop};
use wire::Broken;
use wire::fields::array;
use wire::sse;

#[derive(Debug)]
pub(crate) struct Writer {
    index: u64,
    /// The open block is a tool call.
    input: bool,
    /// Thinking must be sent before the first call.
    owes_thought: bool,
}

impl Writer {
    pub(crate) fn new(form: Form) -> Self {
        Self {
            index: 0,
            input: false,
            owes_thought: form.reasoning_content == ReasoningContent::Required,
        }
    }

    fn thought(&mut self, out: &mut Vec<u8>) {
        let index = self.index;
        let block = json!({"type": "thinking", "thinking": "", "signature": ""});
        let delta = json!({"type": "thinking_delta", "thinking": NO_THOUGHT});
        for data in [
            json!({"type": "content_block_start", "index": index, "content_block": block}),
            json!({"type": "content_block_delta", "index": index, "delta": delta}),
            json!({"type": "content_block_stop", "index": index}),
        ] {
            event(&data, out);
        }
        self.index += 1;
    }
}

fn event(data: &Value, out: &mut Vec<u8>) {
    let name = data["type"].as_str().unwrap_or_default();
    sse::write(name, &data.to_string(), out);
}

impl Write for Writer {
    /// Clients read every count of `message_start`.
    fn start(&mut self, identity: &Identity, tokens: Tokens, out: &mut Vec<u8>) {
        let message = json!({
            "id": identity.id("msg_"),
            "type": "message",
            "role": "assistant",
            "model": identity.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": usage(tokens),
        });
        event(&json!({"type": "message_start", "message": message}), out);
    }

    fn happening(
        &mut self,
        happening: &Happening,
        out: &mut Vec<u8>,
    ) -> Result<(), UntranslatableResponse> {
        if matches!(happening, Happening::Begins(Kind::Call(_)))
            && std::mem::take(&mut self.owes_thought)
        {
            self.thought(out);
        }
        let index = self.index;
        let data = match happening {
            Happening::Begins(kind) => {
                let block = match kind {
                    Kind::Text | Kind::Refusal => json!({"type": "text", "text": ""}),
                    Kind::Call(call) => {
                        sayable(call)?;
                        json!({"type": "tool_use", "id": call.id, "name": call.name, "input": {}})
                    }
                };
                self.input = matches!(kind, Kind::Call(_));
                json!({"type": "content_block_start", "index": index, "content_block": block})
            }
            Happening::Piece(text) => {
                let delta = if self.input {
                    json!({"type": "input_json_delta", "partial_json": text})
                } else {
                    json!({"type": "text_delta", "text": text})
                };
                json!({"type": "content_block_delta", "index": index, "delta": delta})
            }
            // A truncated block is closed like any other: the stop reason reports the truncation.
            Happening::Ends | Happening::Truncated => {
                self.index += 1;
                json!({"type": "content_block_stop", "index": index})
            }
        };
        event(&data, out);
        Ok(())
    }

    fn finish(&mut self, stop: Stop, tokens: Option<Tokens>, out: &mut Vec<u8>) {
        let delta = json!({"stop_reason": stop::anthropic(stop), "stop_sequence": null});
        let usage = usage(tokens.unwrap_or_default());
        event(
            &json!({"type": "message_delta", "delta": delta, "usage": usage}),
            out,
        );
        event(&json!({"type": "message_stop"}), out);
    }

    fn error(&mut self, translated: &ProviderError, out: &mut Vec<u8>) {
        event(&translated.anthropic(), out);
    }
}

/// `input_tokens` excludes cached tokens.
fn usage(tokens: Tokens) -> Value {
    json!({
        "input_tokens": tokens.input,
        "cache_creation_input_tokens": tokens.cache_write,
        "cache_read_input_tokens": tokens.cache_read,
        "output_tokens": tokens.output,
    })
}

fn sayable(call: &Call) -> Result<(), UntranslatableResponse> {
    match call.input {
        Input::Json => Ok(()),
        Input::FreeText => Err(UntranslatableResponse::Unsayable(format!(
            "a call of `{}` with free text",
            call.name
        ))),
    }
}

pub(crate) fn document(answer: &Answer<'_>, form: &Form) -> Result<String, UntranslatableResponse> {
    // A truncated call has no valid object, and `{}` would be a different call.
    let cut = |part: &Part| matches!(part.kind, Kind::Call(_)) && !part.complete;
    let parts = answer.parts.iter().filter(|part| !cut(part));
    let content: Result<Vec<String>, UntranslatableResponse> = parts.map(block).collect();
    let mut content = content?;
    let calls = answer
        .parts
        .iter()
        .any(|part| matches!(part.kind, Kind::Call(_)) && part.complete);
    if calls && form.reasoning_content == ReasoningContent::Required {
        let thought = json!({"type": "thinking", "thinking": NO_THOUGHT, "signature": ""});
        content.insert(0, thought.to_string());
    }
    let identity = answer.identity;
    Ok(format!(
        r#"{{"id":{},"type":"message","role":"assistant","model":{},"content":{},"stop_reason":{},"stop_sequence":null,"usage":{}}}"#,
        Value::from(identity.id("msg_")),
        Value::from(identity.model.as_str()),
        array(content.iter().map(String::as_str)),
        Value::from(stop::anthropic(answer.stop)),
        usage(answer.tokens.unwrap_or_default()),
    ))
}

/// The input of a call is written as it was received, so that numbers keep their digits.
fn block(part: &Part) -> Result<String, UntranslatableResponse> {
    let call = match &part.kind {
        Kind::Text | Kind::Refusal => {
            return Ok(json!({"type": "text", "text": part.text}).to_string());
        }
        Kind::Call(call) => call,
    };
    sayable(call)?;
    let input = part.text.trim_ascii();
    if serde_json::from_str::<&RawValue>(input).is_err() {
        return Err(Broken::InvalidToolInput(call.name.clone()).into());
    }
    Ok(format!(
        r#"{{"type":"tool_use","id":{},"name":{},"input":{input}}}"#,
        Value::from(call.id.as_str()),
        Value::from(call.name.as_str()),
    ))
}
