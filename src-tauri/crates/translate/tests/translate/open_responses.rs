//! Translated Response objects and events, against the published schema of Open Responses, for requests in the shapes of its
//! compliance templates (basic, streaming, instructions, tools, an image, several turns, a schema).

use std::sync::Arc;

use catalog::Dialect;
use jsonschema::Validator;
use serde_json::{Value, json};
use translate::{AnswerTranslator, Form, Target, complete_document, request};

use crate::{files, staged, transcripts};

const SCHEMA: &str = include_str!("open_responses.json");

/// `names`: definitions of the schema; one of them must match.
fn validator(names: &[&str]) -> Validator {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    // The published schema allows only null here, but OpenAI's own responses repeat the schema.
    schema["$defs"]["JsonSchemaResponseFormat"]["properties"]["schema"] = json!({});
    let any = names
        .iter()
        .map(|name| json!({ "$ref": format!("#/$defs/{name}") }));
    schema["anyOf"] = any.collect();
    jsonschema::validator_for(&schema).unwrap()
}

fn events() -> Validator {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let names = schema["$defs"].as_object().unwrap().keys();
    let names: Vec<&str> = names
        .map(String::as_str)
        .filter(|name| name.ends_with("StreamingEvent"))
        .collect();
    validator(&names)
}

/// The request of each template, with the fields that its response must repeat.
fn templates() -> Vec<(&'static str, Value)> {
    let tool = json!({
        "type": "function", "name": "get_weather", "description": "Get the weather", "strict": true,
        "parameters": { "type": "object", "properties": { "location": { "type": "string" } }, "required": ["location"], "additionalProperties": false },
    });
    vec![
        (
            "basic",
            json!({ "model": "m", "input": [{ "type": "message", "role": "user", "content": "Say hello" }] }),
        ),
        (
            "streaming",
            json!({ "model": "m", "stream": true, "input": [{ "type": "message", "role": "user", "content": "Count" }] }),
        ),
        (
            "instructions",
            json!({
                "model": "m", "instructions": "Be brief", "input": [{ "type": "message", "role": "system", "content": "You are a pirate" }, { "type": "message", "role": "user", "content": "Hello" }],
            }),
        ),
        (
            "tools",
            json!({
                "model": "m", "input": "Weather?", "tools": [tool, { "type": "function", "name": "bare" }],
                "tool_choice": { "type": "function", "name": "get_weather" }, "parallel_tool_calls": false,
            }),
        ),
        (
            "image",
            json!({
                "model": "m", "input": [{ "type": "message", "role": "user", "content": [{ "type": "input_text", "text": "What?" }, { "type": "input_image", "image_url": "data:image/png;base64,aGk=" }] }],
            }),
        ),
        (
            "turns",
            json!({
                "model": "m", "input": [{ "type": "message", "role": "user", "content": "I am Ann" }, { "type": "message", "role": "assistant", "content": "Hello" }, { "type": "message", "role": "user", "content": "Who?" }],
            }),
        ),
        (
            "everything",
            json!({
                "model": "m", "input": "x", "temperature": 0.5, "top_p": 0.9, "max_output_tokens": 100, "max_tool_calls": 3, "truncation": "auto",
                "metadata": { "a": "b" }, "reasoning": { "effort": "low" }, "safety_identifier": "s", "prompt_cache_key": "k", "service_tier": "flex", "store": true,
                "text": { "verbosity": "low", "format": { "type": "json_schema", "name": "n", "schema": { "type": "object" } } },
            }),
        ),
    ]
}

fn form(provider: Dialect, requested: &Value) -> Form {
    let target = Target {
        max_output: Some(1_000),
        ..Target::new("fallback")
    };
    let (from, body) = (Dialect::OpenaiResponses, requested.to_string());
    let there = request(from, provider, body.as_bytes(), &target).unwrap();
    Form {
        created: 1_700_000_000,
        echo: there.echo,
        ..Form::default()
    }
}

fn fits(validator: &Validator, value: &Value, place: &str) {
    if let Err(error) = validator.validate(value) {
        panic!("{place}: {error}\n{value:#}");
    }
}

#[test]
fn every_response_object_and_event_fits_the_published_schema() {
    let (object, events) = (validator(&["ResponseResource"]), events());
    for provider in Dialect::ALL {
        for (template, requested) in templates() {
            let form = form(provider, &requested);
            for (name, text) in transcripts(provider) {
                let mut translator = AnswerTranslator::new(
                    provider,
                    Dialect::OpenaiResponses,
                    crate::names(provider, Dialect::OpenaiResponses),
                    form.clone(),
                );
                let mut out = Vec::new();
                let translated = translator.push(text.as_bytes(), &mut out);
                let translated = translated.and_then(|()| translator.end(&mut out));
                let place = format!("{provider} {template} {name}");
                // A free-text tool exists only at OpenAI.
                let out = String::from_utf8(out).unwrap();
                if translated.is_err() || out.contains("custom_tool_call") {
                    continue;
                }
                for data in out.lines().filter_map(|line| line.strip_prefix("data: ")) {
                    fits(&events, &serde_json::from_str(data).unwrap(), &place);
                }
                repeats(&requested, &last(&out), &place);
            }
            for (name, document) in files(&staged(provider), "json") {
                let to = Dialect::OpenaiResponses;
                let names = crate::names(provider, to);
                let translated =
                    complete_document(provider, to, document.as_bytes(), &names, &form).unwrap();
                let translated: Value = serde_json::from_slice(&translated).unwrap();
                let place = format!("{provider} {template} {name}");
                fits(&object, &translated, &place);
                repeats(&requested, &translated, &place);
            }
        }
    }
}

/// The response of the terminal event.
fn last(out: &str) -> Value {
    let mut data = out.lines().filter_map(|line| line.strip_prefix("data: "));
    let event: Value = serde_json::from_str(data.next_back().unwrap()).unwrap();
    event["response"].clone()
}

fn repeats(requested: &Value, translated: &Value, place: &str) {
    let plain = [
        "temperature",
        "top_p",
        "max_output_tokens",
        "max_tool_calls",
        "truncation",
        "metadata",
        "safety_identifier",
        "prompt_cache_key",
        "instructions",
        "tool_choice",
        "parallel_tool_calls",
    ];
    for key in plain {
        if let Some(text) = requested.get(key) {
            assert_eq!(translated[key], *text, "{place}: {key}");
        }
    }
    let tools = requested["tools"].as_array().map_or(0, Vec::len);
    assert_eq!(
        translated["tools"].as_array().unwrap().len(),
        tools,
        "{place}"
    );
    let done = translated["status"] == "completed";
    assert_eq!(
        translated["completed_at"].is_u64(),
        done,
        "{place}: {translated}"
    );
}

/// A failed response is valid too.
#[test]
fn a_failed_response_fits_the_published_schema() {
    let (from, to) = (Dialect::Anthropic, Dialect::OpenaiResponses);
    let form = Form {
        echo: Some(Arc::default()),
        ..Form::default()
    };
    let mut translator = AnswerTranslator::new(from, to, crate::names(from, to), form);
    let mut out = Vec::new();
    let error = "data: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    assert!(translator.push(error.as_bytes(), &mut out).is_err());
    let out = String::from_utf8(out).unwrap();
    let data = out
        .lines()
        .find_map(|line| line.strip_prefix("data: "))
        .unwrap();
    fits(&events(), &serde_json::from_str(data).unwrap(), "failed");
}
