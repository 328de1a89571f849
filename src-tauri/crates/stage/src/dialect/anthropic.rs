//! Anthropic Messages. Order and shapes: the streaming page of Anthropic's API documentation.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Part, pieces, slices};
use crate::delivery::UsagePlace;
use crate::fault::Stop;
use crate::frame::{Frame, Kind, Transcript};
use crate::request::Request;

pub(super) const PING: Bytes = Bytes::from_static(b"event: ping\ndata: {\"type\": \"ping\"}\n\n");

pub(super) fn error_event(kind: &str, message: &str) -> Bytes {
    let error = json!({"type": kind, "message": message});
    format!(
        "event: error\ndata: {}\n\n",
        json!({"type": "error", "error": error})
    )
    .into()
}

pub(super) fn transcript(request: &Request, answer: &Answer) -> Transcript {
    let (stop_reason, stop_sequence) = stop(answer);
    let message = |content: Value, stop_reason: Value, stop_sequence: Value, usage: Value| {
        json!({
            "id": answer.id("msg_01", None),
            "type": "message",
            "role": "assistant",
            "model": request.model,
            "content": content,
            "stop_reason": stop_reason,
            "stop_sequence": stop_sequence,
            "usage": usage,
        })
    };

    let early = answer.delivery.reasons.as_deref().into();
    let opening = message(json!([]), early, Value::Null, opening_usage(answer));
    let mut frames = vec![event(
        Kind::Opening,
        json!({"type": "message_start", "message": opening}),
    )];
    for (index, part) in answer.parts.iter().enumerate() {
        block(&mut frames, index, part, answer);
        if index == 0 {
            frames.insert(
                2,
                Frame {
                    kind: Kind::Opening,
                    bytes: PING,
                },
            );
        }
    }
    frames.push(event(
        Kind::Stop,
        json!({
            "type": "message_delta",
            "delta": {"stop_reason": stop_reason, "stop_sequence": stop_sequence},
            "usage": usage(answer, answer.usage.output),
        }),
    ));
    frames.push(event(Kind::After, json!({"type": "message_stop"})));

    let content = answer
        .parts
        .iter()
        .enumerate()
        .map(|(i, part)| full(i, part, answer))
        .collect();
    Transcript {
        frames,
        full: message(
            content,
            stop_reason,
            stop_sequence,
            usage(answer, answer.usage.output),
        ),
    }
}

fn event(kind: Kind, data: Value) -> Frame {
    let name = data["type"].as_str().unwrap_or_default().to_owned();
    Frame::named(kind, &name, &data)
}

fn block(frames: &mut Vec<Frame>, index: usize, part: &Part, answer: &Answer) {
    let delta = |kind: Kind, delta: Value| {
        event(
            kind,
            json!({"type": "content_block_delta", "index": index, "delta": delta}),
        )
    };
    let (start, deltas): (Value, Vec<Frame>) = match part {
        Part::Text(text) => (
            json!({"type": "text", "text": ""}),
            pieces(text)
                .into_iter()
                .map(|piece| delta(Kind::Text, json!({"type": "text_delta", "text": piece})))
                .collect(),
        ),
        Part::Thinking(text) => {
            let mut deltas: Vec<Frame> = pieces(text)
                .into_iter()
                .map(|piece| {
                    delta(
                        Kind::Thinking,
                        json!({"type": "thinking_delta", "thinking": piece}),
                    )
                })
                .collect();
            let signature = json!({"type": "signature_delta", "signature": answer.sign(text)});
            deltas.push(delta(Kind::Thinking, signature));
            (
                json!({"type": "thinking", "thinking": "", "signature": ""}),
                deltas,
            )
        }
        Part::Tool { name, arguments } => {
            // The first fragment is empty, as in Anthropic's streams.
            let full = answer.delivery.traits.calls_in_one_event;
            let most = if full { usize::MAX } else { 12 };
            let fragments = [""].into_iter().chain(slices(arguments, most));
            (
                json!({"type": "tool_use", "id": answer.call_id("toolu_01", index), "name": name, "input": {}}),
                fragments
                    .map(|json| {
                        delta(
                            Kind::Arguments,
                            json!({"type": "input_json_delta", "partial_json": json}),
                        )
                    })
                    .collect(),
            )
        }
    };
    frames.push(event(
        Kind::Opening,
        json!({"type": "content_block_start", "index": index, "content_block": start}),
    ));
    frames.extend(deltas);
    frames.push(event(
        Kind::Close,
        json!({"type": "content_block_stop", "index": index}),
    ));
}

fn full(index: usize, part: &Part, answer: &Answer) -> Value {
    match part {
        Part::Text(text) => json!({"type": "text", "text": text}),
        Part::Thinking(text) => {
            json!({"type": "thinking", "thinking": text, "signature": answer.sign(text)})
        }
        Part::Tool { name, arguments } => json!({
            "type": "tool_use",
            "id": answer.call_id("toolu_01", index),
            "name": name,
            // Truncated arguments are not a JSON object: their text is sent.
            "input": serde_json::from_str::<Value>(arguments).unwrap_or_else(|_| arguments.as_str().into()),
        }),
    }
}

fn stop(answer: &Answer) -> (Value, Value) {
    match answer.stop {
        _ if answer.delivery.stop.is_some() => {
            (answer.delivery.stop.as_deref().into(), Value::Null)
        }
        None if answer.calls_tool() => ("tool_use".into(), Value::Null),
        None => ("end_turn".into(), Value::Null),
        Some(Stop::MaxTokens) => ("max_tokens".into(), Value::Null),
        Some(Stop::ContextWindow) => ("model_context_window_exceeded".into(), Value::Null),
        Some(Stop::Refusal) => ("refusal".into(), Value::Null),
        Some(Stop::PauseTurn) => ("pause_turn".into(), Value::Null),
        Some(Stop::StopSequence) => ("stop_sequence".into(), "END".into()),
        Some(Stop::Null) => (Value::Null, Value::Null),
    }
}

/// In `message_start`; where usage is corrected, a later event replaces this input count.
fn opening_usage(answer: &Answer) -> Value {
    let mut reported = usage(answer, 1);
    if answer.delivery.corrected {
        reported["input_tokens"] = (answer.usage.input + 100).into();
    }
    reported
}

/// `input_tokens` excludes tokens that were read from or written to the cache.
fn usage(answer: &Answer, output: u64) -> Value {
    if answer.delivery.traits.usage == UsagePlace::Nowhere {
        return Value::Null;
    }
    let usage = answer.usage;
    json!({
        "input_tokens": usage.input - usage.cache_read - usage.cache_write,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write - usage.cache_write_hour,
            "ephemeral_1h_input_tokens": usage.cache_write_hour,
        },
        "output_tokens": output,
        "service_tier": "standard",
    })
}
