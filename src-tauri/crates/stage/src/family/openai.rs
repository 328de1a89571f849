//! OpenAI.
//!
//! | what | source |
//! |---|---|
//! | error codes and their texts | OpenAI docs, error codes |
//! | `Unknown parameter: '…'.` | OpenAI API, code `unknown_parameter`; langchain-ai/deepagents#550 |
//! | `max_tokens`, sampling and penalties on reasoning models | OpenAI docs, reasoning models |
//! | ids over 40 and 64 characters, ids of items | OpenAI API, code `string_above_max_length`, `invalid_value` |
//! | `Item with id '…' not found.`, `previous_response_not_found` | router-for-me/CLIProxyAPI tests; OpenAI docs, conversation state |
//! | `invalid_encrypted_content` | OpenAI docs, reasoning models |
//! | closed strict schemas | OpenAI docs, structured outputs |
//! | `usage_limit_reached`, `x-codex-*` | earendil-works/pi#4172, icebear0828/codex-proxy#65 |
//! | rate-limit headers and text | OpenAI docs, rate limits; vercel/ai#5223 |
//! | cache: from 1024 tokens, 30 minutes, writes reported | OpenAI docs, prompt caching (GPT-5.6 and later) |

use std::time::Duration;

use catalog::Dialect;

use super::Vendor;
use super::vendor::{Call, Headers, Occasion, Overlong, Refusal, never, openai_envelope};
use crate::cache::CacheRules;
use crate::clock::go_duration;
use crate::delivery::Traits;
use crate::plan::Plan;
use crate::signature::Seal;
use crate::trouble::Trouble;

pub(crate) mod chat;
mod fields;
pub(crate) mod responses;

pub(super) static VENDOR: Vendor = Vendor {
    name: "OpenAI",
    provider: "openai",
    dialects: &[Dialect::OpenaiChat, Dialect::OpenaiResponses],
    models: &["gpt-*", "o1*", "o3*", "o4*", "chatgpt-*", "codex-*"],
    window: 272_000,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope: |_, refusal| openai_envelope(refusal),
    in_stream: super::vendor::as_it_is,
    traits: Traits {
        seal: SEAL,
        ..Traits::PLAIN
    },
    thinks: never,
    cache: CacheRules::Automatic {
        minimum: 1024,
        step: 128,
        lasting: Duration::from_secs(30 * 60),
        reports_writes: true,
    },
    limits,
    stores: true,
};

/// The kind of encrypted reasoning.
const SEAL: Seal = Seal::Of("openai");

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    fields::check(call)?;
    match call.dialect {
        Dialect::OpenaiChat => chat::check(call.body).map_err(|violation| violation.refusal()),
        Dialect::OpenaiResponses => responses::check(
            call.body,
            responses::Held::Kept(call.kept, &call.owner()),
            SEAL,
        )
        .map_err(|violation| violation.refusal()),
        Dialect::Anthropic => Ok(()),
    }
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    let invalid = |message: String| Refusal::new(400, "invalid_request_error", message);
    let per_minute = |limit: u64, used: u64| {
        format!(
            "Rate limit reached for {} in organization org-rehearsal on tokens per min (TPM): Limit {limit}, Used {used}, Requested {}. Please try again in 2.4s. Visit https://platform.openai.com/account/rate-limits to learn more.",
            of.model, of.tokens
        )
    };
    Some(match trouble {
        Trouble::Overflow => invalid(
            "Your input exceeds the context window of this model. Please adjust your input and try again."
                .to_owned(),
        )
        .param("input")
        .code("context_length_exceeded"),
        Trouble::RateLimit => Refusal::new(429, "tokens", per_minute(30_000, 29_000))
            .code("rate_limit_exceeded")
            .header("x-ratelimit-limit-tokens", 30_000)
            .header("x-ratelimit-remaining-tokens", 0)
            .header("x-ratelimit-reset-tokens", go_duration(2400))
            .header("retry-after-ms", 2400),
        Trouble::RateLimitDay => Refusal::new(
            429,
            "requests",
            format!(
                "Rate limit reached for {} in organization org-rehearsal on requests per day (RPD): Limit 10000, Used 10000, Requested 1. Please try again in 11m0.528s. Visit https://platform.openai.com/account/rate-limits to learn more.",
                of.model
            ),
        )
        .code("rate_limit_exceeded"),
        Trouble::Quota => Refusal::new(
            429,
            "insufficient_quota",
            "You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        )
        .code("insufficient_quota"),
        Trouble::PlanLimit => plan_limit(of),
        Trouble::KeyRefused => Refusal::new(
            401,
            "invalid_request_error",
            "Incorrect API key provided: sk-reh*****sal. You can find your API key at https://platform.openai.com/account/api-keys.",
        )
        .code("invalid_api_key"),
        Trouble::Overload => Refusal::new(
            503,
            "server_error",
            "Our servers are currently overloaded. Please try again later.",
        )
        .code("server_is_overloaded"),
        Trouble::Declined => invalid(
            "Your request was rejected as a result of our safety system.".to_owned(),
        )
        .code("content_policy_violation"),
        Trouble::NoModel => Refusal::new(
            404,
            "invalid_request_error",
            format!(
                "The model `{}` does not exist or you do not have access to it.",
                of.model
            ),
        )
        .code("model_not_found"),
        Trouble::Internal => Refusal::new(
            500,
            "server_error",
            "The server had an error while processing your request. Sorry about that!",
        ),
        Trouble::ToolUseFailed => return None,
    })
}

