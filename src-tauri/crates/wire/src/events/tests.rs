//! Reassembles the events as the dialect's clients do: the result equals the document.

use catalog::Dialect;
use serde_json::{Map, Value, json};

use super::as_events;
use crate::{BodyEnd, Broken, Framing, Validator, sse};

fn events(dialect: Dialect, document: &Value) -> Vec<Value> {
    let bytes = as_events(dialect, document.to_string().as_bytes()).unwrap();
    let mut events = Vec::new();
    let mut reader = sse::Reader::new(1 << 20);
    let read = reader.push(&bytes, &mut |event| {
        if event.data != b"[DONE]" {
            let data: Value = serde_json::from_slice(event.data).unwrap();
            if dialect != Dialect::OpenaiChat {
                assert_eq!(data["type"], event.name);
            }
            events.push(data);
        }
    });
    assert!(read.is_ok() && reader.pending() == 0);
    assert_eq!(
        bytes.ends_with(b"data: [DONE]\n\n"),
        dialect == Dialect::OpenaiChat
    );
    events
}

fn grow(place: &mut Value, more: &Value) {
    let text = place.as_str().unwrap_or_default().to_owned() + more.as_str().unwrap();
    *place = text.into();
}

/// Assembles a message like the official libraries (anthropic-sdk-typescript, `MessageStream`).
fn message(events: &[Value]) -> Value {
    let mut message = Value::Null;
    let mut input = String::new();
    for event in events {
        let at = event["index"].as_u64().unwrap_or_default() as usize;
        match event["type"].as_str().unwrap() {
            "message_start" => message = event["message"].clone(),
            "content_block_start" => {
                input.clear();
                let content = message["content"].as_array_mut().unwrap();
                assert_eq!(content.len(), at);
                content.push(event["content_block"].clone());
            }
            "content_block_delta" => {
                let block = &mut message["content"][at];
                let delta = &event["delta"];
                match delta["type"].as_str().unwrap() {
                    "text_delta" => grow(&mut block["text"], &delta["text"]),
                    "thinking_delta" => grow(&mut block["thinking"], &delta["thinking"]),
                    "signature_delta" => block["signature"] = delta["signature"].clone(),
                    "input_json_delta" => input.push_str(delta["partial_json"].as_str().unwrap()),
                    "citations_delta" => {
                        let citations = block
                            .as_object_mut()
                            .unwrap()
                            .entry("citations")
                            .or_insert_with(|| json!([]));
                        citations
                            .as_array_mut()
                            .unwrap()
                            .push(delta["citation"].clone());
                    }
                    other => panic!("{other}"),
                }
            }
            "content_block_stop" if !input.is_empty() => {
                message["content"][at]["input"] = serde_json::from_str(&input).unwrap();
                input.clear();
            }
            "content_block_stop" | "message_stop" => {}
            "message_delta" => {
                for (name, value) in event["delta"].as_object().unwrap() {
                    message[name] = value.clone();
                }
                for (name, value) in event["usage"].as_object().unwrap() {
                    message["usage"][name] = value.clone();
                }
            }
            other => panic!("{other}"),
        }
    }
    message
}

/// Assembles a completion like the official libraries (openai-python, `ChatCompletionStream`).
fn completion(events: &[Value]) -> Value {
    let mut assembled = events[0].clone();
    assembled["object"] = json!("chat.completion");
    let mut choices: Vec<Value> = Vec::new();
    for event in events {
        if !event["usage"].is_null() {
            assembled["usage"] = event["usage"].clone();
        }
        for choice in event["choices"].as_array().unwrap() {
            let at = choice["index"].as_u64().unwrap() as usize;
            if choices.len() <= at {
                choices.push(json!({"index": at, "message": {}}));
            }
            for (name, value) in choice.as_object().unwrap() {
                if name != "delta" {
                    choices[at][name] = value.clone();
                }
            }
            for (name, value) in choice["delta"].as_object().unwrap() {
                if name == "tool_calls" {
                    let mut call = value[0].as_object().unwrap().clone();
                    call.remove("index");
                    let calls = choices[at]["message"]
                        .as_object_mut()
                        .unwrap()
                        .entry(name)
                        .or_insert_with(|| json!([]));
                    calls.as_array_mut().unwrap().push(call.into());
                } else {
                    choices[at]["message"][name] = value.clone();
                }
            }
        }
    }
    assembled["choices"] = choices.into();
    assembled
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name.clone(), without_nulls(value)))
                .collect::<Map<_, _>>()
                .into()
        }
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn a_message_is_the_same_message() {
    let document = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "tool_use", "stop_sequence": null,
        "content": [
            {"type": "thinking", "thinking": "Hm \u{1f680}", "signature": "sig=="},
            {"type": "redacted_thinking", "data": "enc"},
            {"type": "text", "text": "Look:\n\"here\"", "citations": [{"type": "char_location", "cited_text": "x"}, {"type": "char_location", "cited_text": "y"}]},
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "rust"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "web_search_result", "url": "u"}]},
            {"type": "block_of_tomorrow", "anything": [1, {"a": null}]},
            {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls", "n": 1.50}},
            {"type": "tool_use", "id": "toolu_2", "name": "list", "input": {}},
            {"type": "text", "text": ""},
        ],
        "usage": {"input_tokens": 25, "output_tokens": 40, "cache_read_input_tokens": 3, "service_tier": "standard"},
        "container": {"id": "c"},
    });
    assert_eq!(message(&events(Dialect::Anthropic, &document)), document);
    // Clients accept that small servers omit these fields.
    let bare = json!({"content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn"});
    let put = message(&events(Dialect::Anthropic, &bare));
    assert_eq!(put["content"], bare["content"]);
    assert_eq!(
        (&put["role"], &put["usage"]["input_tokens"]),
        (&json!("assistant"), &json!(0))
    );
}

