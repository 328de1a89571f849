//! OpenAI Chat Completions. Shapes: the streaming chunk object of OpenAI's API reference.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{CREATED, Frame, Kind, Transcript};
use crate::answer::{Answer, Part, pieces, slices};
use crate::fault::Stop;
use crate::request::Request;

pub(super) fn error_event() -> Bytes {
    let error = json!({
        "message": "The server had an error while processing your request.",
        "type": "server_error",
        "param": null,
        "code": "server_error",
    });
    format!("data: {}\n\n", json!({"error": error})).into()
}

pub(super) fn transcript(request: &Request, answer: &Answer) -> Transcript {
    Transcript {
        frames: frames(request, answer),
        whole: whole(request, answer),
    }
}

fn frames(request: &Request, answer: &Answer) -> Vec<Frame> {
    let chunk = |kind: Kind, choices: Value, usage: Value| {
        let mut chunk = json!({
            "id": answer.id("chatcmpl-", None),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": request.model,
            "service_tier": "default",
            "system_fingerprint": "fp_rehearsal",
            "choices": choices,
        });
        if request.wants_usage {
            // Null on every chunk but the last, which has no choices.
            chunk["usage"] = usage;
        }
        Frame::bare(kind, &chunk)
    };
    let delta = |kind: Kind, delta: Value, finish: Value| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish});
        chunk(kind, json!([choice]), Value::Null)
    };
    let call = |kind: Kind, call: Value| delta(kind, json!({"tool_calls": [call]}), Value::Null);

    let role = json!({"role": "assistant", "content": "", "refusal": null});
    let mut frames = vec![delta(Kind::Opening, role, Value::Null)];
    let mut calls = 0;
    for (at, part) in answer.parts.iter().enumerate() {
        match part {
            Part::Text(text) => {
                for piece in pieces(text) {
                    frames.push(delta(Kind::Text, json!({"content": piece}), Value::Null));
                }
            }
            Part::Thinking(_) => {}
            Part::Tool { name, arguments } => {
                frames.push(call(
                    Kind::Opening,
                    json!({
                        "index": calls,
                        "id": answer.id("call_", Some(at)),
                        "type": "function",
                        "function": {"name": name, "arguments": ""},
                    }),
                ));
                for slice in slices(arguments, 12) {
                    let fragment = json!({"index": calls, "function": {"arguments": slice}});
                    frames.push(call(Kind::Arguments, fragment));
                }
                calls += 1;
            }
        }
    }
    frames.push(delta(Kind::Stop, json!({}), finish_reason(answer)));
    if request.wants_usage {
        frames.push(chunk(Kind::After, json!([]), usage(answer)));
    }
    frames.push(Frame {
        kind: Kind::After,
        bytes: Bytes::from_static(b"data: [DONE]\n\n"),
    });
    frames
}

fn whole(request: &Request, answer: &Answer) -> Value {
    let mut text = None::<String>;
    let mut calls = Vec::new();
    for (at, part) in answer.parts.iter().enumerate() {
        match part {
            Part::Text(more) => text.get_or_insert_default().push_str(more),
            Part::Thinking(_) => {}
            Part::Tool { name, arguments } => calls.push(json!({
                "id": answer.id("call_", Some(at)),
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            })),
        }
    }
    let mut message = json!({
        "role": "assistant",
        "content": text,
        "refusal": null,
        "annotations": [],
    });
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    let finish = finish_reason(answer);
    json!({
        "id": answer.id("chatcmpl-", None),
        "object": "chat.completion",
        "created": CREATED,
        "model": request.model,
        "service_tier": "default",
        "system_fingerprint": "fp_rehearsal",
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish}],
        "usage": usage(answer),
    })
}

fn finish_reason(answer: &Answer) -> Value {
    match answer.stop {
        Some(Stop::MaxTokens | Stop::ContextWindow) => "length".into(),
        Some(Stop::Refusal) => "content_filter".into(),
        Some(Stop::Null) => Value::Null,
        None | Some(Stop::PauseTurn | Stop::StopSequence) if answer.calls_tool() => {
            "tool_calls".into()
        }
        None | Some(Stop::PauseTurn | Stop::StopSequence) => "stop".into(),
    }
}

/// `prompt_tokens` includes what was read from the cache.
fn usage(answer: &Answer) -> Value {
    let usage = answer.usage;
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.thinking,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
