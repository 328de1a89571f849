//! Complete responses: order and content of events, usage, and valid histories.

use catalog::Dialect;
use serde_json::{Value, json};

use super::client::{Ending, Reply, generate, post, request, send};
use crate::{ScriptStep, ScriptedPart, Stage, sign};

async fn play(dialect: Dialect, style: &str, stream: bool) -> Reply {
    let ask = request(
        dialect,
        &format!("some-model@{style}"),
        stream,
        "Good evening",
    );
    generate(&Stage::any_model(), dialect, &ask).await
}

fn types(events: &[Value]) -> Vec<&str> {
    let mut types: Vec<&str> = events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect();
    types.dedup();
    types
}

#[tokio::test(start_paused = true)]
async fn anthropic_events_come_in_their_documented_order() {
    let reply = play(Dialect::Anthropic, "thinking", true).await;
    assert_eq!(
        reply.header("content-type"),
        Some("text/event-stream; charset=utf-8")
    );
    assert!(reply.header("request-id").unwrap().starts_with("req_"));
    let events = reply.events();
    assert_eq!(
        types(&events),
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    let message = &events[0]["message"];
    assert!(message["id"].as_str().unwrap().starts_with("msg_01"));
    assert_eq!(message["content"], json!([]));
    assert!(message["usage"]["input_tokens"].as_u64().unwrap() > 0);
    let thinking: String = events
        .iter()
        .filter_map(|e| e["delta"]["thinking"].as_str())
        .collect();
    let signature = events.iter().find_map(|e| e["delta"]["signature"].as_str());
    assert_eq!(signature, Some(sign(&thinking).as_str()));
    let text: String = events
        .iter()
        .filter_map(|e| e["delta"]["text"].as_str())
        .collect();
    assert_eq!(
        text,
        "This is a rehearsal answer from Understudy: no model was asked. You said: \"Good evening\""
    );
}

#[tokio::test(start_paused = true)]
async fn responses_have_numbered_events_and_end_with_the_complete_output() {
    let events = play(Dialect::OpenaiResponses, "tool", true).await.events();
    for (at, event) in events.iter().enumerate() {
        assert_eq!(event["sequence_number"], at);
    }
    assert_eq!(
        types(&events),
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.output_item.added",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let done: Vec<Value> = events
        .iter()
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| event["item"].clone())
        .collect();
    let completed = &events.last().unwrap()["response"];
    assert_eq!(completed["output"], Value::from(done));
    assert_eq!(
        completed["output"][1]["arguments"],
        r#"{"command":"echo rehearsal"}"#
    );
    assert!(completed["usage"]["total_tokens"].as_u64().unwrap() > 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_response_is_the_one_that_was_created() {
    let events = play(Dialect::OpenaiResponses, "error-event", true)
        .await
        .events();
    let failed = events.last().unwrap();
    assert_eq!(failed["type"], "response.failed");
    assert_eq!(failed["sequence_number"], events.len() - 1);
    assert_eq!(failed["response"]["id"], events[0]["response"]["id"]);
    assert_eq!(failed["response"]["error"]["code"], "server_error");
}

#[tokio::test(start_paused = true)]
async fn chat_ends_with_a_finish_reason_then_usage_then_done() {
    let reply = play(Dialect::OpenaiChat, "parallel-tools", true).await;
    assert!(reply.text().ends_with("data: [DONE]\n\n"));
    let events = reply.events();
    let [.., stop, usage] = events.as_slice() else {
        panic!()
    };
    assert_eq!(stop["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(usage["choices"], json!([]));
    assert!(usage["usage"]["completion_tokens"].as_u64().unwrap() > 0);
    for index in [0, 1] {
        let calls: Vec<&Value> = events
            .iter()
            .map(|event| &event["choices"][0]["delta"]["tool_calls"][0])
            .filter(|call| call["index"] == index)
            .collect();
        assert_eq!(calls[0]["function"]["name"], "Bash");
        let arguments: String = calls
            .iter()
            .filter_map(|call| call["function"]["arguments"].as_str())
            .collect();
        assert_eq!(arguments, r#"{"command":"echo rehearsal"}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn usage_counts_cached_tokens_as_each_dialect_does() {
    let mut ask = request(Dialect::Anthropic, "some-model", false, "Good evening");
    ask["messages"][0]["content"] = json!([
        {"type": "text", "text": "word ".repeat(400), "cache_control": {"type": "ephemeral"}},
    ]);
    let total = ask.to_string().len().div_ceil(4) as u64;
    let usage = post(&Stage::any_model(), "/v1/messages", &ask).await.json()["usage"].clone();
    let count = |field: &str| usage[field].as_u64().unwrap();
    assert!(count("cache_read_input_tokens") > 0 && count("cache_creation_input_tokens") > 0);
    assert_eq!(
        count("input_tokens")
            + count("cache_read_input_tokens")
            + count("cache_creation_input_tokens"),
        total
    );

    let ask = request(
        Dialect::OpenaiChat,
        "some-model",
        false,
        &"word ".repeat(1000),
    );
    let usage = post(&Stage::any_model(), "/v1/chat/completions", &ask)
        .await
        .json()["usage"]
        .clone();
    assert_eq!(usage["prompt_tokens"], ask.to_string().len().div_ceil(4));
    assert!(
        usage["prompt_tokens_details"]["cached_tokens"]
            .as_u64()
            .unwrap()
            > 0
    );
}

#[tokio::test(start_paused = true)]
async fn structured_output_matches_its_schema() {
    let schema = json!({"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]});
    let mut ask = request(Dialect::Anthropic, "some-model", false, "Good evening");
    ask["output_config"] = json!({"format": {"type": "json_schema", "schema": schema}});
    let answer = post(&Stage::any_model(), "/v1/messages", &ask).await.json();
    assert_eq!(answer["content"][0]["text"], r#"{"title":"rehearsal"}"#);
}

#[tokio::test(start_paused = true)]
async fn the_same_requests_get_the_same_bytes() {
    for dialect in Dialect::ALL {
        let first = play(dialect, "thinking", true).await;
        assert_eq!(first.ending, Ending::Clean);
        assert_eq!(first, play(dialect, "thinking", true).await);
    }
}

#[tokio::test(start_paused = true)]
async fn ids_differ_from_request_to_request() {
    let stage = Stage::any_model();
    let ask = request(Dialect::Anthropic, "some-model@tool", false, "Good evening");
    let first = post(&stage, "/v1/messages", &ask).await.json();
    let second = post(&stage, "/v1/messages", &ask).await.json();
    assert_ne!(first["id"], second["id"]);
    assert_ne!(first["content"][1]["id"], second["content"][1]["id"]);
}

/// A tool turn as an agent continues it: the response is added to the history word for word.
#[tokio::test(start_paused = true)]
async fn a_history_of_the_stages_responses_is_accepted() {
    let stage = Stage::any_model();
    let mut ask = request(
        Dialect::Anthropic,
        "some-model@parallel-tools",
        false,
        "Good evening",
    );
    ask["thinking"] = json!({"type": "enabled", "budget_tokens": 1024});
    let answer = post(&stage, "/v1/messages", &ask).await.json();
    let content = answer["content"].as_array().unwrap();
    assert_eq!(
        content[0]["type"], "thinking",
        "thinking comes before tools when it is enabled"
    );
    let results: Vec<Value> = content
        .iter()
        .filter(|block| block["type"] == "tool_use")
        .map(|call| json!({"type": "tool_result", "tool_use_id": call["id"], "content": "done"}))
        .collect();
    assert_eq!(results.len(), 2);
    ask["messages"] = json!([
        ask["messages"][0],
        {"role": "assistant", "content": content},
        {"role": "user", "content": results},
    ]);
    let reply = post(&stage, "/v1/messages", &ask).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(
        reply.json()["content"][0]["text"],
        "This is a rehearsal answer from Understudy. The tool said: \"done; done\""
    );

    ask["messages"][1]["content"][0]["thinking"] = "Another thought.".into();
    let reply = post(&stage, "/v1/messages", &ask).await;
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.json()["error"]["message"],
        "messages.1.content.0: Invalid `signature` in `thinking` block"
    );
}

#[tokio::test(start_paused = true)]
async fn the_embedded_stage_answers_rehearsal_models_only() {
    let stage = Stage::embedded();
    for (model, status) in [
        ("rehearsal/steady", 200),
        ("rehearsal/529", 529),
        ("rehearsal/such", 404),
        ("claude-sonnet-4-5", 404),
        ("claude-sonnet-4-5@steady", 404),
    ] {
        for dialect in Dialect::ALL {
            let reply = generate(
                &stage,
                dialect,
                &request(dialect, model, true, "Good evening"),
            )
            .await;
            assert_eq!(reply.status, status, "{dialect} {model}");
            if status == 404 {
                let message = reply.json()["error"]["message"]
                    .as_str()
                    .unwrap()
                    .to_owned();
                assert!(
                    message.contains(model) && message.contains("cut-in-text"),
                    "{message}"
                );
            }
        }
    }
    assert_eq!(send(&stage, "GET", "/stage/received", "").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn the_smaller_endpoints_answer_as_clients_expect() {
    let stage = Stage::embedded();
    let models = send(&stage, "GET", "/v1/models?limit=1000", "")
        .await
        .json();
    let listed = models["data"].as_array().unwrap();
    assert!(
        listed
            .iter()
            .any(|model| model["id"] == "rehearsal/cut-in-text")
    );
    assert!(
        listed
            .iter()
            .all(|model| !model["description"].as_str().unwrap().is_empty())
    );
    assert_eq!(models["last_id"], listed.last().unwrap()["id"]);
    let one = send(&stage, "GET", "/v1/models/rehearsal/steady", "")
        .await
        .json();
    assert_eq!(one["object"], "model");
    assert_eq!(
        send(&stage, "GET", "/v1/models/gpt-5", "").await.status,
        404
    );

    let probe = send(&stage, "HEAD", "/", "").await;
    assert_eq!((probe.status, probe.ending), (200, Ending::Clean));
    assert_eq!(send(&stage, "GET", "/v1/nothing", "").await.status, 404);

    let ask = json!({"model": "m", "messages": [{"role": "user", "content": "Good evening"}]});
    let counted = post(&stage, "/v1/messages/count_tokens?beta=true", &ask)
        .await
        .json();
    assert_eq!(
        counted["input_tokens"],
        ask["messages"].to_string().len().div_ceil(4)
    );

    for path in [
        "/v1/v1/messages?beta=true",
        "/anthropic/v1/messages",
        "/messages",
    ] {
        let ask = request(
            Dialect::Anthropic,
            "rehearsal/steady",
            false,
            "Good evening",
        );
        assert_eq!(post(&stage, path, &ask).await.status, 200, "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn bad_requests_get_the_reason() {
    let stage = Stage::any_model();
    for dialect in Dialect::ALL {
        let path = dialect.default_path();
        assert_eq!(send(&stage, "POST", path, "{\"model\":").await.status, 400);
        let reply = post(&stage, path, &json!({"messages": []})).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.json()["error"]["message"], "model: Field required");
    }
}

/// Codex declares tools for the newest models in this form: in the conversation, in groups, and one with free text.
#[tokio::test(start_paused = true)]
async fn tools_that_come_in_the_conversation_are_called_as_they_were_declared() {
    let tools = json!([
        { "type": "namespace", "name": "functions", "tools": [{ "type": "custom", "name": "exec" }] },
        { "type": "function", "name": "wait", "parameters": { "type": "object" } },
    ]);
    let brought = json!({ "type": "additional_tools", "role": "developer", "tools": tools });
    let mut ask = request(Dialect::OpenaiResponses, "m", true, "go");
    ask["input"] = json!([brought, { "type": "message", "role": "user", "content": "go" }]);
    let stage = Stage::any_model();
    let call = |name: &str, input: Value| ScriptedPart::Tool {
        name: name.to_owned(),
        input,
    };
    stage.cue(ScriptStep::answer([
        call("functions__exec", json!({ "input": "text(1);" })),
        call("wait", json!({ "ms": 1 })),
    ]));
    let reply = generate(&stage, Dialect::OpenaiResponses, &ask).await;
    let events = reply.events();
    let sent: String = events
        .iter()
        .filter(|event| event["type"] == "response.custom_tool_call_input.delta")
        .map(|event| event["delta"].as_str().unwrap())
        .collect();
    assert_eq!(sent, "text(1);");
    let output = &events.last().unwrap()["response"]["output"];
    let received = |field: &str| [0, 1].map(|at| output[at][field].clone());
    assert_eq!(received("type"), ["custom_tool_call", "function_call"]);
    assert_eq!(received("name"), ["exec", "wait"]);
    assert_eq!(received("namespace"), [json!("functions"), Value::Null]);
    assert_eq!(received("input"), [json!("text(1);"), Value::Null]);
    assert_eq!(received("arguments"), [Value::Null, json!(r#"{"ms":1}"#)]);
}

/// If a user's text names a tool, the response calls it once; with the result present, the response is a text.
#[tokio::test(start_paused = true)]
async fn a_tool_that_the_user_names_is_called() {
    for dialect in Dialect::ALL {
        let schema = |property: &str| json!({ "type": "object", "properties": { property: { "type": "string" } }, "required": [property] });
        let tools: Vec<Value> = [("Bash", "command"), ("get_time", "zone")]
            .map(|(name, property)| match dialect {
                Dialect::Anthropic => json!({ "name": name, "input_schema": schema(property) }),
                Dialect::OpenaiChat => {
                    json!({ "type": "function", "function": { "name": name, "parameters": schema(property) } })
                }
                Dialect::OpenaiResponses => {
                    json!({ "type": "function", "name": name, "parameters": schema(property) })
                }
            })
            .to_vec();
        for (user_text, called) in [
            ("Call the tool `get_time` now.", true),
            ("Call the tool `get_date` now.", false),
            ("What does get_time do?", false),
        ] {
            let mut ask = request(dialect, "some-model", false, user_text);
            ask["tools"] = json!(tools);
            let reply = generate(&Stage::any_model(), dialect, &ask).await;
            let received = String::from_utf8_lossy(&reply.body).replace("\\\"", "\"");
            assert_eq!(
                received.contains("{\"zone\":\"rehearsal\"}"),
                called,
                "{dialect} {user_text}: {received}"
            );
            assert!(
                !received.contains("{\"command\":\"echo"),
                "{dialect} {user_text}: {received}"
            );
        }
    }
}
