//! OpenRouter.
//!
//! | what | source |
//! |---|---|
//! | error shape and statuses, errors after the first token within a 200 | OpenRouter docs, errors and debugging |
//! | an error in a stream bears `choices[0].finish_reason: "error"` | OpenRouter docs, streaming |
//! | `: OPENROUTER PROCESSING` | OpenRouter docs, streaming |
//! | `reasoning_details`, which must come back unchanged | OpenRouter docs, reasoning tokens |
//! | `metadata.raw` of an upstream's refusal | public recordings, 2026 |
//! | credits, overflow text | OpenRouter docs, errors; OpenRouter API |
//! | no output and no finish reason is not billed | OpenRouter docs, zero completion insurance |

use catalog::Dialect;
use serde_json::{Value, json};

use super::Vendor;
use super::gemini::DUMMIES;
use super::vendor::{Call, Occasion, Overlong, Refusal, messages_envelope, no_limits};
use crate::cache::CacheRules;
use crate::clock::CREATED;
use crate::delivery::{Traits, UsagePlace};
use crate::request::list;
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::Reasoning;

pub(super) static VENDOR: Vendor = Vendor {
    name: "OpenRouter",
    provider: "openrouter",
    dialects: &Dialect::ALL,
    models: &["*/*"],
    window: 128_000,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope,
    in_stream,
    traits: Traits {
        reasoning: Reasoning::Details,
        usage: UsagePlace::Always,
        seal: SEAL,
        comment: "OPENROUTER PROCESSING",
        comments: true,
        ..Traits::PLAIN
    },
    thinks: |call| is_signed(call.model),
    // It forwards marks to the provider behind it.
    cache: CacheRules::Marked { minimum: 1024 },
    limits: no_limits,
    stores: false,
};

const SEAL: Seal = Seal::Of("openrouter");

fn envelope(dialect: Dialect, refusal: &Refusal) -> Value {
    if dialect == Dialect::Anthropic {
        return messages_envelope(refusal);
    }
    let mut error = json!({"message": refusal.message, "code": refusal.status});
    if let Some(metadata) = &refusal.more {
        error["metadata"] = Value::clone(metadata);
    }
    json!({"error": error, "user_id": "user_rehearsal"})
}

/// The error is at the top level, in addition to the fields of every chunk.
fn in_stream(envelope: Value) -> Value {
    json!({
        "id": "gen-rehearsal",
        "object": "chat.completion.chunk",
        "created": CREATED,
        "provider": "Rehearsal",
        "error": envelope["error"],
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
    })
}

/// Models whose tool turns must be returned with their signatures.
fn is_signed(model: &str) -> bool {
    model.starts_with("google/gemini-") && !model.starts_with("google/gemini-2")
}

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    if call.dialect != Dialect::OpenaiChat || !is_signed(call.model) {
        return Ok(());
    }
    let messages = list(&call.body["messages"]);
    let begins = messages
        .iter()
        .rposition(|message| message["role"] == "user");
    let turn = &messages[begins.unwrap_or_default()..];
    let unsigned = |message: &&Value| {
        let signed = list(&message["reasoning_details"]).iter().any(|detail| {
            let signature = detail["signature"].as_str().or(detail["data"].as_str());
            signature.is_some_and(|signature| SEAL.made(signature) || DUMMIES.contains(&signature))
        });
        !list(&message["tool_calls"]).is_empty() && !signed
    };
    if turn.iter().any(|message| unsigned(&message)) {
        return Err(upstream(
            400,
            "Google AI Studio",
            "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.",
        ));
    }
    Ok(())
}

/// A refusal by the provider behind it.
fn upstream(status: u16, provider: &str, raw: &str) -> Refusal {
    Refusal::new(status, "provider_error", "Provider returned error")
        .more(json!({"raw": raw, "provider_name": provider, "is_byok": false}))
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    Some(match trouble {
        Trouble::Overflow => {
            let (text, output) = (of.too_many(), of.output.max(4096));
            Refusal::new(
                400,
                "invalid_request_error",
                format!(
                    "This endpoint's maximum context length is {} tokens. However, you requested about {} tokens ({text} of text input, {output} in the output). Please reduce the length of either one, or use the context-compression plugin to compress your prompt automatically.",
                    of.window,
                    text + output
                ),
            )
            .more(json!({"provider_name": null}))
        }
        Trouble::RateLimit => upstream(
            429,
            "Rehearsal",
            &format!(
                "{} is temporarily rate-limited upstream. Please retry shortly, or add your own key to accumulate your rate limits: https://openrouter.ai/settings/integrations",
                of.model
            ),
        )
        .header("retry-after", 23),
        // Its own limits have their reset in Unix milliseconds.
        Trouble::RateLimitDay => Refusal::new(
            429,
            "rate_limit_error",
            "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day",
        )
        .header("x-ratelimit-limit", 50)
        .header("x-ratelimit-remaining", 0)
        .header("x-ratelimit-reset", (of.now / 86_400 + 1) * 86_400 * 1000)
        .more(json!({"headers": {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": "0"}})),
        Trouble::Quota => Refusal::new(
            402,
            "billing_error",
            "This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 55314. To increase, visit https://openrouter.ai/settings/credits and upgrade to a paid account",
        )
        .more(json!({"provider_name": null})),
        Trouble::KeyRefused => Refusal::new(401, "authentication_error", "User not found."),
        Trouble::Overload => Refusal::new(
            503,
            "overloaded_error",
            "There is no available model provider that meets your routing requirements",
        ),
        Trouble::Declined => Refusal::new(
            403,
            "permission_error",
            format!("{} requires moderation. Your input was flagged for \"violence\". No credits were charged.", of.model),
        )
        .more(json!({
            "reasons": ["violence"],
            "flagged_input": "…",
            "provider_name": "Rehearsal",
            "model_slug": of.model,
        })),
        Trouble::NoModel => Refusal::new(
            400,
            "invalid_request_error",
            format!("{} is not a valid model ID", of.model),
        ),
        Trouble::Internal => Refusal::new(502, "api_error", "Provider disconnected unexpectedly"),
        Trouble::PlanLimit | Trouble::ToolUseFailed => return None,
    })
}
