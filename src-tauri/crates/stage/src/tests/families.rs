//! Every family in each of its dialects, with responses judged by `wire`.

use catalog::Dialect;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};
use wire::{BodyEnd, Completion, Failure, FailureClass, Framing, Validator, classify};

use super::client::{Ending, Reply, generate, request};
use crate::{Family, ScriptStep, Stage};

mod rows;

/// A model of the family that its rules recognise.
pub(super) fn model(family: Family) -> &'static str {
    match family {
        Family::Anthropic => "claude-sonnet-4-5",
        Family::OpenAi => "gpt-6.1-sol",
        Family::Gemini => "gemini-3.8-flash",
        Family::DeepSeek => "deepseek-v4-pro",
        Family::Mistral => "mistral-large-4",
        Family::Groq => "openai/gpt-oss-120b",
        Family::Xai => "grok-4.7",
        Family::Moonshot => "kimi-k2.6",
        Family::Zai => "glm-5",
        Family::OpenRouter => "google/gemini-3-pro-preview",
        Family::Together | Family::Vllm => "Qwen/Qwen3-32B",
        Family::Ollama => "qwen3:8b",
    }
}

/// A request that the family accepts.
pub(super) fn ask(family: Family, dialect: Dialect, stream: bool) -> Value {
    let mut ask = request(dialect, model(family), stream, "What is here?");
    if family == Family::Mistral {
        ask.as_object_mut().unwrap().remove("stream_options");
    }
    ask
}

pub(super) fn failure(dialect: Dialect, reply: &Reply) -> Failure {
    let status = StatusCode::from_u16(reply.status).unwrap();
    let mut headers = HeaderMap::new();
    for line in reply.head.lines() {
        if let Some((name, value)) = line.split_once(": ") {
            let name = HeaderName::try_from(name).unwrap();
            headers.insert(name, HeaderValue::try_from(value).unwrap());
        }
    }
    let now = chrono::DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    classify(dialect, status, &headers, &reply.body, now)
}

pub(super) fn judge(dialect: Dialect, framing: Framing, reply: &Reply) -> (Completion, Validator) {
    let mut validator = Validator::new(dialect, framing);
    for bytes in reply.body.chunks(97) {
        validator.push(bytes, &mut Vec::new());
    }
    let end = match reply.ending {
        Ending::Clean => BodyEnd::Clean,
        Ending::Cut | Ending::Reset | Ending::Never => BodyEnd::Cut,
    };
    (validator.judge(end), validator)
}

/// The class of each trouble. `None`: no documented error of this vendor, so the stage responds with 501.
pub(super) async fn class(family: Family, dialect: Dialect, trouble: &str) -> Option<FailureClass> {
    let stage = Stage::any_model().acting(family);
    stage.cue(ScriptStep::fault(trouble.parse().unwrap()));
    let reply = generate(&stage, dialect, &ask(family, dialect, true)).await;
    if reply.status == 501 {
        assert!(reply.text().contains("no source says"), "{}", reply.text());
        return None;
    }
    Some(failure(dialect, &reply).class)
}

#[tokio::test(start_paused = true)]
async fn a_plain_turn_is_complete_as_a_document_and_as_a_stream() {
    for family in Family::ALL {
        for dialect in Dialect::ALL {
            for (stream, framing) in [(true, Framing::Stream), (false, Framing::Document)] {
                let stage = Stage::any_model().acting(family);
                let reply = generate(&stage, dialect, &ask(family, dialect, stream)).await;
                if !family.dialects().contains(&dialect) {
                    assert_eq!(reply.status, 404, "{family} does not speak {dialect}");
                    continue;
                }
                assert_eq!(reply.status, 200, "{family} {dialect}: {}", reply.text());
                let (completion, validator) = judge(dialect, framing, &reply);
                assert_eq!(
                    completion,
                    Completion::Complete,
                    "{family} {dialect} {framing:?}"
                );
                assert!(validator.report().text_bytes > 0, "{family} {dialect}");
            }
        }
    }
}

