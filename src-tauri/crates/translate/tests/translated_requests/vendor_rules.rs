//! Signatures and thinking that a vendor requires with a tool call, through a client of each dialect.

use catalog::{CallIds, Dialect, ReasoningContent, ThoughtSignatures};
use serde_json::{Value, json};
use translate::{
    AnswerTranslator, Form, Names, Target, complete_document, complete_document_signed, read,
    request, write,
};

use crate::golden::fallback_target;

fn google() -> Target {
    Target {
        thought_signatures: ThoughtSignatures::ExtraContent,
        ..fallback_target()
    }
}

fn requested(client: Dialect) -> Value {
    let schema = json!({ "type": "object", "properties": {} });
    match client {
        Dialect::Anthropic => json!({
            "model": "m", "max_tokens": 9, "messages": [{ "role": "user", "content": "go" }], "tools": [{ "name": "f", "input_schema": schema }],
        }),
        Dialect::OpenaiChat => json!({
            "model": "m", "messages": [{ "role": "user", "content": "go" }], "tools": [{ "type": "function", "function": { "name": "f", "parameters": schema } }],
        }),
        Dialect::OpenaiResponses => json!({
            "model": "m", "input": [{ "role": "user", "content": "go" }], "tools": [{ "type": "function", "name": "f", "parameters": schema }],
        }),
    }
}

/// The client's next request: the call with the id that the client received, and the result.
fn next(client: Dialect, id: &str) -> Value {
    let mut requested = requested(client);
    let (key, turns) = match client {
        Dialect::Anthropic => (
            "messages",
            json!([
                { "role": "assistant", "content": [{ "type": "tool_use", "id": id, "name": "f", "input": {} }] },
                { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": id, "content": "ok" }] },
            ]),
        ),
        Dialect::OpenaiChat => (
            "messages",
            json!([
                { "role": "assistant", "content": null, "tool_calls": [{ "id": id, "type": "function", "function": { "name": "f", "arguments": "{}" } }] },
                { "role": "tool", "tool_call_id": id, "content": "ok" },
            ]),
        ),
        Dialect::OpenaiResponses => (
            "input",
            json!([
                { "type": "function_call", "call_id": id, "name": "f", "arguments": "{}" },
                { "type": "function_call_output", "call_id": id, "output": "ok" },
            ]),
        ),
    };
    requested[key]
        .as_array_mut()
        .unwrap()
        .extend(turns.as_array().unwrap().iter().cloned());
    requested
}

fn call_id(client: Dialect, translated: &Value) -> String {
    let id = match client {
        Dialect::Anthropic => &translated["content"][0]["id"],
        Dialect::OpenaiChat => &translated["choices"][0]["message"]["tool_calls"][0]["id"],
        Dialect::OpenaiResponses => &translated["output"][0]["call_id"],
    };
    id.as_str().unwrap().to_owned()
}

fn first_call(body: &[u8]) -> Value {
    let body: Value = serde_json::from_slice(body).unwrap();
    body["messages"][1]["tool_calls"][0].clone()
}

const SIGNATURE: &str = "CiQB0e9/+kXw==";

/// Gemini API docs, "Thought signatures", "OpenAI compatibility".
fn gemini() -> Value {
    json!({
        "id": "r", "object": "chat.completion", "created": 1, "model": "gemini",
        "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": { "role": "assistant", "tool_calls": [{
            "id": "function-call-1", "type": "function", "function": { "name": "f", "arguments": "{}" },
            "extra_content": { "google": { "thought_signature": SIGNATURE } },
        }] } }],
    })
}

