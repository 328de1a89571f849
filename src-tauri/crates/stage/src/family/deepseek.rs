//! DeepSeek.
//!
//! | what | source |
//! |---|---|
//! | thinking by default, `reasoning_content` and `content[].thinking` must come back with tool turns | DeepSeek docs, thinking mode; decolua/9router#2397, earendil-works/pi#3636 |
//! | `Insufficient Balance` (402), `Authentication Fails, …` (401), 503 | DeepSeek docs, error codes |
//! | overflow text | DeepSeek API, quoted in many clients (2026) |
//! | `prompt_cache_hit_tokens`, blocks of 64 tokens | DeepSeek docs, context caching |
//! | `: keep-alive` | DeepSeek docs, rate limit |
//! | Messages and Responses endpoints | DeepSeek docs, Anthropic API; release of 2026-08 |

use std::time::Duration;

use catalog::Dialect;
use serde_json::Value;

use super::vendor::{Call, Occasion, Overlong, Refusal, no_limits, openai_envelope};
use super::{Vendor, openai};
use crate::cache::CacheRules;
use crate::delivery::{CachedField, Traits};
use crate::request::list;
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::{Ids, Reasoning};

pub(super) static VENDOR: Vendor = Vendor {
    name: "DeepSeek",
    provider: "deepseek",
    dialects: &Dialect::ALL,
    models: &["deepseek-*"],
    window: 1_048_576,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope: |_, refusal| openai_envelope(refusal),
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        ids: Ids::DeepSeek,
        reasoning: Reasoning::Content,
        cached: CachedField::HitAndMiss,
        seal: SEAL,
        comment: "keep-alive",
        ..Traits::PLAIN
    },
    thinks,
    cache: CacheRules::Automatic {
        minimum: 64,
        step: 64,
        lasting: Duration::from_secs(2 * 3600),
        reports_writes: false,
    },
    limits: no_limits,
    stores: false,
};

const SEAL: Seal = Seal::Of("deepseek");

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "invalid_request_error", message).code("invalid_request_error")
}

/// Thinking is on, unless the request or the model's name switches it off.
fn thinks(call: &Call<'_>) -> bool {
    let effort = [
        &call.body["reasoning_effort"],
        &call.body["reasoning"]["effort"],
    ];
    call.model != "deepseek-chat"
        && call.body["thinking"]["type"] != "disabled"
        && !effort.into_iter().any(|effort| effort == "none")
}

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    match call.dialect {
        Dialect::OpenaiChat => {
            openai::chat::check_ids(call.body, usize::MAX)
                .map_err(|violation| invalid(violation.to_string()))?;
            let messages = list(&call.body["messages"]);
            let lacks = |message: &Value| {
                !list(&message["tool_calls"]).is_empty()
                    && !message["reasoning_content"].is_string()
            };
            missing_thoughts(
                thinks(call) && messages.iter().any(lacks),
                "reasoning_content",
            )
        }
        Dialect::Anthropic => {
            let messages = list(&call.body["messages"]);
            let lacks = |message: &Value| {
                let of = |kind: &str| list(&message["content"]).iter().any(|b| b["type"] == *kind);
                of("tool_use") && !of("thinking")
            };
            missing_thoughts(
                thinks(call) && messages.iter().any(lacks),
                "content[].thinking",
            )
        }
        Dialect::OpenaiResponses => {
            openai::responses::check(call.body, openai::responses::Held::Nothing, SEAL)
                .map_err(|violation| invalid(violation.to_string()))
        }
    }
}

fn missing_thoughts(missing: bool, field: &str) -> Result<(), Refusal> {
    if missing {
        return Err(invalid(format!(
            "The `{field}` in the thinking mode must be passed back to the API."
        )));
    }
    Ok(())
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    let of_type = |status: u16, kind: &'static str, message: &str| {
        Refusal::new(status, kind, message).code("invalid_request_error")
    };
    Some(match trouble {
        Trouble::Overflow => {
            let (messages, output) = (of.too_many(), of.output.max(32_768));
            invalid(format!(
                "This model's maximum context length is {} tokens. However, you requested {} tokens ({messages} in the messages, {output} in the completion). Please reduce the length of the messages or completion.",
                of.window,
                messages + output
            ))
        }
        Trouble::RateLimit => of_type(
            429,
            "rate_limit_error",
            "Rate Limit Reached. You are sending requests too quickly. Please pace your requests reasonably.",
        ),
        Trouble::Quota => of_type(402, "unknown_error", "Insufficient Balance"),
        Trouble::KeyRefused => of_type(
            401,
            "authentication_error",
            "Authentication Fails, Your api key: ****rsal is invalid",
        ),
        Trouble::Overload => of_type(
            503,
            "service_unavailable_error",
            "Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.",
        ),
        Trouble::Declined => of_type(400, "invalid_request_error", "Content Exists Risk"),
        Trouble::NoModel => of_type(400, "invalid_request_error", "Model Not Exist"),
        Trouble::Internal => of_type(500, "internal_server_error", "Internal Server Error"),
        // It has no daily limits and no plans.
        Trouble::RateLimitDay | Trouble::PlanLimit | Trouble::ToolUseFailed => return None,
    })
}
