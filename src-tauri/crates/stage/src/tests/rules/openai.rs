use catalog::Dialect::{OpenaiChat as CHAT, OpenaiResponses as RESPONSES};
use serde_json::{Value, json};

use super::{TAKEN, chat_turn, hold};
use crate::Family::OpenAi;

const REASONS: &str = "gpt-6.1-sol";
const OLDER: &str = "gpt-4o";

#[tokio::test(start_paused = true)]
async fn unknown_parameters_are_refused_by_name() {
    let with = |field: &str, value: Value| json!({ field: value });
    let rows = [
        (
            with("thinking", json!({"type": "enabled"})),
            "Unknown parameter: 'thinking'.",
        ),
        (
            with("enable_thinking", json!(true)),
            "Unknown parameter: 'enable_thinking'.",
        ),
        (with("top_k", json!(5)), "unknown_parameter"),
        (
            chat_turn("call_1", &json!({"reasoning_content": "Hm."}), &[]),
            "Unknown parameter: 'messages[1].reasoning_content'.",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}]}]}),
            "Unknown parameter: 'messages[0].content[0].cache_control'.",
        ),
        (with("prompt_cache_key", json!("k")), TAKEN),
        (chat_turn("call_1", &json!({}), &[]), TAKEN),
    ];
    hold(OpenAi, CHAT, REASONS, "", rows).await;
    let rows = [
        (
            with("max_tokens", json!(5)),
            "Unknown parameter: 'max_tokens'.",
        ),
        (with("stop", json!(["END"])), "Unknown parameter: 'stop'."),
        (with("client_metadata", json!({})), TAKEN),
    ];
    hold(OpenAi, RESPONSES, REASONS, "", rows).await;
}

#[tokio::test(start_paused = true)]
async fn reasoning_models_accept_neither_sampling_nor_the_old_limit() {
    let rows = [
        (
            json!({"max_tokens": 100}),
            "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        ),
        (json!({"max_completion_tokens": 100}), TAKEN),
        (
            json!({"temperature": 0.2}),
            "'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
        ),
        (
            json!({"presence_penalty": 0.5}),
            "Unsupported parameter: 'presence_penalty'",
        ),
        (json!({"stop": ["END"]}), "Unsupported parameter: 'stop'"),
        (json!({"temperature": 1}), TAKEN),
    ];
    hold(OpenAi, CHAT, REASONS, "", rows).await;
    let rows = [(
        json!({"max_tokens": 100, "temperature": 0.2, "stop": ["END"]}),
        TAKEN,
    )];
    hold(OpenAi, CHAT, OLDER, "", rows).await;
    let rows = [
        (
            json!({"max_output_tokens": 1}),
            "Expected a value >= 16, but got 1 instead.",
        ),
        (json!({"max_output_tokens": 16}), TAKEN),
    ];
    hold(OpenAi, RESPONSES, REASONS, "", rows).await;
}

#[tokio::test(start_paused = true)]
async fn ids_are_limited_in_length_and_have_their_own_prefix() {
    let long = "x".repeat(41);
    let rows = [
        (
            chat_turn(&long, &json!({}), &[]),
            "Expected a string with maximum length 40, but got a string with length 41",
        ),
        (chat_turn(&long[..40], &json!({}), &[]), TAKEN),
    ];
    hold(OpenAi, CHAT, OLDER, "", rows).await;
    let call = |call_id: &str, id: &str| {
        json!({"input": [
            {"role": "user", "content": "hi"},
            {"type": "function_call", "id": id, "call_id": call_id, "name": "Bash", "arguments": "{}"},
            {"type": "function_call_output", "call_id": call_id, "output": "done"},
        ]})
    };
    let reasoning = |sealed: &str| {
        json!({"input": [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": sealed},
            {"role": "user", "content": "hi"},
        ]})
    };
    let own = crate::signature::Seal::Of("openai").sign("Hm.");
    let rows = [
        (
            call(&"x".repeat(65), "fc_1"),
            "with maximum length 64, but got a string with length 65",
        ),
        (
            call("toolu_1", "toolu_1"),
            "Invalid 'input[1].id': 'toolu_1'. Expected an ID that begins with 'fc'.",
        ),
        (call("toolu_1", "fc_1"), TAKEN),
        (reasoning(&crate::sign("Hm.")), "invalid_encrypted_content"),
        (reasoning(&own), TAKEN),
        (
            json!({"input": [{"type": "function_call_output", "call_id": "a", "output": ""}]}),
            "No tool call found for function call output with call_id a.",
        ),
    ];
    hold(OpenAi, RESPONSES, REASONS, "", rows).await;
}

#[tokio::test(start_paused = true)]
async fn a_strict_schema_is_closed_and_requires_all() {
    let tool = |parameters: Value| json!({"type": "function", "name": "t", "strict": true, "parameters": parameters});
    let open = json!({"type": "object", "properties": {"a": {"type": "object", "properties": {}}}, "required": ["a"], "additionalProperties": false});
    let optional = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": false});
    let rows = [
        (
            json!({"tools": [tool(open.clone())]}),
            "Invalid schema for function 't': In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (json!({"tools": [tool(optional)]}), "Missing 'a'"),
        (
            json!({"text": {"format": {"type": "json_schema", "name": "f", "strict": true, "schema": {"type": "object"}}}}),
            "Invalid schema for response_format 'f': In context=(), 'additionalProperties'",
        ),
        (
            json!({"tools": [{"type": "function", "name": "t", "strict": false, "parameters": open}]}),
            TAKEN,
        ),
    ];
    hold(OpenAi, RESPONSES, REASONS, "", rows).await;
    let format = json!({"type": "json_schema", "json_schema": {"name": "f", "strict": true, "schema": {"type": "object"}}});
    let rows = [(json!({"response_format": format}), "invalid_json_schema")];
    hold(OpenAi, CHAT, OLDER, "", rows).await;
}

/// As sent by Codex 0.169.0.
#[tokio::test(start_paused = true)]
async fn requests_of_the_vendors_own_client_are_accepted() {
    for file in [
        include_str!(
            "../../../../translate/tests/translated_requests/requests/codex-simple-openai-provider.json"
        ),
        include_str!(
            "../../../../translate/tests/translated_requests/requests/codex-tool-turn2.json"
        ),
        include_str!(
            "../../../../translate/tests/translated_requests/requests/codex-tools-in-conversation.json"
        ),
    ] {
        let captured: Value = serde_json::from_str(file).unwrap();
        let stage = crate::Stage::any_model().acting(crate::VendorChoice::ByModel);
        let reply =
            crate::tests::client::generate_with(&stage, RESPONSES, "", &captured["body"]).await;
        assert_eq!(
            reply.status,
            200,
            "{}: {}",
            captured["source"],
            reply.text()
        );
        assert_eq!(stage.received()[0].family, Some(OpenAi));
    }
}
