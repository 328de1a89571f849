use super::*;

/// A tool call in each dialect, streamed and not streamed.
fn called() -> [(Dialect, bool, String); 6] {
    let sse = |events: &[Value]| {
        let event = |data: &Value| {
            let name = data["type"].as_str();
            let name = name.map_or_else(String::new, |name| format!("event: {name}\n"));
            format!("{name}data: {data}\n\n")
        };
        events.iter().map(event).collect::<String>()
    };
    let input = json!({ "zone": "UTC" });
    let block = json!({ "type": "tool_use", "id": "toolu_1", "name": "get_time", "input": input });
    let thinking = json!({ "type": "thinking", "thinking": "hm", "signature": "sig" });
    let item = json!({
        "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_time",
        "arguments": input.to_string(), "status": "completed",
    });
    let response = json!({
        "id": "resp_1", "object": "response", "status": "completed", "output": [item],
        "usage": { "input_tokens": 3, "output_tokens": 4, "total_tokens": 7 },
    });
    let chat_call = json!({
        "index": 0, "id": "call_1", "type": "function",
        "function": { "name": "get_time", "arguments": input.to_string() },
    });
    let message = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [thinking, block],
        "stop_reason": "tool_use", "usage": { "input_tokens": 3, "output_tokens": 4 },
    });
    let delta = |index: u64, delta: Value| json!({ "type": "content_block_delta", "index": index, "delta": delta });
    let messages = [
        json!({ "type": "message_start", "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": null,
            "usage": { "input_tokens": 3, "output_tokens": 0 },
        }}),
        json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "thinking", "thinking": "", "signature": "" } }),
        delta(0, json!({ "type": "thinking_delta", "thinking": "hm" })),
        delta(0, json!({ "type": "signature_delta", "signature": "sig" })),
        json!({ "type": "content_block_stop", "index": 0 }),
        json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "tool_use", "id": "toolu_1", "name": "get_time", "input": {} } }),
        delta(
            1,
            json!({ "type": "input_json_delta", "partial_json": "{\"zone\"" }),
        ),
        delta(
            1,
            json!({ "type": "input_json_delta", "partial_json": ":\"UTC\"}" }),
        ),
        json!({ "type": "content_block_stop", "index": 1 }),
        json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 4 } }),
        json!({ "type": "message_stop" }),
    ];
    let chunk = |delta: Value, finish: Value| json!({ "id": "c", "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
    let chat = sse(&[
        chunk(
            json!({ "role": "assistant", "tool_calls": [
            { "index": 0, "id": "call_1", "type": "function", "function": { "name": "get_time", "arguments": "" } },
        ] }),
            Value::Null,
        ),
        chunk(
            json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "{\"zone\":" } }] }),
            Value::Null,
        ),
        chunk(
            json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "\"UTC\"}" } }] }),
            Value::Null,
        ),
        chunk(json!({}), json!("tool_calls")),
    ]) + "data: [DONE]\n\n";
    let complete_chat = json!({
        "id": "c", "object": "chat.completion",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": null, "tool_calls": [chat_call] }, "finish_reason": "tool_calls" }],
        "usage": { "prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7 },
    });
    let responses = sse(&[
        json!({ "type": "response.created", "response": { "id": "resp_1", "status": "in_progress", "output": [] } }),
        json!({ "type": "response.output_item.added", "output_index": 0, "item": { "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_time", "arguments": "" } }),
        json!({ "type": "response.function_call_arguments.done", "output_index": 0, "item_id": "fc_1", "arguments": input.to_string() }),
        json!({ "type": "response.output_item.done", "output_index": 0, "item": item }),
        json!({ "type": "response.completed", "response": response }),
    ]);
    [
        (Dialect::Anthropic, false, message.to_string()),
        (Dialect::Anthropic, true, sse(&messages)),
        (Dialect::OpenaiChat, false, complete_chat.to_string()),
        (Dialect::OpenaiChat, true, chat),
        (Dialect::OpenaiResponses, false, response.to_string()),
        (Dialect::OpenaiResponses, true, responses),
    ]
}

#[test]
fn a_call_is_the_same_from_a_stream_and_from_a_document() {
    for pair in called().chunks(2) {
        let [document, stream] = pair else {
            panic!("pairs");
        };
        let read = |(dialect, streamed, bytes): &(Dialect, bool, String)| {
            read(*dialect, *streamed, bytes.as_bytes(), BodyEnd::Clean)
        };
        let (document, stream) = (read(document), read(stream));
        assert_eq!(stream.completion, Completion::Complete, "{:?}", pair[1].0);
        assert_eq!(document, stream, "{:?}", pair[0].0);
        assert_eq!(stream.calls.len(), 1);
        let call = &stream.calls[0];
        assert_eq!(call.name, "get_time");
        assert_eq!(
            serde_json::from_str::<Value>(&call.arguments).unwrap(),
            json!({ "zone": "UTC" })
        );
    }
}

#[test]
fn thinking_and_its_signature_are_sent_back() {
    for (dialect, streamed, bytes) in &called()[..2] {
        let reply = read(*dialect, *streamed, bytes.as_bytes(), BodyEnd::Clean);
        let content = &reply.turn[0]["content"];
        assert_eq!(content[0]["thinking"], "hm");
        assert_eq!(content[0]["signature"], "sig");
        assert_eq!(content[1]["input"], json!({ "zone": "UTC" }));
        assert_eq!(content[1].get(PARTIAL), None);
        assert_eq!(reply.text, 0, "thinking is no text");
    }
}

#[test]
fn a_response_that_was_cut_is_not_complete() {
    for (dialect, streamed, bytes) in called() {
        let partial = &bytes.as_bytes()[..bytes.len() / 2];
        for end in [BodyEnd::Clean, BodyEnd::Cut] {
            let reply = read(dialect, streamed, partial, end);
            assert!(
                matches!(reply.completion, Completion::Broken(_)),
                "{dialect} streamed {streamed} {end:?}: {:?}",
                reply.completion
            );
        }
    }
}
