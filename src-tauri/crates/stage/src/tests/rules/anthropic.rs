use catalog::Dialect::Anthropic as MESSAGES;
use serde_json::{Value, json};

use super::{TAKEN, hold};
use crate::Family::{self, Anthropic};
use crate::sign;

const OLDER: &str = "claude-sonnet-4-5";
const NEWEST: &str = "claude-opus-4-8";

#[tokio::test(start_paused = true)]
async fn unknown_fields_and_those_of_a_beta_are_refused_by_name() {
    let management = json!({"context_management": {"edits": []}});
    let rows = [
        (
            json!({"favourite_colour": 1}),
            "favourite_colour: Extra inputs are not permitted",
        ),
        (
            json!({"response_format": {}}),
            "response_format: Extra inputs are not permitted",
        ),
        (
            management.clone(),
            "context_management: Extra inputs are not permitted",
        ),
        (
            json!({"output_format": {}}),
            "output_format: Extra inputs are not permitted",
        ),
        (
            json!({"mcp_servers": []}),
            "mcp_servers: Extra inputs are not permitted",
        ),
        (
            json!({"messages": [{"role": "user", "content": "hi", "output_config": {"effort": "low"}}]}),
            "messages.0.output_config: Extra inputs are not permitted",
        ),
        (
            json!({"service_tier": "auto", "metadata": {"user_id": "u"}}),
            TAKEN,
        ),
    ];
    hold(Anthropic, MESSAGES, OLDER, "", rows).await;

    let beta = "anthropic-beta: claude-code-20250219,context-management-2025-06-27\r\n";
    let unknown = json!({"context_management": {"edits": [], "enabled": true}});
    let rows = [
        (management, TAKEN),
        (
            unknown,
            "context_management.enabled: Extra inputs are not permitted",
        ),
    ];
    hold(Anthropic, MESSAGES, OLDER, beta, rows).await;
    let beta = "anthropic-beta: per-turn-control-2026-07-01\r\n";
    let message = json!({"role": "user", "content": "hi", "output_config": {"effort": "low"}});
    hold(
        Anthropic,
        MESSAGES,
        OLDER,
        beta,
        [(json!({"messages": [message]}), TAKEN)],
    )
    .await;
    let beta = "anthropic-beta: prompt-caching-2024-07-31, of-another-vendor-2026-01-01\r\n";
    let expected_text =
        "Unexpected value(s) `of-another-vendor-2026-01-01` for the `anthropic-beta` header.";
    hold(
        Anthropic,
        MESSAGES,
        OLDER,
        beta,
        [(json!({}), expected_text)],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn sampling_thinking_and_limits_are_checked_for_the_model() {
    let budget = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    let rows = [
        (
            json!({"temperature": 0.2, "top_p": 0.9}),
            "`temperature` and `top_p` cannot both be specified",
        ),
        (json!({"temperature": 0.2}), TAKEN),
        (
            json!({"max_tokens": 64_001}),
            "max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-5",
        ),
        (
            json!({"thinking": budget(1000)}),
            "Input should be greater than or equal to 1024",
        ),
        (
            json!({"thinking": budget(1024)}),
            "`max_tokens` must be greater than `thinking.budget_tokens`",
        ),
        (json!({"thinking": budget(1024), "max_tokens": 2048}), TAKEN),
        (
            json!({"thinking": budget(1024), "max_tokens": 2048, "temperature": 0}),
            "`temperature` may only be set to 1 when thinking is enabled",
        ),
        (
            json!({"thinking": budget(1024), "max_tokens": 2048, "tool_choice": {"type": "any"}}),
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
    ];
    hold(Anthropic, MESSAGES, OLDER, "", rows).await;
    let rows = [
        (
            json!({"thinking": budget(1024), "max_tokens": 2048}),
            "\"thinking.type.enabled\" is not supported for this model",
        ),
        (
            json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
            TAKEN,
        ),
        (
            json!({"temperature": 0.2}),
            "`temperature` is deprecated for this model.",
        ),
        (json!({"temperature": 1}), TAKEN),
    ];
    hold(Anthropic, MESSAGES, NEWEST, "", rows).await;
    let beta = "anthropic-beta: context-management-2025-06-27\r\n";
    let clears = json!({"context_management": {"edits": [{"type": "clear_thinking_20251015"}]}});
    let expected_text =
        "`clear_thinking_20251015` strategy requires `thinking` to be enabled or adaptive";
    hold(Anthropic, MESSAGES, NEWEST, beta, [(clears, expected_text)]).await;
}

fn strict(schema: Value) -> Value {
    json!({"tools": [{"name": "t", "strict": true, "input_schema": schema}]})
}

#[tokio::test(start_paused = true)]
async fn a_strict_schema_has_no_bounds_and_is_closed() {
    let closed = |properties: Value| json!({"type": "object", "properties": properties, "additionalProperties": false});
    let rows = [
        (
            strict(closed(
                json!({"n": {"type": "integer", "minimum": 1, "maximum": 9}}),
            )),
            "tools.0.custom: For 'integer' type, properties maximum, minimum are not supported",
        ),
        (
            strict(closed(json!({"s": {"type": "string", "minLength": 1}}))),
            "For 'string' type, property 'minLength' is not supported",
        ),
        (
            strict(closed(
                json!({"a": {"type": "array", "items": {"type": "number", "multipleOf": 2}}}),
            )),
            "For 'number' type, property 'multipleOf' is not supported",
        ),
        (
            strict(closed(json!({"a": {"type": "array", "minItems": 2}}))),
            "'minItems' values other than 0 or 1 are not supported, got: 2",
        ),
        (
            strict(json!({"type": "object", "properties": {}})),
            "For 'object' type, 'additionalProperties' must be explicitly set to false",
        ),
        (
            json!({"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}),
            "output_config.format.schema: For 'object' type",
        ),
        (
            strict(closed(json!({"n": {"type": "integer", "enum": [1, 2]}}))),
            TAKEN,
        ),
        // Only enforced schemas are checked.
        (
            json!({"tools": [{"name": "t", "input_schema": {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}}]}),
            TAKEN,
        ),
    ];
    hold(Anthropic, MESSAGES, OLDER, "", rows).await;
}

#[tokio::test(start_paused = true)]
async fn histories_of_other_vendors_are_refused() {
    let history = |blocks: Value, result: &str| {
        json!({"messages": [
            {"role": "user", "content": "What is here?"},
            {"role": "assistant", "content": blocks},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": result, "content": [
                {"type": "text", "text": "two files"}, {"type": "tool_reference", "tool_name": "Bash"},
            ]}]},
        ]})
    };
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "Bash", "input": {}});
    let thinking =
        |signature: &str| json!({"type": "thinking", "thinking": "Hm.", "signature": signature});
    let foreign = "Rehearsal-moonshot-0123456789012345678901234567890123456789";
    let rows = [
        (
            history(json!([thinking(&sign("Hm.")), call("toolu_1")]), "toolu_1"),
            TAKEN,
        ),
        (
            history(json!([thinking(foreign), call("toolu_1")]), "toolu_1"),
            "messages.1.content.0: Invalid `signature` in `thinking` block",
        ),
        (
            history(json!([call("functions.Bash:0")]), "functions.Bash:0"),
            "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
        ),
        (
            history(json!([{"type": "text", "text": ""}, call("a")]), "a"),
            "text content blocks must be non-empty",
        ),
    ];
    hold(Family::Anthropic, MESSAGES, OLDER, "", rows).await;
    let mark = json!({"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}});
    let system = |count: usize| json!({"system": vec![mark.clone(); count]});
    let mut gone = history(json!([call("a")]), "a");
    gone["tools"] = json!([]);
    let rows = [
        (system(4), TAKEN),
        (
            system(5),
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
        (gone, "Tool reference 'Bash' not found in available tools"),
    ];
    hold(Family::Anthropic, MESSAGES, OLDER, "", rows).await;
}

/// As sent by Claude Code 2.1.197.
#[tokio::test(start_paused = true)]
async fn requests_of_the_vendors_own_client_are_accepted() {
    let beta = "anthropic-beta: claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,prompt-caching-scope-2026-01-05,effort-2025-11-24,structured-outputs-2025-12-15,mid-conversation-system-2026-04-07,context-1m-2025-08-07,thinking-token-count-2026-05-13,fallback-credit-2026-06-01\r\n";
    for file in [
        include_str!(
            "../../../../translate/tests/translated_requests/requests/claude-simple-opus.json"
        ),
        include_str!("../../../../translate/tests/translated_requests/requests/claude-title.json"),
    ] {
        let captured: Value = serde_json::from_str(file).unwrap();
        let body = &captured["body"];
        let stage = crate::Stage::any_model().acting(crate::VendorChoice::ByModel);
        let reply = crate::tests::client::generate_with(&stage, MESSAGES, beta, body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        assert_eq!(stage.received()[0].family, Some(Anthropic));
    }
}