/// The 429 of a ChatGPT login. It has no code, and its reset time is in the body.
fn plan_limit(of: &Occasion<'_>) -> Refusal {
    let plan = of.plan();
    let resets_at = plan.exhausted().map_or(of.now, |window| window.resets_at);
    let refusal = Refusal::new(
        429,
        "usage_limit_reached",
        "The usage limit has been reached",
    )
    .more(serde_json::json!({
        "plan_type": "plus",
        "resets_at": resets_at,
        "eligible_promo": null,
        "resets_in_seconds": resets_at.saturating_sub(of.now),
    }));
    Refusal {
        headers: codex(&plan, of.now),
        ..refusal
    }
}

fn limits(of: &Occasion<'_>) -> Headers {
    if let Some(plan) = of.plan {
        return codex(&plan.now(of.now), of.now);
    }
    let left = 2_000_000_u64.saturating_sub(of.tokens);
    let headers = [
        ("x-ratelimit-limit-requests", "10000".to_owned()),
        ("x-ratelimit-remaining-requests", "9999".to_owned()),
        ("x-ratelimit-reset-requests", go_duration(6)),
        ("x-ratelimit-limit-tokens", "2000000".to_owned()),
        ("x-ratelimit-remaining-tokens", left.to_string()),
        (
            "x-ratelimit-reset-tokens",
            go_duration((2_000_000 - left) * 60_000 / 2_000_000),
        ),
    ];
    headers.map(|(name, value)| (name.into(), value)).into()
}

/// Windows are identified by their length in minutes; usage is in percent.
fn codex(plan: &Plan, now: u64) -> Headers {
    let mut headers: Headers = vec![
        ("x-codex-plan-type".into(), "plus".to_owned()),
        ("x-codex-active-limit".into(), "codex".to_owned()),
        ("x-codex-credits-has-credits".into(), "False".to_owned()),
        ("x-codex-credits-unlimited".into(), "False".to_owned()),
        ("x-codex-credits-balance".into(), String::new()),
    ];
    for (place, window) in ["primary", "secondary"].iter().zip(&plan.windows) {
        let left = window.resets_at.saturating_sub(now);
        for (what, value) in [
            ("used-percent", (window.used * 100.0).to_string()),
            ("window-minutes", window.name.minutes().to_string()),
            ("reset-at", window.resets_at.to_string()),
            ("reset-after-seconds", left.to_string()),
        ] {
            headers.push((format!("x-codex-{place}-{what}").into(), value));
        }
    }
    headers
}
