//! For each pair of dialects, a fallback answers a client with two parallel calls; the next request, built from the received
//! response, goes to the fallback again.

use catalog::Dialect;
use serde_json::{Value, json};
use translate::{Form, Part, complete_document, read, request};

use crate::golden::fallback_target;

const LONG: &str = "mcp__a_server_whose_name_is_long__and_its_tool_has_a_name_that_is_long_too_1";

/// The first request of a client, with two tools.
fn first(client: Dialect) -> Value {
    let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
    let tools = ["read", LONG].map(|name| match client {
        Dialect::Anthropic => json!({ "name": name, "input_schema": schema }),
        Dialect::OpenaiChat => {
            json!({ "type": "function", "function": { "name": name, "parameters": schema } })
        }
        Dialect::OpenaiResponses => {
            json!({ "type": "function", "name": name, "parameters": schema })
        }
    });
    let turns = json!([{ "role": "user", "content": "go" }]);
    match client {
        Dialect::Anthropic => {
            json!({ "model": "m", "max_tokens": 99, "messages": turns, "tools": tools })
        }
        Dialect::OpenaiChat => json!({ "model": "m", "messages": turns, "tools": tools }),
        Dialect::OpenaiResponses => {
            json!({ "model": "m", "input": turns, "tools": tools, "store": false })
        }
    }
}

/// A fallback's response: a text, and calls with these ids.
fn answer(provider: Dialect, ids: [&str; 2], names: [&str; 2]) -> Value {
    let arguments = r#"{"a":"b"}"#;
    let calls = [0, 1].map(|at| match provider {
        Dialect::Anthropic => {
            json!({ "type": "tool_use", "id": ids[at], "name": names[at], "input": { "a": "b" } })
        }
        Dialect::OpenaiChat => {
            json!({ "id": ids[at], "type": "function", "function": { "name": names[at], "arguments": arguments } })
        }
        Dialect::OpenaiResponses => {
            json!({ "type": "function_call", "id": format!("fc_{at}"), "status": "completed", "call_id": ids[at], "name": names[at], "arguments": arguments })
        }
    });
    let [one, two] = calls;
    match provider {
        Dialect::Anthropic => json!({
            "id": "msg_1", "type": "message", "role": "assistant", "model": "stand-in", "stop_reason": "tool_use", "stop_sequence": null,
            "content": [{ "type": "text", "text": "both" }, one, two], "usage": { "input_tokens": 1, "output_tokens": 1 },
        }),
        Dialect::OpenaiChat => json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "stand-in",
            "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": { "role": "assistant", "content": "both", "tool_calls": [one, two] } }],
            "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 },
        }),
        Dialect::OpenaiResponses => json!({
            "id": "resp_1", "object": "response", "created_at": 1, "model": "stand-in", "status": "completed", "error": null, "incomplete_details": null,
            "output": [{ "type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [{ "type": "output_text", "text": "both", "annotations": [] }] }, one, two],
            "usage": { "input_tokens": 1, "output_tokens": 1, "total_tokens": 2 },
        }),
    }
}

/// The client's next request: the received response, and a result for each of its calls.
fn next(client: Dialect, mut requested: Value, translated: &Value) -> Value {
    let key = match client {
        Dialect::Anthropic | Dialect::OpenaiChat => "messages",
        Dialect::OpenaiResponses => "input",
    };
    let turns = requested[key].as_array_mut().unwrap();
    match client {
        Dialect::Anthropic => {
            let blocks = translated["content"].as_array().unwrap();
            let calls = blocks.iter().filter(|block| block["type"] == "tool_use");
            let results = calls.map(|call| {
                json!({ "type": "tool_result", "tool_use_id": call["id"], "content": format!("of {}", call["name"]) })
            });
            let results: Value = results.collect();
            turns.push(json!({ "role": "assistant", "content": blocks }));
            turns.push(json!({ "role": "user", "content": results }));
        }
        Dialect::OpenaiChat => {
            let message = &translated["choices"][0]["message"];
            let calls = message["tool_calls"].as_array().unwrap().iter();
            let results = calls.map(|call| {
                json!({ "role": "tool", "tool_call_id": call["id"], "content": format!("of {}", call["function"]["name"]) })
            });
            let results: Vec<Value> = results.collect();
            turns.push(message.clone());
            turns.extend(results);
        }
        Dialect::OpenaiResponses => {
            let items = translated["output"].as_array().unwrap();
            let calls = items.iter().filter(|item| item["type"] == "function_call");
            let results = calls.map(|call| {
                json!({ "type": "function_call_output", "call_id": call["call_id"], "output": format!("of {}", call["name"]) })
            });
            let results: Vec<Value> = results.collect();
            turns.extend(items.iter().cloned());
            turns.extend(results);
        }
    }
    requested
}