#[test]
fn a_thought_signature_is_returned_with_the_next_request() {
    for client in Dialect::ALL {
        let there = request(
            client,
            Dialect::OpenaiChat,
            requested(client).to_string().as_bytes(),
            &google(),
        );
        let names = there.unwrap().names;
        let mut translator =
            AnswerTranslator::new(Dialect::OpenaiChat, client, names.clone(), Form::default());
        let chunk = {
            let mut chunk = gemini();
            let mut choice = chunk["choices"][0].take();
            choice["delta"] = choice["message"].take();
            choice["delta"]["tool_calls"][0]["index"] = json!(0);
            chunk["choices"] = json!([choice]);
            format!("data: {chunk}\n\ndata: [DONE]\n\n")
        };
        translator.push(chunk.as_bytes(), &mut Vec::new()).unwrap();
        let kept = translator.signatures().clone();
        let translated = complete_document(
            Dialect::OpenaiChat,
            client,
            gemini().to_string().as_bytes(),
            &names,
            &Form::default(),
        );
        let translated: Value = serde_json::from_slice(&translated.unwrap()).unwrap();
        let id = call_id(client, &translated);
        // Ids of Messages are long enough for it; for OpenAI's ids the caller stores it.
        assert_eq!(
            kept.contains_key(&id),
            client != Dialect::Anthropic,
            "{client}: {id}"
        );

        let conversation = read(client, next(client, &id).to_string().as_bytes()).unwrap();
        let again = write(
            client,
            Dialect::OpenaiChat,
            &conversation.with_signatures(kept),
            &google(),
        )
        .unwrap();
        let call = first_call(&again.body);
        assert_eq!(call["id"], "function-call-1", "{client}");
        assert_eq!(
            call["extra_content"]["google"]["thought_signature"], SIGNATURE,
            "{client}"
        );
        // Another vendor gets only the id, never the signature.
        let other = request(
            client,
            Dialect::OpenaiChat,
            next(client, &id).to_string().as_bytes(),
            &fallback_target(),
        );
        let call = first_call(&other.unwrap().body);
        assert_eq!(
            (&call["id"], call.get("extra_content")),
            (&json!("function-call-1"), None)
        );
    }
}

/// Calls of other models have no signature: the first one of a step gets the documented placeholder.
#[test]
fn calls_of_other_models_get_the_documented_value() {
    for client in Dialect::ALL {
        let body = next(client, "toolu_01A").to_string();
        let there = request(client, Dialect::OpenaiChat, body.as_bytes(), &google()).unwrap();
        let call = first_call(&there.body);
        let signature = &call["extra_content"]["google"]["thought_signature"];
        assert_eq!(signature, "skip_thought_signature_validator", "{client}");
    }
}

/// The same through OpenRouter, for Google's models only.
#[test]
fn calls_of_other_models_get_the_documented_value_behind_openrouter_too() {
    for client in Dialect::ALL {
        for (model, detailed) in [("google/gemini-4-argon", true), ("openai/gpt-6", false)] {
            let target = Target {
                model: model.to_owned(),
                thought_signatures: ThoughtSignatures::ReasoningDetails,
                ..fallback_target()
            };
            let body = next(client, "toolu_01A").to_string();
            let there = request(client, Dialect::OpenaiChat, body.as_bytes(), &target).unwrap();
            let body: Value = serde_json::from_slice(&there.body).unwrap();
            let detail = &body["messages"][1]["reasoning_details"][0];
            let expected = json!({
                "type": "reasoning.encrypted", "id": "toolu_01A", "data": "skip_thought_signature_validator",
                "format": "google-gemini-v1", "index": 0,
            });
            let expected = if detailed { expected } else { Value::Null };
            assert_eq!(*detail, expected, "{client} {model}");
        }
    }
}

/// OpenRouter docs, "Preserving reasoning".
#[test]
fn openrouters_details_are_returned_with_the_next_request() {
    let target = Target {
        thought_signatures: ThoughtSignatures::ReasoningDetails,
        ..fallback_target()
    };
    let detail = json!({ "type": "reasoning.encrypted", "data": "x+/=", "id": "tool_f_1", "format": "google-gemini-v1", "index": 0 });
    let client = Dialect::Anthropic;
    let there = request(
        client,
        Dialect::OpenaiChat,
        requested(client).to_string().as_bytes(),
        &target,
    )
    .unwrap();
    let mut answer = gemini();
    answer["choices"][0]["message"]["reasoning_details"] = json!([detail]);
    let call = &mut answer["choices"][0]["message"]["tool_calls"][0];
    call["id"] = json!("tool_f_1");
    call.as_object_mut().unwrap().remove("extra_content");
    let translated = complete_document(
        Dialect::OpenaiChat,
        client,
        answer.to_string().as_bytes(),
        &there.names,
        &Form::default(),
    );
    let translated: Value = serde_json::from_slice(&translated.unwrap()).unwrap();
    let id = call_id(client, &translated);
    let again = request(
        client,
        Dialect::OpenaiChat,
        next(client, &id).to_string().as_bytes(),
        &target,
    )
    .unwrap();
    let body: Value = serde_json::from_slice(&again.body).unwrap();
    assert_eq!(
        body["messages"][1]["reasoning_details"],
        json!([detail]),
        "{body:#}"
    );
    assert_eq!(body["messages"][1]["tool_calls"][0]["id"], "tool_f_1");
}

