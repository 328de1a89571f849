//! Which candidates are skipped for a missing ability, and the token estimate.

use catalog::{Ability, CallIds, Catalog, ChatLimit, Dialect, Effort, StreamUsage};
use serde_json::{Value, json};
use translate::{LeftOut, Target, estimate_tokens, read, request};

fn refusal(target: &Target, body: &Value) -> Option<String> {
    let refused = request(
        Dialect::OpenaiChat,
        Dialect::Anthropic,
        body.to_string().as_bytes(),
        target,
    );
    refused.err().map(|refused| refused.to_string())
}

fn limited() -> Target {
    Target {
        max_output: Some(1_000),
        ..Target::new("stand-in")
    }
}

/// The facts of a catalogue file about an endpoint and its models, in the form for the translation.
#[test]
fn a_target_has_exactly_the_facts_of_the_catalogue() {
    let file = r#"name = "Acme"
keys_page = "https://acme.example/keys"
[[endpoint]]
id = "acme"
base = "https://api.acme.example"
dialects = ["openai-chat"]
chat_limit = "max_completion_tokens"
call_ids = "nine-letters"
stream_usage = "always"
auth = "bearer"
key_env = "ACME_KEY"
serves = ["acme-*"]
[[model]]
id = "acme-1"
context = 200_000
max_output = 64_000
lacks = ["documents"]
efforts = ["low", "high"]
[[model]]
id = "acme-2"
"#;
    let file = ("acme.toml".to_owned(), file.to_owned());
    let catalog = Catalog::with_files(&[file]).unwrap();
    let provider = catalog.provider(&"acme".into()).unwrap();
    let of = |model: &str| Target::of(&provider.endpoints[0], &provider.models, model);
    let unknown = |model: &str| Target {
        chat_limit: ChatLimit::MaxCompletionTokens,
        ids: CallIds::NineLetters,
        stream_usage: StreamUsage::Always,
        ..Target::new(model)
    };
    let known = |model: &str| Target {
        context: Some(200_000),
        max_output: Some(64_000),
        lacks: vec![Ability::Documents],
        efforts: vec![Effort::Low, Effort::High],
        ..unknown(model)
    };
    for (model, expected) in [
        ("acme-1", known("acme-1")),
        ("acme-1-2026-01-31", known("acme-1-2026-01-31")),
        ("acme-2", unknown("acme-2")),
        ("acme-9", unknown("acme-9")),
    ] {
        assert_eq!(of(model), expected, "{model}");
    }

    let mut endpoint = provider.endpoints[0].clone();
    endpoint.max_output = Some(8_000);
    for (model, longest) in [("acme-1", 64_000), ("acme-9", 8_000)] {
        let target = Target::of(&endpoint, &provider.models, model);
        assert_eq!(target.max_output, Some(longest), "{model}");
    }
}

#[test]
fn a_model_without_a_needed_ability_is_skipped() {
    let text = |content: Value| json!({ "model": "m", "messages": [{ "role": "user", "content": content }] });
    let image = text(json!([{ "type": "image_url", "image_url": { "url": "https://x/a.png" } }]));
    let document = text(
        json!([{ "type": "file", "file": { "file_data": "data:application/pdf;base64,aGk=" } }]),
    );
    let mut tools = text(json!("hi"));
    tools["tools"] = json!([{ "type": "function", "function": { "name": "f" } }]);
    let mut forced = tools.clone();
    forced["tool_choice"] = json!("required");
    let mut schema = text(json!("hi"));
    let closed = json!({ "type": "object", "properties": {}, "additionalProperties": false });
    schema["response_format"] =
        json!({ "type": "json_schema", "json_schema": { "name": "n", "schema": closed } });
    for (ability, body, needs) in [
        (Ability::Images, image, "vision"),
        (Ability::Documents, document, "document input"),
        (Ability::Tools, tools, "tool calls"),
        (Ability::ForcedTool, forced, "a demanded tool call"),
        (Ability::StructuredOutput, schema, "structured output"),
    ] {
        let lacking = Target {
            lacks: vec![ability],
            ..limited()
        };
        let expected = format!("the request needs {needs}, which stand-in does not have");
        assert_eq!(refusal(&lacking, &body), Some(expected));
        assert_eq!(refusal(&limited(), &body), None);
    }
}

#[test]
fn a_request_longer_than_the_window_goes_to_a_larger_one() {
    let body =
        json!({ "model": "m", "messages": [{ "role": "user", "content": "word ".repeat(1_000) }] });
    let of = |context| Target {
        context: Some(context),
        ..limited()
    };
    assert_eq!(
        refusal(&of(1_500), &body).as_deref(),
        Some("the request has about 1504 tokens, and stand-in accepts 1500")
    );
    assert_eq!(refusal(&of(1_504), &body), None);
}

#[test]
fn a_required_but_unknown_limit_is_not_invented() {
    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "hi" }] });
    assert_eq!(
        refusal(&Target::new("stand-in"), &body).as_deref(),
        Some(
            "the request has no output limit, anthropic requires one, and none is known for stand-in: set its `max_output`"
        )
    );
}

