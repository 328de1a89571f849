//! Translations in both directions keep the content that an agent acts on, and a conversation can return after a fallback.

use catalog::Dialect;
use proptest::prelude::*;
use serde_json::{Value, json};
use translate::{Part, read, request};

use crate::acted::acted;
use crate::golden::{captured, fallback_target};

fn there_and_back(from: Dialect, to: Dialect, body: &[u8]) {
    let Ok(there) = request(from, to, body, &fallback_target()) else {
        return;
    };
    let back = request(to, from, &there.body, &fallback_target());
    let back = back.unwrap_or_else(|error| panic!("{from} to {to} and back: {error}"));
    let [before, after] = [body, &back.body].map(|body| read(from, body).unwrap());
    assert_eq!(
        acted(&before, None),
        acted(&after, Some(&there.names)),
        "{from} to {to}"
    );
}

#[test]
fn the_content_of_real_requests_survives_both_directions() {
    for requested in captured() {
        for to in Dialect::ALL {
            there_and_back(requested.dialect, to, &requested.body);
        }
    }
}

#[test]
fn arguments_and_schemas_keep_their_text() {
    let input = r#"{"z": 1.50, "a":"\u00e9", "big":12345678901234567890123, "a":2}"#;
    let schema = r#"{"type": "object", "properties": {"z": {}, "a": {"const": 1.0e2}}}"#;
    let body = format!(
        r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"a"}},{{"role":"assistant","content":[{{"type":"tool_use","id":"t","name":"f","input":{input}}}]}},{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t"}}]}}],"tools":[{{"name":"f","input_schema":{schema}}}]}}"#
    );
    for to in [Dialect::OpenaiChat, Dialect::OpenaiResponses] {
        let there = request(Dialect::Anthropic, to, body.as_bytes(), &fallback_target()).unwrap();
        let translated = String::from_utf8(there.body.clone()).unwrap();
        assert!(
            translated.contains(&Value::from(input).to_string()),
            "{translated}"
        );
        let back = request(to, Dialect::Anthropic, &there.body, &fallback_target()).unwrap();
        let back = String::from_utf8(back.body).unwrap();
        assert!(back.contains(input), "{back}");
        for part in [r#""z": {}"#, r#""const": 1.0e2"#] {
            assert!(back.contains(part), "{part} in {back}");
        }
    }
}

/// The first turn went to a fallback, and the client has sent the results of its calls. The second turn goes to the fallback
/// again, or back to the client's own vendor.
#[test]
fn a_conversation_continues_after_a_fallback_with_its_ids_names_and_results() {
    let long = format!("mcp__{}", "a_tool_of_a_server_".repeat(4));
    for (client, provider) in [
        (Dialect::Anthropic, Dialect::OpenaiChat),
        (Dialect::Anthropic, Dialect::OpenaiResponses),
        (Dialect::OpenaiResponses, Dialect::OpenaiChat),
    ] {
        let first = turn(client, &long, &[]);
        let requested = request(client, provider, first.as_bytes(), &fallback_target()).unwrap();
        let called_by_provider = requested.names.provider_name(None, &long);
        let ids = ["functions.f:0", "call_2"];
        let translated = ids.map(|id| requested.names.client_id(id));
        assert_eq!(requested.names.client_name(&called_by_provider), long);

        // The client's history is now a request of its own dialect, and goes to its own vendor unchanged.
        let second = turn(client, &long, &translated);
        let native = read(client, second.as_bytes()).unwrap();
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        for call in native.turns.iter().flat_map(|turn| &turn.parts) {
            if let Part::Call(call) = call {
                assert!(
                    call.id.len() <= 64 && call.id.bytes().all(is_plain),
                    "{}",
                    call.id
                );
            }
        }

        let again = request(client, provider, second.as_bytes(), &fallback_target()).unwrap();
        let parsed = read(provider, &again.body).unwrap();
        let mut calls = Vec::new();
        let mut results = Vec::new();
        for part in parsed.turns.iter().flat_map(|turn| &turn.parts) {
            match part {
                Part::Call(call) => calls.push((call.id.clone(), call.name.clone())),
                Part::Result(result) => results.push((result.id.clone(), result.parts.clone())),
                Part::Text(_) | Part::Image(_) | Part::Document(_) => {}
            }
        }
        let expected = ids.map(|id| (id.to_owned(), called_by_provider.clone()));
        assert_eq!(calls, expected, "{client} to {provider}");
        let spoken = |id: &str| vec![Part::Text(format!("result of {id}"))];
        let expected = [0, 1].map(|at| (ids[at].to_owned(), spoken(&translated[at])));
        assert_eq!(results, expected, "{client} to {provider}");
    }
}

/// A request of a client after calls of `tool` with these ids.
fn turn(client: Dialect, tool: &str, ids: &[String]) -> String {
    let schema = json!({ "type": "object", "properties": {} });
    let output = |id: &String| format!("result of {id}");
    let body = match client {
        Dialect::Anthropic => {
            let calls = ids
                .iter()
                .map(|id| json!({ "type": "tool_use", "id": id, "name": tool, "input": {} }));
            let results = ids.iter().map(
                |id| json!({ "type": "tool_result", "tool_use_id": id, "content": output(id) }),
            );
            let mut messages = vec![json!({ "role": "user", "content": "go" })];
            if !ids.is_empty() {
                messages.push(json!({ "role": "assistant", "content": calls.collect::<Value>() }));
                messages.push(json!({ "role": "user", "content": results.collect::<Value>() }));
            }
            json!({ "model": "m", "max_tokens": 9, "messages": messages, "tools": [{ "name": tool, "input_schema": schema }] })
        }
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            let mut input = vec![json!({ "role": "user", "content": "go" })];
            input.extend(ids.iter().map(|id| json!({ "type": "function_call", "call_id": id, "name": tool, "arguments": "{}" })));
            input.extend(ids.iter().map(
                |id| json!({ "type": "function_call_output", "call_id": id, "output": output(id) }),
            ));
            json!({ "model": "m", "store": false, "input": input, "tools": [{ "type": "function", "name": tool, "parameters": schema }] })
        }
    };
    body.to_string()
}