/// DeepSeek: "The reasoning_content in the thinking mode must be passed back to the API" on turns with tool calls.
#[test]
fn reasoning_content_is_sent_only_where_it_is_required() {
    for client in Dialect::ALL {
        for (reasoning_content, sent) in [
            (ReasoningContent::Required, Some(json!(""))),
            (ReasoningContent::Omitted, None),
        ] {
            let target = Target {
                reasoning_content,
                ..fallback_target()
            };
            let mut body = next(client, "call_1");
            if client == Dialect::OpenaiChat {
                body["messages"][1]["reasoning_content"] = json!("another vendor's");
            }
            let there = request(
                client,
                Dialect::OpenaiChat,
                body.to_string().as_bytes(),
                &target,
            )
            .unwrap();
            let body: Value = serde_json::from_slice(&there.body).unwrap();
            assert_eq!(
                body["messages"][1].get("reasoning_content"),
                sent.as_ref(),
                "{client}"
            );
        }
    }
}

/// The thinking of a response is returned with its call if it is required, whatever the dialects of the client and the
/// provider.
#[test]
fn the_thinking_itself_is_returned_with_the_next_request() {
    let target = Target {
        reasoning_content: ReasoningContent::Required,
        ..fallback_target()
    };
    let chat = json!({ "id": "c", "model": "m", "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": {
        "role": "assistant", "content": null, "reasoning_content": "Let me see.",
        "tool_calls": [{ "id": "functions.f:0", "type": "function", "function": { "name": "f", "arguments": "{}" } }],
    } }] });
    let messages = json!({ "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "tool_use", "stop_sequence": null,
        "usage": { "input_tokens": 1, "output_tokens": 1 }, "content": [
            { "type": "thinking", "thinking": "Let me see.", "signature": "THEIRS" },
            { "type": "tool_use", "id": "functions.f:0", "name": "f", "input": {} },
        ] });
    for client in Dialect::ALL {
        for (spoken, answer) in [
            (Dialect::OpenaiChat, &chat),
            (Dialect::Anthropic, &messages),
        ] {
            let requested = requested(client).to_string();
            let there = request(client, spoken, requested.as_bytes(), &target).unwrap();
            let document = answer.to_string();
            let translated = complete_document_signed(
                spoken,
                client,
                document.as_bytes(),
                &there.names,
                &Form::default(),
            )
            .unwrap();
            let response: Value = serde_json::from_slice(&translated.body).unwrap();
            assert!(!response.to_string().contains("Let me see."), "{response}");
            let next = next(client, &call_id(client, &response)).to_string();
            let conversation = read(client, next.as_bytes())
                .unwrap()
                .with_signatures(translated.signatures);
            let again = write(client, spoken, &conversation, &target).unwrap();
            let again: Value = serde_json::from_slice(&again.body).unwrap();
            let answer = &again["messages"][1];
            match spoken {
                Dialect::Anthropic => assert_eq!(
                    answer["content"][0],
                    json!({ "type": "thinking", "thinking": "Let me see.", "signature": "" }),
                    "{client}"
                ),
                Dialect::OpenaiChat | Dialect::OpenaiResponses => {
                    assert_eq!(answer["reasoning_content"], "Let me see.", "{client}");
                }
            }
        }
    }
}