/// The response of the first step, returned with its result as the dialect's documentation describes.
fn second_step(dialect: Dialect, mut ask: Value, answer: &Value) -> Value {
    match dialect {
        Dialect::Anthropic => {
            let content = answer["content"].as_array().unwrap();
            let results: Vec<Value> = content
                .iter()
                .filter(|block| block["type"] == "tool_use")
                .map(|call| json!({"type": "tool_result", "tool_use_id": call["id"], "content": "two files"}))
                .collect();
            let messages = ask["messages"].as_array_mut().unwrap();
            messages.push(json!({"role": "assistant", "content": content}));
            messages.push(json!({"role": "user", "content": results}));
        }
        Dialect::OpenaiChat => {
            let message = answer["choices"][0]["message"].clone();
            let results: Vec<Value> = message["tool_calls"]
                .as_array()
                .unwrap()
                .iter()
                .map(|call| json!({"role": "tool", "tool_call_id": call["id"], "content": "two files"}))
                .collect();
            let messages = ask["messages"].as_array_mut().unwrap();
            messages.push(message);
            messages.extend(results);
        }
        Dialect::OpenaiResponses => {
            let user_text = ask["input"].take();
            let mut input = vec![json!({"role": "user", "content": user_text})];
            let output = answer["output"].as_array().unwrap();
            input.extend(output.iter().cloned());
            input.extend(
                output
                    .iter()
                    .filter(|item| item["type"] == "function_call")
                    .map(|call| json!({"type": "function_call_output", "call_id": call["call_id"], "output": "two files"})),
            );
            ask["input"] = input.into();
        }
    }
    ask
}

/// The part of a message that a client keeps: everything, except for vendors that refuse their own thinking.
fn kept(family: Family, mut answer: Value) -> Value {
    let message = answer.pointer_mut("/choices/0/message");
    if let Some(fields) = message.and_then(Value::as_object_mut) {
        for field in ["refusal", "annotations"] {
            fields.remove(field);
        }
        if family == Family::Groq {
            fields.remove("reasoning");
        }
    }
    answer
}

#[tokio::test(start_paused = true)]
async fn a_tool_turn_of_two_steps_ends_complete() {
    for family in Family::ALL {
        for dialect in family.dialects().iter().copied() {
            let stage = Stage::any_model().acting(family);
            let then = || ScriptStep::tool_turn("Bash", json!({"command": "ls"}), "Two files.");

            // The same turn as a stream and as a document: the document equals what a client assembles.
            stage.cue(then());
            let streamed = generate(&stage, dialect, &ask(family, dialect, true)).await;
            let (completion, validator) = judge(dialect, Framing::Stream, &streamed);
            assert_eq!(completion, Completion::Complete, "{family} {dialect}");
            let [call] = validator.report().tool_calls.as_slice() else {
                panic!("{family} {dialect}: {:?}", validator.report())
            };
            assert_eq!(call.name, "Bash");
            stage.clear_cues();

            stage.cue(then());
            let first = ask(family, dialect, false);
            let full = generate(&stage, dialect, &first).await;
            assert_eq!(full.status, 200, "{family} {dialect}: {}", full.text());
            let second = second_step(dialect, first, &kept(family, full.json()));
            let reply = generate(&stage, dialect, &second).await;
            assert_eq!(reply.status, 200, "{family} {dialect}: {}", reply.text());
            assert!(reply.text().contains("Two files."), "{family} {dialect}");
        }
    }
}

/// For every vendor, caches included: the same requests in the same order get the same bytes.
#[tokio::test(start_paused = true)]
async fn the_same_requests_get_the_same_bytes_from_every_family() {
    for family in Family::ALL {
        for dialect in family.dialects().iter().copied() {
            let stages = [(); 2].map(|()| Stage::any_model().acting(family));
            for stream in [true, false, true] {
                let mut replies = Vec::new();
                for stage in &stages {
                    replies.push(generate(stage, dialect, &ask(family, dialect, stream)).await);
                }
                assert_eq!(replies[0], replies[1], "{family} {dialect}");
            }
        }
    }
}
