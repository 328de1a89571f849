//! Moonshot (Kimi).
//!
//! | what | source |
//! |---|---|
//! | error types and their texts | Kimi docs, error codes |
//! | `thinking is enabled but reasoning_content is missing in assistant tool call message at index N` | Kimi API; farion1231/cc-switch and others |
//! | `invalid temperature: only 1 is allowed for this model` | Kimi API, kimi-k2.5 and later |
//! | `Your request exceeded model token limit: N (requested: M)` | Kimi API; earendil-works/pi |
//! | usage in `choices[0]`, `usage.cached_tokens` | Kimi docs, chat API |
//! | ids `functions.name:0` | Kimi K2 model card, tool calling |
//! | Messages endpoint with thinking of its own | Kimi docs, Anthropic API; router-for-me/CLIProxyAPI#1584 |

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};

use super::openai::chat::Violation;
use super::vendor::{Call, Occasion, Overlong, Refusal, messages_envelope, no_limits};
use super::{Vendor, openai};
use crate::cache::CacheRules;
use crate::delivery::{CachedField, Traits, UsagePlace};
use crate::request::list;
use crate::signature::Seal;
use crate::trouble::Trouble;
use crate::variation::{Ids, Reasoning};

pub(super) static VENDOR: Vendor = Vendor {
    name: "Moonshot",
    provider: "moonshot",
    dialects: &[Dialect::Anthropic, Dialect::OpenaiChat],
    models: &["kimi-*", "moonshot-*"],
    window: 262_144,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope,
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        ids: Ids::Functions,
        reasoning: Reasoning::Content,
        usage: UsagePlace::InChoice,
        cached: CachedField::OnTop,
        seal: Seal::Of("moonshot"),
        ..Traits::PLAIN
    },
    thinks,
    cache: CacheRules::Automatic {
        minimum: 256,
        step: 1,
        lasting: Duration::from_secs(3600),
        reports_writes: false,
    },
    limits: no_limits,
    stores: false,
};

fn envelope(dialect: Dialect, refusal: &Refusal) -> Value {
    match dialect {
        Dialect::Anthropic => messages_envelope(refusal),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            json!({"error": {"message": refusal.message, "type": refusal.kind}})
        }
    }
}

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "invalid_request_error", message)
}

/// Kimi's models from 2.5 on think, unless the request switches thinking off.
fn thinks(call: &Call<'_>) -> bool {
    call.model.starts_with("kimi-") && call.body["thinking"]["type"] != "disabled"
}

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    let temperature = call.body["temperature"].as_f64();
    if call.model.starts_with("kimi-") && temperature.is_some_and(|t| t != 1.0 && t != 0.6) {
        return Err(invalid(
            "invalid temperature: only 1 is allowed for this model".to_owned(),
        ));
    }
    let messages = list(&call.body["messages"]);
    let without_reasoning = |message: &Value| match call.dialect {
        Dialect::Anthropic => {
            let of = |kind: &str| list(&message["content"]).iter().any(|b| b["type"] == *kind);
            of("tool_use") && !of("thinking")
        }
        Dialect::OpenaiChat | Dialect::OpenaiResponses => {
            !list(&message["tool_calls"]).is_empty() && !message["reasoning_content"].is_string()
        }
    };
    if thinks(call)
        && let Some(at) = messages.iter().position(without_reasoning)
    {
        return Err(invalid(format!(
            "thinking is enabled but reasoning_content is missing in assistant tool call message at index {at}"
        )));
    }
    if call.dialect == Dialect::OpenaiChat {
        openai::chat::check_ids(call.body, usize::MAX).map_err(|violation| match violation {
            Violation::UnexpectedResult => {
                invalid("Invalid request: tool_call_id  is not found".to_owned())
            }
            other @ (Violation::NoMessages
            | Violation::BadRole(_)
            | Violation::NoResult(_)
            | Violation::LongId(..)
            | Violation::BadName(_)) => invalid(format!("Invalid request: {other}")),
        })?;
    }
    Ok(())
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    const ACCOUNT: &str = "Your account org-rehearsal<ak-rehearsal>";
    Some(match trouble {
        Trouble::Overflow => invalid(format!(
            "Invalid request: Your request exceeded model token limit: {} (requested: {})",
            of.window,
            of.too_many()
        )),
        Trouble::RateLimit => Refusal::new(
            429,
            "rate_limit_reached_error",
            format!(
                "{ACCOUNT} request reached organization max RPM: 3, please try again after 1 seconds"
            ),
        ),
        Trouble::RateLimitDay => Refusal::new(
            429,
            "rate_limit_reached_error",
            format!(
                "{ACCOUNT} request reached organization TPD rate limit, current:1500000, limit:1500000"
            ),
        ),
        Trouble::Quota => Refusal::new(
            429,
            "exceeded_current_quota_error",
            format!(
                "{ACCOUNT} is suspended due to insufficient balance, please recharge your account or check your plan and billing details"
            ),
        ),
        Trouble::KeyRefused => Refusal::new(
            401,
            "invalid_authentication_error",
            "Invalid Authentication",
        ),
        Trouble::Overload => Refusal::new(
            429,
            "engine_overloaded_error",
            "The engine is currently overloaded, please try again later",
        ),
        Trouble::Declined => Refusal::new(
            400,
            "content_filter",
            "The request was rejected because it was considered high risk",
        ),
        Trouble::NoModel => Refusal::new(
            404,
            "resource_not_found_error",
            format!("Not found the model {} or Permission denied", of.model),
        ),
        Trouble::Internal => Refusal::new(500, "server_error", "Internal server error"),
        Trouble::PlanLimit | Trouble::ToolUseFailed => return None,
    })
}