/// DeepSeek and Kimi over Messages: "The `content[].thinking` in the thinking mode must be passed back to the API", and an empty
/// one is accepted (esengine/DeepSeek-Reasonix#8927, QwenLM/qwen-code#3788).
#[test]
fn messages_have_empty_thinking_before_calls_only_where_it_is_required() {
    for client in Dialect::ALL {
        for reasoning_content in [ReasoningContent::Required, ReasoningContent::Omitted] {
            let target = Target {
                reasoning_content,
                ..fallback_target()
            };
            let mut body = next(client, "call_1");
            let turns = match client {
                Dialect::Anthropic | Dialect::OpenaiChat => &mut body["messages"],
                Dialect::OpenaiResponses => &mut body["input"],
            };
            let conversation = |role: &str, text: &str| json!({ "role": role, "content": text });
            let turns = turns.as_array_mut().unwrap();
            turns.extend([
                conversation("assistant", "Done."),
                conversation("user", "And now?"),
            ]);
            if client == Dialect::Anthropic {
                let thought =
                    json!({ "type": "thinking", "thinking": "another vendor's", "signature": "s" });
                let content = turns[1]["content"].as_array_mut().unwrap();
                content.insert(0, thought);
            }
            let there = request(
                client,
                Dialect::Anthropic,
                body.to_string().as_bytes(),
                &target,
            )
            .unwrap();
            let body: Value = serde_json::from_slice(&there.body).unwrap();
            let calling = body["messages"][1]["content"].as_array().unwrap();
            let thought = json!({ "type": "thinking", "thinking": "", "signature": "" });
            match reasoning_content {
                ReasoningContent::Required => {
                    assert_eq!(calling[0], thought, "{client}");
                    assert_eq!(calling[1]["type"], "tool_use", "{client}");
                }
                ReasoningContent::Omitted => {
                    assert_eq!(calling[0]["type"], "tool_use", "{client}");
                }
            }
            let answer = body["messages"][3]["content"].as_array().unwrap();
            assert_eq!(answer.len(), 1, "{client}: {body:#}");
            assert_eq!(answer[0]["type"], "text", "{client}");
        }
    }
}

/// kairo: ids of more than 40 characters. OpenAI never gets one, and the server that created it gets it back.
#[test]
fn a_long_id_returns_to_its_own_server_and_is_shortened_for_openai() {
    let vllm = "chatcmpl-tool-0123456789abcdef0123456789abcdef";
    for client in Dialect::ALL {
        let translated = Names::new(client, Dialect::OpenaiChat, [], []).client_id(vllm);
        let body = next(client, &translated).to_string();
        for (ids, provider) in [
            (CallIds::Any, Dialect::OpenaiChat),
            (CallIds::OfDialect, Dialect::OpenaiChat),
            (CallIds::OfDialect, Dialect::OpenaiResponses),
        ] {
            let target = Target {
                ids,
                ..fallback_target()
            };
            let there = request(client, provider, body.as_bytes(), &target).unwrap();
            let parsed = read(provider, &there.body).unwrap();
            let sent =
                parsed
                    .turns
                    .iter()
                    .flat_map(|turn| &turn.parts)
                    .find_map(|part| match part {
                        translate::Part::Call(call) => Some(call.id.clone()),
                        translate::Part::Text(_)
                        | translate::Part::Image(_)
                        | translate::Part::Document(_)
                        | translate::Part::Result(_) => None,
                    });
            let sent = sent.unwrap();
            match ids {
                CallIds::Any => assert_eq!(sent, vllm, "{client}"),
                CallIds::OfDialect | CallIds::NineLetters => {
                    let most = if provider == Dialect::OpenaiChat {
                        40
                    } else {
                        64
                    };
                    assert!(sent.len() <= most, "{client} {provider}: {sent}");
                }
            }
        }
    }
}

/// A lone surrogate, from a client that cut a text.
#[test]
fn a_lone_surrogate_becomes_the_replacement_character() {
    for (client, body) in [
        (
            Dialect::Anthropic,
            r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"a\ud83d b \ud83d\ude80 \ude80"}]}"#,
        ),
        (
            Dialect::OpenaiChat,
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a\ud83d b \ud83d\ude80 \ude80"}]}]}"#,
        ),
        (
            Dialect::OpenaiResponses,
            r#"{"model":"m","input":"a\ud83d b \ud83d\ude80 \ude80"}"#,
        ),
    ] {
        let there = request(
            client,
            Dialect::OpenaiChat,
            body.as_bytes(),
            &fallback_target(),
        )
        .unwrap();
        let text = String::from_utf8(there.body).unwrap();
        assert!(text.contains("a\u{fffd} b \u{1f680} \u{fffd}"), "{text}");
    }
}
