//! OpenAI Chat Completions. Shapes: the streaming chunk object of OpenAI's API reference; differences of other vendors are in
//! their files ([`crate::family`]).

use bytes::Bytes;
use serde_json::{Value, json};

use crate::answer::{Answer, Part, pieces, slices};
use crate::clock::CREATED;
use crate::delivery::{CachedField, UsagePlace};
use crate::fault::Stop;
use crate::frame::{Frame, Kind, Transcript};
use crate::request::Request;
use crate::variation::Reasoning;

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
        full: full(request, answer),
    }
}

/// A stream under construction.
struct Stream<'a> {
    request: &'a Request,
    answer: &'a Answer,
    frames: Vec<Frame>,
    calls: usize,
}

impl Stream<'_> {
    fn chunk(&mut self, kind: Kind, choices: Value, usage: Value) {
        let mut chunk = json!({
            "id": self.answer.id("chatcmpl-", None),
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.request.model,
            "service_tier": "default",
            "system_fingerprint": "fp_rehearsal",
            "choices": choices,
        });
        match self.answer.delivery.traits.usage {
            // Null on every chunk except the last, which has no choices.
            UsagePlace::OnDemand if self.request.wants_usage => chunk["usage"] = usage,
            UsagePlace::EachChunk => chunk["usage"] = self.usage_so_far(usage),
            UsagePlace::OnDemand
            | UsagePlace::Always
            | UsagePlace::InChoice
            | UsagePlace::Nowhere => {
                if !usage.is_null() {
                    chunk["usage"] = usage;
                }
            }
        }
        self.frames.push(Frame::bare(kind, &chunk));
    }

    fn delta(&mut self, kind: Kind, delta: Value) {
        let reason = self.answer.delivery.reasons.as_deref();
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": reason});
        self.chunk(kind, json!([choice]), Value::Null);
    }

    /// One token for each event so far, for vendors that report usage with every event.
    fn usage_so_far(&self, last: Value) -> Value {
        if !last.is_null() {
            return last;
        }
        let mut usage = usage(self.answer);
        let output = (self.frames.len() as u64).min(self.answer.usage.output);
        usage["completion_tokens"] = output.into();
        usage["total_tokens"] = (self.answer.usage.input + output).into();
        usage
    }

    fn part(&mut self, at: usize, part: &Part) {
        match part {
            Part::Text(text) => {
                for piece in pieces(text) {
                    self.delta(Kind::Text, json!({"content": piece}));
                }
            }
            Part::Thinking(text) => self.thinking(text),
            Part::Tool { name, arguments } => {
                let traits = self.answer.delivery.traits;
                let index = if traits.unnumbered_calls {
                    0
                } else {
                    self.calls
                };
                let mut call = call(self.answer, at, name, self.calls == 0);
                call["index"] = index.into();
                if traits.calls_in_one_event {
                    call["function"]["arguments"] = arguments.as_str().into();
                    self.delta(Kind::Arguments, json!({"tool_calls": [call]}));
                } else {
                    let id = call["id"].clone();
                    self.delta(Kind::Opening, json!({"tool_calls": [call]}));
                    for slice in slices(arguments, 12) {
                        let mut call = json!({"index": index, "function": {"arguments": slice}});
                        if traits.unnumbered_calls {
                            call["id"] = id.clone();
                        }
                        self.delta(Kind::Arguments, json!({"tool_calls": [call]}));
                    }
                }
                self.calls += 1;
            }
        }
    }

    fn thinking(&mut self, text: &str) {
        let reasoning = self.answer.delivery.traits.reasoning;
        for piece in pieces(text) {
            let delta = match reasoning {
                Reasoning::Hidden => return,
                Reasoning::Content => json!({"reasoning_content": piece}),
                Reasoning::Plain => json!({"reasoning": piece}),
                Reasoning::Details => {
                    let detail = json!({"type": "reasoning.text", "text": piece, "format": FORMAT, "index": 0});
                    json!({"content": "", "reasoning": piece, "reasoning_details": [detail]})
                }
                Reasoning::Parts => json!({"content": [thinking_part(piece)]}),
            };
            self.delta(Kind::Thinking, delta);
        }
        if reasoning == Reasoning::Details {
            let signature = self.answer.sign(text);
            let detail = json!({"type": "reasoning.text", "signature": signature, "format": FORMAT, "index": 0});
            self.delta(
                Kind::Thinking,
                json!({"content": "", "reasoning": null, "reasoning_details": [detail]}),
            );
        }
    }
}

/// Format name in OpenRouter's `reasoning_details`.
const FORMAT: &str = "anthropic-claude-v1";

fn thinking_part(text: &str) -> Value {
    json!({"type": "thinking", "thinking": [{"type": "text", "text": text}]})
}

/// A call without its arguments. `first`: the first call of its message, which has the thought signature if there is one.
fn call(answer: &Answer, at: usize, name: &str, first: bool) -> Value {
    let mut call = json!({
        "id": answer.call_id("call_", at),
        "type": "function",
        "function": {"name": name, "arguments": ""},
    });
    if let Some(vendor) = answer.delivery.traits.signs_calls.filter(|_| first) {
        let signature = answer.sign(&answer.call_id("call_", at));
        call["extra_content"] = json!({vendor: {"thought_signature": signature}});
    }
    call
}

