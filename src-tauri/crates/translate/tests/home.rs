//! A fallback's response to a client whose own vendor has requirements for the calls of a history: that vendor later gets the
//! response as the client received it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use catalog::{CallIds, Dialect, ReasoningContent};
use serde_json::{Value, json};
use translate::{AnswerTranslator, Form, Home, Target, complete_document, request};

/// A response of Messages that calls two tools.
fn called() -> Value {
    let call = |id: &str| json!({ "type": "tool_use", "id": id, "name": "get_time", "input": { "zone": "UTC" } });
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [{ "type": "text", "text": "I will look." }, call("toolu_01AAAAAAAAAAAAAAAAAAAAAA"), call("toolu_01BBBBBBBBBBBBBBBBBBBBBB")],
        "stop_reason": "tool_use", "stop_sequence": null, "usage": { "input_tokens": 3, "output_tokens": 4 },
    })
}

/// The same as a stream.
fn streamed() -> String {
    let response = called();
    let mut events = vec![json!({ "type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": { "input_tokens": 3 },
    } })];
    for (index, block) in response["content"].as_array().unwrap().iter().enumerate() {
        let (mut begun, delta) = match block["type"].as_str() {
            Some("text") => (
                json!({ "type": "text", "text": "" }),
                json!({ "type": "text_delta", "text": block["text"] }),
            ),
            _ => (
                block.clone(),
                json!({ "type": "input_json_delta", "partial_json": block["input"].to_string() }),
            ),
        };
        if begun["input"].is_object() {
            begun["input"] = json!({});
        }
        events
            .push(json!({ "type": "content_block_start", "index": index, "content_block": begun }));
        events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    events.push(json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 4 } }));
    events.push(json!({ "type": "message_stop" }));
    let event = |data: Value| {
        format!(
            "event: {}\ndata: {data}\n\n",
            data["type"].as_str().unwrap()
        )
    };
    events.into_iter().map(event).collect()
}

/// The response for a client of this dialect: as a document, and as the data of each stream event.
fn translated(client: Dialect, home: Home) -> (Value, Vec<Value>) {
    let target = Target {
        max_output: Some(1_000),
        ..Target::new("fallback")
    };
    let target = target.for_client_of(home);
    let tool = match client {
        Dialect::Anthropic => json!({ "name": "get_time", "input_schema": { "type": "object" } }),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            json!({ "type": "function", "function": { "name": "get_time", "parameters": { "type": "object" } } })
        }
    };
    let body = json!({ "model": "m", "max_tokens": 99, "messages": [{ "role": "user", "content": "What time is it?" }], "tools": [tool] });
    let there = request(
        client,
        Dialect::Anthropic,
        body.to_string().as_bytes(),
        &target,
    )
    .unwrap();
    let form = Form {
        reasoning_content: there.reasoning_content,
        ..Form::default()
    };
    let from = Dialect::Anthropic;
    let bytes = called().to_string();
    let one = complete_document(from, client, bytes.as_bytes(), &there.names, &form).unwrap();
    let mut translator = AnswerTranslator::new(from, client, there.names, form);
    let mut out = Vec::new();
    translator.push(streamed().as_bytes(), &mut out).unwrap();
    translator.end(&mut out).unwrap();
    let out = String::from_utf8(out).unwrap();
    let data = out.lines().filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str(data).ok());
    (serde_json::from_slice(&one).unwrap(), events.collect())
}

const DEMANDS_THINKING: Home = Home {
    ids: CallIds::Any,
    reasoning_content: ReasoningContent::Required,
};

#[test]
fn a_vendor_of_chat_that_requires_reasoning_gets_it_once_before_the_calls() {
    let (one, events) = translated(Dialect::OpenaiChat, DEMANDS_THINKING);
    let message = &one["choices"][0]["message"];
    assert!(!message["reasoning_content"].as_str().unwrap().is_empty());
    let deltas: Vec<&Value> = events
        .iter()
        .map(|event| &event["choices"][0]["delta"])
        .collect();
    let thought = |delta: &&Value| delta["reasoning_content"].is_string();
    assert_eq!(deltas.iter().filter(|delta| thought(delta)).count(), 1);
    let first_call = deltas
        .iter()
        .position(|delta| delta["tool_calls"].is_array());
    assert!(deltas.iter().position(thought) < first_call);
}

#[test]
fn a_vendor_of_messages_that_requires_thinking_gets_a_block() {
    let (one, events) = translated(Dialect::Anthropic, DEMANDS_THINKING);
    let kinds = |blocks: &mut dyn Iterator<Item = &Value>| -> Vec<String> {
        blocks
            .map(|block| block["type"].as_str().unwrap().to_owned())
            .collect()
    };
    let content = one["content"].as_array().unwrap();
    assert_eq!(
        kinds(&mut content.iter()),
        ["thinking", "text", "tool_use", "tool_use"]
    );
    let starts: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "content_block_start")
        .collect();
    let mut blocks = starts.iter().map(|event| &event["content_block"]);
    assert_eq!(
        kinds(&mut blocks),
        ["text", "thinking", "tool_use", "tool_use"]
    );
    let indexes: Vec<u64> = starts
        .iter()
        .map(|event| event["index"].as_u64().unwrap())
        .collect();
    assert_eq!(indexes, [0, 1, 2, 3], "one after the other");
    let closed = events
        .iter()
        .filter(|event| event["type"] == "content_block_stop");
    assert_eq!(closed.count(), 4);
}

#[test]
fn other_vendors_get_no_placeholder_thinking() {
    for dialect in [Dialect::Anthropic, Dialect::OpenaiChat] {
        let (one, events) = translated(dialect, Home::default());
        let all = format!("{one} {}", Value::from(events));
        assert!(
            !all.contains("thinking") && !all.contains("reasoning"),
            "{all}"
        );
    }
}

#[test]
fn a_vendor_of_nine_letter_ids_gets_such_ids() {
    let home = Home {
        ids: CallIds::NineLetters,
        reasoning_content: ReasoningContent::Omitted,
    };
    let (one, events) = translated(Dialect::OpenaiChat, home);
    let calls = one["choices"][0]["message"]["tool_calls"]
        .as_array()
        .unwrap();
    let ids: Vec<&str> = calls
        .iter()
        .map(|call| call["id"].as_str().unwrap())
        .collect();
    assert_ne!(ids[0], ids[1]);
    for id in &ids {
        assert!(
            id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{id}"
        );
    }
    let deltas = events
        .iter()
        .map(|event| &event["choices"][0]["delta"]["tool_calls"][0]["id"]);
    let streamed: Vec<&str> = deltas.filter_map(Value::as_str).collect();
    assert_eq!(streamed, ids);
}