#[test]
fn options_that_a_model_refuses_are_dropped_and_listed() {
    let target = Target {
        lacks: vec![Ability::Sampling],
        efforts: vec![Effort::Low, Effort::High],
        chat_limit: ChatLimit::MaxTokens,
        ..limited()
    };
    let body = json!({
        "model": "m", "max_tokens": 5_000, "temperature": 0.2, "thinking": { "type": "enabled", "budget_tokens": 10_000 },
        "messages": [{ "role": "user", "content": "hi" }],
    });
    let body = body.to_string();
    let requested = request(
        Dialect::Anthropic,
        Dialect::OpenaiChat,
        body.as_bytes(),
        &target,
    )
    .unwrap();
    let translated: Value = serde_json::from_slice(&requested.body).unwrap();
    assert_eq!(translated["max_tokens"], 1_000);
    assert_eq!(translated["reasoning_effort"], "high");
    assert_eq!(translated.get("temperature"), None);
    let left_out: Vec<String> = requested.left_out.iter().map(LeftOut::to_string).collect();
    for what in ["`temperature`", "`max_tokens: 5000`", "`effort: medium`"] {
        assert!(
            left_out.iter().any(|left_out| left_out.starts_with(what)),
            "{what} in {left_out:?}"
        );
    }
}

/// Mistral checks the ids; as a fallback it gets a conversation with Claude's ids.
#[test]
fn a_provider_with_short_ids_gets_them_in_the_call_and_its_result() {
    let target = Target {
        ids: CallIds::NineLetters,
        ..limited()
    };
    let body = json!({
        "model": "m", "max_tokens": 9, "messages": [
            { "role": "user", "content": "a" },
            { "role": "assistant", "content": [{ "type": "tool_use", "id": "toolu_01SET2GUF4FKJJAK5B", "name": "f", "input": {} }] },
            { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "toolu_01SET2GUF4FKJJAK5B", "content": "b" }] },
        ],
    });
    let body = body.to_string();
    let requested = request(
        Dialect::Anthropic,
        Dialect::OpenaiChat,
        body.as_bytes(),
        &target,
    )
    .unwrap();
    let translated: Value = serde_json::from_slice(&requested.body).unwrap();
    let id = translated["messages"][1]["tool_calls"][0]["id"]
        .as_str()
        .unwrap();
    assert!(
        id.len() == 9 && id.bytes().all(|b| b.is_ascii_alphanumeric()),
        "{id}"
    );
    assert_eq!(translated["messages"][2]["tool_call_id"], id);
}

#[test]
fn the_usage_of_a_stream_is_requested_if_allowed() {
    let body = json!({ "model": "m", "max_tokens": 9, "stream": true, "messages": [{ "role": "user", "content": "hi" }] });
    let translated = |stream_usage| {
        let target = Target {
            stream_usage,
            ..limited()
        };
        let (from, to) = (Dialect::Anthropic, Dialect::OpenaiChat);
        let requested = request(from, to, body.to_string().as_bytes(), &target).unwrap();
        let translated: Value = serde_json::from_slice(&requested.body).unwrap();
        translated.get("stream_options").cloned()
    };
    let requested = json!({ "include_usage": true });
    assert_eq!(translated(StreamUsage::OnRequest), Some(requested));
    assert_eq!(translated(StreamUsage::Always), None);
}

#[test]
fn a_chat_clients_request_for_usage_is_detected() {
    for (options, requested) in [
        (json!({ "include_usage": true }), true),
        (json!(null), false),
    ] {
        let body = json!({
            "model": "m", "stream": true, "stream_options": options, "messages": [{ "role": "user", "content": "hi" }],
        });
        let body = body.to_string();
        let translated = request(
            Dialect::OpenaiChat,
            Dialect::OpenaiResponses,
            body.as_bytes(),
            &limited(),
        );
        assert_eq!(translated.unwrap().usage_chunk, requested);
    }
}

/// The body of `count_tokens` is a request without an output limit.
#[test]
fn tokens_are_estimated_without_a_tokenizer() {
    let tokens = |content: Value, tools: Value| {
        let body = json!({ "model": "m", "messages": [{ "role": "user", "content": content }], "tools": tools });
        estimate_tokens(&read(Dialect::Anthropic, body.to_string().as_bytes()).unwrap())
    };
    assert_eq!(tokens(json!("x".repeat(1_000)), json!([])), 304);
    let schema = json!({ "type": "object", "properties": { "command": { "type": "string" } } });
    let with_tool = tokens(
        json!("x"),
        json!([{ "name": "Bash", "description": "Runs.", "input_schema": schema }]),
    );
    assert!((30..40).contains(&with_tool), "{with_tool}");
    let image = json!([{ "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "A".repeat(90_000) } }]);
    assert_eq!(
        tokens(image, json!([])),
        1_604,
        "by what it is, not by its bytes"
    );
}