fn frames(request: &Request, answer: &Answer) -> Vec<Frame> {
    let mut stream = Stream {
        request,
        answer,
        frames: Vec::new(),
        calls: 0,
    };
    stream.delta(
        Kind::Opening,
        json!({"role": "assistant", "content": "", "refusal": null}),
    );
    if answer.delivery.corrected {
        stream.chunk(Kind::Opening, json!([]), too_much(answer));
    }
    for (at, part) in answer.parts.iter().enumerate() {
        stream.part(at, part);
    }
    let usage = usage(answer);
    let mut choice =
        json!({"index": 0, "delta": {}, "logprobs": null, "finish_reason": finish_reason(answer)});
    let place = answer.delivery.traits.usage;
    if place == UsagePlace::InChoice {
        choice["usage"] = usage.clone();
    }
    let with_stop = match place {
        UsagePlace::Always | UsagePlace::EachChunk => usage.clone(),
        UsagePlace::OnDemand | UsagePlace::InChoice | UsagePlace::Nowhere => Value::Null,
    };
    stream.chunk(Kind::Stop, json!([choice]), with_stop);
    if request.wants_usage && place == UsagePlace::OnDemand {
        stream.chunk(Kind::After, json!([]), usage);
    }
    let mut frames = stream.frames;
    frames.push(Frame {
        kind: Kind::After,
        bytes: Bytes::from_static(b"data: [DONE]\n\n"),
    });
    frames
}

fn full(request: &Request, answer: &Answer) -> Value {
    let mut text = None::<String>;
    let mut thoughts = Vec::new();
    let mut calls: Vec<Value> = Vec::new();
    for (at, part) in answer.parts.iter().enumerate() {
        match part {
            Part::Text(more) => text.get_or_insert_default().push_str(more),
            Part::Thinking(thought) => thoughts.push(thought.as_str()),
            Part::Tool { name, arguments } => {
                let mut call = call(answer, at, name, calls.is_empty());
                call["function"]["arguments"] = arguments.as_str().into();
                calls.push(call);
            }
        }
    }
    let mut message = json!({
        "role": "assistant",
        "content": text,
        "refusal": null,
        "annotations": [],
    });
    if !thoughts.is_empty() {
        let thought = thoughts.concat();
        match answer.delivery.traits.reasoning {
            Reasoning::Hidden => {}
            Reasoning::Content => message["reasoning_content"] = thought.into(),
            Reasoning::Plain => message["reasoning"] = thought.into(),
            Reasoning::Details => {
                message["reasoning_details"] = json!([{
                    "type": "reasoning.text",
                    "text": thought,
                    "signature": answer.sign(&thought),
                    "format": FORMAT,
                    "index": 0,
                }]);
                message["reasoning"] = thought.into();
            }
            Reasoning::Parts => {
                let parts = [
                    Some(thinking_part(&thought)),
                    text.map(|text| json!({"type": "text", "text": text})),
                ];
                message["content"] = parts.into_iter().flatten().collect();
            }
        }
    }
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    let mut choice = json!({
        "index": 0,
        "message": message,
        "logprobs": null,
        "finish_reason": finish_reason(answer),
    });
    let mut full = json!({
        "id": answer.id("chatcmpl-", None),
        "object": "chat.completion",
        "created": CREATED,
        "model": request.model,
        "service_tier": "default",
        "system_fingerprint": "fp_rehearsal",
    });
    match answer.delivery.traits.usage {
        UsagePlace::Nowhere => {}
        // Only streams have usage in an unusual place.
        UsagePlace::InChoice if answer.delivery.document != crate::delivery::AsDocument::No => {
            choice["usage"] = usage(answer);
        }
        UsagePlace::OnDemand
        | UsagePlace::Always
        | UsagePlace::InChoice
        | UsagePlace::EachChunk => {
            full["usage"] = usage(answer);
        }
    }
    full["choices"] = json!([choice]);
    full
}

fn finish_reason(answer: &Answer) -> Value {
    let [clean, full, refused] = answer.delivery.traits.stops;
    match answer.stop {
        _ if answer.delivery.stop.is_some() => answer.delivery.stop.as_deref().into(),
        Some(Stop::MaxTokens) => "length".into(),
        Some(Stop::ContextWindow) => full.into(),
        Some(Stop::Refusal) => refused.into(),
        Some(Stop::Null) => Value::Null,
        None | Some(Stop::PauseTurn | Stop::StopSequence) if answer.calls_tool() => {
            "tool_calls".into()
        }
        None | Some(Stop::PauseTurn | Stop::StopSequence) => clean.into(),
    }
}

/// `prompt_tokens` includes tokens that were read from the cache.
fn usage(answer: &Answer) -> Value {
    let usage = answer.usage;
    let traits = answer.delivery.traits;
    let beside = if traits.reasoning_beside {
        usage.thinking
    } else {
        0
    };
    let mut reported = json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output - beside,
        "total_tokens": usage.input + usage.output,
        "completion_tokens_details": {
            "reasoning_tokens": usage.thinking,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    });
    match traits.cached {
        CachedField::Details => {
            reported["prompt_tokens_details"] =
                json!({"cached_tokens": usage.cache_read, "audio_tokens": 0});
            if usage.cache_write > 0 {
                reported["prompt_tokens_details"]["cache_write_tokens"] = usage.cache_write.into();
            }
        }
        CachedField::HitAndMiss => {
            reported["prompt_cache_hit_tokens"] = usage.cache_read.into();
            reported["prompt_cache_miss_tokens"] = (usage.input - usage.cache_read).into();
        }
        CachedField::OnTop => reported["cached_tokens"] = usage.cache_read.into(),
    }
    reported
}

/// Usage that a later event corrects.
fn too_much(answer: &Answer) -> Value {
    let mut reported = usage(answer);
    let input = answer.usage.input + answer.usage.cache_read + 100;
    reported["prompt_tokens"] = input.into();
    reported["completion_tokens"] = 0.into();
    reported["total_tokens"] = input.into();
    reported
}