#[derive(Clone, Debug)]
enum Spoken {
    User(String),
    Instruction(String),
    /// A text, and calls with their results.
    Answer(String, Vec<(String, String, String)>),
}

fn text() -> impl Strategy<Value = String> {
    "[a-zé\"\\\\\n]{0,6}[a-z]"
}

fn spoken() -> impl Strategy<Value = Spoken> {
    let call = (
        "[a-f.:]{1,4}",
        "[a-c]{1,2}|[a-b]{66,70}|[a-b.]{1,3}",
        text(),
    );
    prop_oneof![
        text().prop_map(Spoken::User),
        text().prop_map(Spoken::Instruction),
        (text(), prop::collection::vec(call, 0..4))
            .prop_map(|(text, calls)| Spoken::Answer(text, calls)),
    ]
}

/// In the form of a Chat client. Ids are derived from the position.
fn in_chat(conversation: &[Spoken]) -> Vec<u8> {
    let mut messages = vec![json!({ "role": "user", "content": "go" })];
    let mut tools = Vec::new();
    for (at, spoken) in conversation.iter().enumerate() {
        match spoken {
            Spoken::User(text) => messages.push(json!({ "role": "user", "content": text })),
            Spoken::Instruction(text) => {
                messages.push(json!({ "role": "system", "content": text }))
            }
            Spoken::Answer(text, calls) => {
                let id = |nth: usize, id: &str| format!("{id}{at}.{nth}");
                let numbered = || calls.iter().enumerate();
                let called: Vec<Value> = numbered()
                    .map(|(nth, (call, name, input))| {
                        let arguments = json!({ "x": input }).to_string();
                        json!({ "id": id(nth, call), "type": "function", "function": { "name": name, "arguments": arguments } })
                    })
                    .collect();
                messages
                    .push(json!({ "role": "assistant", "content": text, "tool_calls": called }));
                for (nth, (call, name, input)) in numbered() {
                    messages.push(
                        json!({ "role": "tool", "tool_call_id": id(nth, call), "content": input }),
                    );
                    let tool = json!({ "type": "function", "function": { "name": name, "description": input } });
                    let known = |known: &Value| known["function"]["name"] == **name;
                    if !tools.iter().any(known) {
                        tools.push(tool);
                    }
                }
            }
        }
    }
    messages.push(json!({ "role": "user", "content": "go on" }));
    json!({ "model": "m", "messages": messages, "tools": tools })
        .to_string()
        .into_bytes()
}

/// Any JSON with field names of the three dialects.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "type",
        "role",
        "content",
        "text",
        "user",
        "assistant",
        "system",
        "tool",
        "tool_use",
        "tool_result",
        "id",
        "name",
        "input",
        "message",
        "messages",
        "model",
        "tools",
        "function",
        "function_call",
        "function_call_output",
        "call_id",
        "arguments",
        "tool_calls",
        "image",
        "source",
        "base64",
        "max_tokens",
        "input_text",
        "output",
        "thinking",
        "tool_use_id",
        "tool_call_id",
        "namespace",
        "",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..7).prop_map(|fields| {
                let fields = fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value));
                Value::Object(fields.collect())
            }),
        ]
    })
}

proptest! {
    // Failing seeds are not written beside the source: they belong in separate tests.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_content_that_an_agent_acts_on_survives_both_directions(conversation in prop::collection::vec(spoken(), 0..6)) {
        let chat = in_chat(&conversation);
        for from in Dialect::ALL {
            let body = match from {
                Dialect::OpenaiChat => chat.clone(),
                Dialect::Anthropic | Dialect::OpenaiResponses => {
                    request(Dialect::OpenaiChat, from, &chat, &fallback_target()).unwrap().body
                }
            };
            for to in Dialect::ALL {
                let there = request(from, to, &body, &fallback_target());
                prop_assert!(there.is_ok(), "{} to {}: {:?}", from, to, there);
                there_and_back(from, to, &body);
            }
        }
    }

    #[test]
    fn any_body_is_translated_or_refused(mut body in any_json(), messages in any_json(), tools in any_json()) {
        if let Some(fields) = body.as_object_mut() {
            fields.insert("model".to_owned(), "m".into());
            for key in ["messages", "input"] {
                fields.insert(key.to_owned(), json!([messages]));
            }
            fields.insert("tools".to_owned(), json!([tools]));
        }
        for from in Dialect::ALL {
            for to in Dialect::ALL {
                if let Ok(translated) = request(from, to, body.to_string().as_bytes(), &fallback_target()) {
                    let parsed = read(to, &translated.body);
                    prop_assert!(parsed.is_ok(), "{} to {}: {:?}", from, to, parsed);
                }
            }
        }
    }
}