#[test]
fn the_next_turn_has_the_fallbacks_ids_and_names_and_the_clients_results() {
    for provider in Dialect::ALL {
        for client in Dialect::ALL {
            let place = format!("a client of {client}, a stand-in of {provider}");
            // Only servers of OpenAI's dialects send ids that Messages would refuse.
            let ids = match provider {
                Dialect::Anthropic => ["toolu_01A", "toolu_01B"],
                Dialect::OpenaiChat | Dialect::OpenaiResponses => ["functions.read:0", "call_B"],
            };
            let requested = first(client);
            let there = request(
                client,
                provider,
                requested.to_string().as_bytes(),
                &fallback_target(),
            );
            let there = there.unwrap();
            let names = ["read", LONG].map(|name| there.names.provider_name(None, name));
            let names = [names[0].as_str(), names[1].as_str()];
            let response = answer(provider, ids, names).to_string();
            let translated = complete_document(
                provider,
                client,
                response.as_bytes(),
                &there.names,
                &Form::default(),
            )
            .unwrap();
            let translated: Value = serde_json::from_slice(&translated).unwrap();

            let again = next(client, requested, &translated).to_string();
            let again = request(client, provider, again.as_bytes(), &fallback_target()).unwrap();
            let parsed = read(provider, &again.body).unwrap();
            let mut calls = Vec::new();
            let mut results = Vec::new();
            for part in parsed.turns.iter().flat_map(|turn| &turn.parts) {
                match part {
                    Part::Call(call) => calls.push((&*call.id, &*call.name)),
                    Part::Result(result) => results.push((&*result.id, &result.parts)),
                    Part::Text(_) | Part::Image(_) | Part::Document(_) => {}
                }
            }
            assert_eq!(calls, [(ids[0], names[0]), (ids[1], names[1])], "{place}");
            let of = |name: &str| vec![Part::Text(format!("of {}", json!(name)))];
            let expected = [of("read"), of(LONG)];
            let expected = [(ids[0], &expected[0]), (ids[1], &expected[1])];
            assert_eq!(results, expected, "{place}");
        }
    }
}

/// Codex declares tools for the newest models within the conversation, and may declare one again in another form.
#[test]
fn tools_declared_in_the_conversation_are_sent_once_in_their_last_form() {
    let tool = |name: &str, about: &str| json!({ "type": "function", "name": name, "description": about, "parameters": { "type": "object" } });
    let bring =
        |tools: Value| json!({ "type": "additional_tools", "role": "developer", "tools": tools });
    let group = json!({ "type": "namespace", "name": "clock", "tools": [tool("sleep", "waits")] });
    let requested = json!({
        "model": "m", "store": false, "tools": [tool("read", "first")],
        "input": [
            bring(json!([tool("read", "second"), group])),
            { "type": "message", "role": "user", "content": "go" },
            bring(json!([tool("read", "third"), tool("list", "lists")])),
        ],
    });
    for provider in [Dialect::Anthropic, Dialect::OpenaiChat] {
        let requested = requested.to_string();
        let there = request(
            Dialect::OpenaiResponses,
            provider,
            requested.as_bytes(),
            &fallback_target(),
        );
        let parsed = read(provider, &there.unwrap().body).unwrap();
        let tools = parsed.tools.iter();
        let tools: Vec<_> = tools
            .map(|tool| (&*tool.name, tool.description.as_deref().unwrap()))
            .collect();
        let expected = [
            ("clock__sleep", "waits"),
            ("read", "third"),
            ("list", "lists"),
        ];
        assert_eq!(tools, expected, "{provider}");
    }
}
