//! Mistral.
//!
//! | what | source |
//! |---|---|
//! | `Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9.`, code 3280 | nearai/ironclaw#1241, langchain-ai/langchain#24668 |
//! | unknown fields: 422, `extra_forbidden` | partITech/php-mistral#76; langchain-ai/langchain-azure#82 |
//! | order of roles, code 3230 | Mistral API; crewAI and pydantic-ai reports |
//! | `Not the same number of function calls and responses` | Mistral API, code 3230 |
//! | rate and capacity limits, codes 1300 and 3505 | Mistral docs, rate limits; public reports |
//! | `Prompt contains N tokens …, too large for model with M maximum context length` | Mistral docs, known limitations |
//! | limit headers | mistralai/client-ts#169 |
//! | usage in the last chunk, unasked; thinking as a part of `content` | Mistral API reference; docs, reasoning |

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};

use super::Vendor;
use super::vendor::{Call, Headers, Occasion, Overlong, Refusal};
use crate::cache::CacheRules;
use crate::delivery::{Traits, UsagePlace};
use crate::request::list;
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::{Ids, Reasoning};

pub(super) static VENDOR: Vendor = Vendor {
    name: "Mistral",
    provider: "mistral",
    dialects: &[Dialect::OpenaiChat],
    models: &[
        "mistral-*",
        "ministral-*",
        "codestral-*",
        "devstral-*",
        "magistral-*",
        "open-mistral-*",
    ],
    window: 131_072,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope: |_, refusal| envelope(refusal),
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        ids: Ids::Nine,
        reasoning: Reasoning::Parts,
        usage: UsagePlace::Always,
        calls_in_one_event: true,
        seal: Seal::Of("mistral"),
        stops: ["stop", "model_length", "error"],
        ..Traits::PLAIN
    },
    thinks: |call| call.model.starts_with("magistral-"),
    cache: CacheRules::Automatic {
        minimum: 1024,
        step: 64,
        lasting: Duration::from_secs(300),
        reports_writes: false,
    },
    limits,
    stores: false,
};

/// Source: Mistral's API reference, chat completions.
const KNOWN: &[&str] = &[
    "frequency_penalty",
    "guardrails",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_mode",
    "random_seed",
    "reasoning_effort",
    "response_format",
    "safe_prompt",
    "stop",
    "stream",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
];

const IN_MESSAGE: &[&str] = &[
    "content",
    "name",
    "prefix",
    "role",
    "tool_call_id",
    "tool_calls",
];

fn envelope(refusal: &Refusal) -> Value {
    let message = refusal.more.as_deref().cloned();
    json!({
        "object": "error",
        "message": message.unwrap_or_else(|| refusal.message.as_str().into()),
        "type": refusal.kind,
        "param": refusal.param,
        "code": refusal.code,
        "raw_status_code": refusal.status,
    })
}

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    if let Some(field) = call.unknown_field(KNOWN) {
        return Err(forbidden(json!(["body", field]), &call.body[field]));
    }
    let messages = list(&call.body["messages"]);
    for (at, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        for (field, value) in message.as_object().into_iter().flatten() {
            if !IN_MESSAGE.contains(&field.as_str()) {
                return Err(forbidden(
                    json!(["body", "messages", at, role, field]),
                    value,
                ));
            }
        }
        let ids = list(&message["tool_calls"]).iter().map(|call| &call["id"]);
        for id in ids.chain(Some(&message["tool_call_id"]).filter(|id| !id.is_null())) {
            let id = id.as_str().unwrap_or_default();
            if id.len() != 9 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(Refusal::new(
                    400,
                    "invalid_function_call",
                    format!("Tool call id was {id} but must be a-z, A-Z, 0-9, with a length of 9."),
                )
                .code("3280"));
            }
        }
    }
    order(messages)
}

fn forbidden(place: Value, input: &Value) -> Refusal {
    let detail = json!({
        "type": "extra_forbidden",
        "loc": place,
        "msg": "Extra inputs are not permitted",
        "input": input,
    });
    Refusal::new(
        422,
        "invalid_request_error",
        "Extra inputs are not permitted",
    )
    .more(json!({ "detail": [detail] }))
}

/// Every call needs a result, a user message never follows a tool message, and the last message is not the assistant's.
fn order(messages: &[Value]) -> Result<(), Refusal> {
    let wrong = |message: String| {
        Err(Refusal::new(400, "invalid_request_message_order", message).code("3230"))
    };
    let mut open = 0;
    let mut before = "";
    for message in messages {
        let role = message["role"].as_str().unwrap_or_default();
        match (before, role) {
            ("tool", "user" | "system") => {
                return wrong(format!("Unexpected role '{role}' after role 'tool'"));
            }
            ("user" | "system" | "", "tool") => {
                return wrong(format!("Unexpected role 'tool' after role '{before}'"));
            }
            _ => {}
        }
        if role == "tool" {
            open -= 1;
        } else if open != 0 {
            return wrong("Not the same number of function calls and responses".to_owned());
        }
        if role == "assistant" {
            open = list(&message["tool_calls"]).len() as i64;
        }
        before = role;
    }
    let prefixes = messages.last().is_some_and(|last| last["prefix"] == true);
    match before {
        "assistant" if !prefixes => wrong(
            "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant"
                .to_owned(),
        ),
        _ if open != 0 => wrong("Not the same number of function calls and responses".to_owned()),
        _ => Ok(()),
    }
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    Some(match trouble {
        Trouble::Overflow => Refusal::new(
            400,
            "invalid_request_prompt",
            format!(
                "Prompt contains {} tokens and 0 draft tokens, too large for model with {} maximum context length",
                of.too_many(),
                of.window
            ),
        )
        .code("3051"),
        Trouble::RateLimit => {
            Refusal::new(429, "rate_limited", "Requests rate limit exceeded").code("1300")
        }
        Trouble::KeyRefused => Refusal::new(401, "unauthorized", "Unauthorized"),
        Trouble::Overload => Refusal::new(
            429,
            "service_tier_capacity_exceeded",
            "Service tier capacity exceeded for this model.",
        )
        .code("3505"),
        Trouble::NoModel => Refusal::new(
            400,
            "invalid_model",
            format!("Invalid model: {}", of.model),
        )
        .code("1500"),
        Trouble::Internal => {
            Refusal::new(500, "internal_server_error", "Internal server error").code("1000")
        }
        // No source documents the texts of these errors.
        Trouble::RateLimitDay
        | Trouble::Quota
        | Trouble::PlanLimit
        | Trouble::Declined
        | Trouble::ToolUseFailed => return None,
    })
}

fn limits(of: &Occasion<'_>) -> Headers {
    let headers = [
        ("x-ratelimit-limit-tokens-minute", 5_000_000),
        (
            "x-ratelimit-remaining-tokens-minute",
            5_000_000_u64.saturating_sub(of.tokens),
        ),
        ("x-ratelimit-tokens-query-cost", of.tokens),
        ("x-ratelimit-limit-req-minute", 720),
        ("x-ratelimit-remaining-req-minute", 719),
    ];
    headers
        .map(|(name, value)| (name.into(), value.to_string()))
        .into()
}