#[test]
fn a_completion_is_the_same_completion() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}});
    let document = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 7, "model": "gpt", "system_fingerprint": "fp", "provider": "X",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hi \u{1f680}", "reasoning_content": "Hm", "refusal": null, "tool_calls": [call("a"), call("b")]}, "logprobs": {"content": [{"token": "Hi"}]}, "finish_reason": "tool_calls", "native_finish_reason": "tool_use"},
            {"index": 1, "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}], "function_call": {"name": "f", "arguments": "{}"}}, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13},
    });
    let put = completion(&events(Dialect::OpenaiChat, &document));
    assert_eq!(without_nulls(&put), without_nulls(&document));
    let bare = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]});
    let put = completion(&events(Dialect::OpenaiChat, &bare));
    assert_eq!(
        put["choices"][0]["message"],
        json!({"role": "assistant", "content": "Hi"})
    );
}

#[test]
fn a_response_is_the_same_response() {
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}], "content": [{"type": "reasoning_text", "text": "Hmm"}], "encrypted_content": "enc"},
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [
            {"type": "output_text", "text": "Hi \u{1f680}", "annotations": [{"type": "url_citation"}], "logprobs": []},
            {"type": "refusal", "refusal": "No."},
        ]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "f", "arguments": "{\"a\":1}", "status": "completed"},
        {"type": "custom_tool_call", "id": "ct_1", "call_id": "b", "name": "apply_patch", "input": "*** Begin"},
        {"type": "item_of_tomorrow", "id": "x", "anything": 1},
    ]);
    for (status, kind) in [
        ("completed", "response.completed"),
        ("incomplete", "response.incomplete"),
        ("failed", "response.failed"),
    ] {
        let document = json!({
            "id": "resp_1", "object": "response", "created_at": 7, "status": status, "model": "gpt", "output": output,
            "incomplete_details": null, "error": null, "usage": {"input_tokens": 10, "output_tokens": 3, "total_tokens": 13},
        });
        let events = events(Dialect::OpenaiResponses, &document);
        let last = events.last().unwrap();
        assert_eq!(
            (&last["type"], &last["response"]),
            (&json!(kind), &document)
        );
        assert_eq!(events[0]["response"]["status"], "in_progress");
        let numbers: Vec<u64> = events
            .iter()
            .map(|event| event["sequence_number"].as_u64().unwrap())
            .collect();
        assert_eq!(numbers, (0..events.len() as u64).collect::<Vec<_>>());
        let of = |kind: &str| {
            events
                .iter()
                .filter(move |event| event["type"] == kind)
                .collect::<Vec<_>>()
        };
        let done: Vec<&Value> = of("response.output_item.done")
            .iter()
            .map(|event| &event["item"])
            .collect();
        assert_eq!(json!(done), output);
        for (kind, text) in [
            ("response.output_text.delta", "Hi \u{1f680}"),
            ("response.refusal.delta", "No."),
            ("response.reasoning_summary_text.delta", "Hm"),
            ("response.reasoning_text.delta", "Hmm"),
            ("response.function_call_arguments.delta", "{\"a\":1}"),
            ("response.custom_tool_call_input.delta", "*** Begin"),
        ] {
            let deltas: Vec<&Value> = of(kind).iter().map(|event| &event["delta"]).collect();
            assert_eq!(json!(deltas), json!([text]), "{kind}");
        }
    }
    for status in ["queued", "in_progress"] {
        let document = json!({"id": "r", "status": status, "output": []}).to_string();
        let written = as_events(Dialect::OpenaiResponses, document.as_bytes());
        assert!(
            matches!(written, Err(Broken::NotAResponse(_))),
            "{written:?}"
        );
    }
}

#[test]
fn values_stay_byte_for_byte() {
    let document = br#"{"id":"m","content":[{"type":"text","text":"\ud83d \u00e9"},{"type":"tool_use","id":"a","name":"f","input":{"n":1.50,"big":12345678901234567890}}],"stop_reason":"tool_use"}"#;
    let written = String::from_utf8(as_events(Dialect::Anthropic, document).unwrap()).unwrap();
    assert!(written.contains(r#""text":"\ud83d \u00e9""#), "{written}");
    assert!(
        written.contains(r#"{\"n\":1.50,\"big\":12345678901234567890}"#),
        "{written}"
    );
    let mut validator = Validator::new(Dialect::Anthropic, Framing::Stream);
    validator.push(written.as_bytes(), &mut Vec::new());
    assert!(validator.judge(BodyEnd::Cut).is_answer());
    for dialect in Dialect::ALL {
        for no in ["[]", "1", "{", ""] {
            assert!(
                matches!(as_events(dialect, no.as_bytes()), Err(Broken::Malformed(_))),
                "{dialect} {no}"
            );
        }
    }
}
