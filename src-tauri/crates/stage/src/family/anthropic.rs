//! Anthropic.
//!
//! | what | source |
//! |---|---|
//! | error types and statuses, overload 529 | Anthropic docs, API errors |
//! | `context_management: Extra inputs are not permitted` | anthropics/claude-code#14135 |
//! | ``Unexpected value(s) `…` for the `anthropic-beta` header`` | Claude Code docs, LLM gateways |
//! | `temperature` with `top_p`, `max_tokens: N > M, …` | Anthropic docs, migration guide; quoted in many reports of 2025-2026 |
//! | `"thinking.type.enabled" is not supported for this model` | Agent SDK docs, troubleshooting |
//! | budgets, temperature and forced tools under thinking | Anthropic docs, extended thinking |
//! | `For 'integer' type, properties maximum, minimum are not supported` | Anthropic docs, structured outputs |
//! | credit balance, usage limits, rate limits, unified headers | anthropics/claude-code#66314; CLIProxyAPI#3169; cindy#2626 |
//! | cache: marks, 5 min or 1 h, minimum of 1024 tokens | Anthropic docs, prompt caching |

use catalog::Dialect;

use super::Vendor;
use super::vendor::{Call, Headers, Occasion, Overlong, Refusal, messages_envelope, never};
use crate::cache::CacheRules;
use crate::clock::rfc3339;
use crate::delivery::Traits;
use crate::plan::Plan;
use crate::trouble::Trouble;

mod fields;
pub(crate) mod history;
mod known;

pub(super) static VENDOR: Vendor = Vendor {
    name: "Anthropic",
    provider: known::PROVIDER,
    dialects: &[Dialect::Anthropic],
    models: &["claude-*"],
    window: 200_000,
    overlong: Overlong::Refused,
    refuses,
    words,
    envelope: |_, refusal| messages_envelope(refusal),
    in_stream: super::vendor::as_it_is,
    traits: Traits::PLAIN,
    thinks: never,
    cache: CacheRules::Marked { minimum: 1024 },
    limits,
    stores: false,
};

fn refuses(call: &Call<'_>) -> Result<(), Refusal> {
    fields::check(call)
        .and_then(|()| history::check(call.body).map_err(|violation| violation.to_string()))
        .map_err(|message| Refusal::new(400, "invalid_request_error", message))
}

fn words(trouble: Trouble, of: &Occasion<'_>) -> Option<Refusal> {
    let invalid = |message: String| Refusal::new(400, "invalid_request_error", message);
    Some(match trouble {
        Trouble::Overflow => invalid(format!(
            "prompt is too long: {} tokens > {} maximum",
            of.too_many(),
            of.window
        )),
        Trouble::RateLimit => Refusal::new(
            429,
            "rate_limit_error",
            "This request would exceed the rate limit for your organization of 50 requests per minute. For details, refer to: https://docs.claude.com/en/api/rate-limits.",
        )
        .header("retry-after", 12)
        .header("anthropic-ratelimit-requests-limit", 50)
        .header("anthropic-ratelimit-requests-remaining", 0)
        .header("anthropic-ratelimit-requests-reset", rfc3339(of.now + 12)),
        Trouble::Quota => invalid(
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."
                .to_owned(),
        ),
        Trouble::PlanLimit => plan_limit(&of.plan()),
        Trouble::KeyRefused => Refusal::new(401, "authentication_error", "invalid x-api-key"),
        Trouble::Overload => Refusal::new(529, "overloaded_error", "Overloaded"),
        Trouble::Declined => invalid("Output blocked by content filtering policy".to_owned()),
        Trouble::NoModel => {
            Refusal::new(404, "not_found_error", format!("model: {}", of.model))
        }
        Trouble::Internal => Refusal::new(500, "api_error", "Internal server error"),
        // Its limits are per minute; a malformed call of the model arrives as a response.
        Trouble::RateLimitDay | Trouble::ToolUseFailed => return None,
    })
}

/// A used-up plan: a 429 that differs from a throttle in its headers.
fn plan_limit(plan: &Plan) -> Refusal {
    let refusal = Refusal::new(
        429,
        "rate_limit_error",
        "This request would exceed your account's rate limit. Please try again later.",
    );
    let headers = unified(plan);
    Refusal { headers, ..refusal }
}

fn limits(of: &Occasion<'_>) -> Headers {
    match of.plan {
        Some(plan) => unified(&plan.now(of.now)),
        None => by_key(of),
    }
}

/// The windows of a login. Utilization is a fraction, resets are Unix seconds.
fn unified(plan: &Plan) -> Headers {
    let mut headers = Headers::new();
    let mut add = |name: String, value: String| headers.push((name.into(), value));
    for window in &plan.windows {
        let name = window.name.header();
        let prefix = format!("anthropic-ratelimit-unified-{name}");
        let status = status(window.used);
        add(format!("{prefix}-status"), status.to_owned());
        add(format!("{prefix}-utilization"), window.used.to_string());
        add(format!("{prefix}-reset"), window.resets_at.to_string());
        if status == "allowed_warning" {
            let threshold = if window.used >= 0.9 { "0.9" } else { "0.75" };
            add(
                format!("{prefix}-surpassed-threshold"),
                threshold.to_owned(),
            );
        }
    }
    let Some(tightest) = plan.tightest() else {
        return headers;
    };
    let status = status(tightest.used);
    for (name, value) in [
        ("anthropic-ratelimit-unified-status", status.to_owned()),
        (
            "anthropic-ratelimit-unified-reset",
            tightest.resets_at.to_string(),
        ),
        (
            "anthropic-ratelimit-unified-representative-claim",
            tightest.name.claim().to_owned(),
        ),
        (
            "anthropic-ratelimit-unified-fallback-percentage",
            "0.5".to_owned(),
        ),
        (
            "anthropic-ratelimit-unified-overage-status",
            "rejected".to_owned(),
        ),
        (
            "anthropic-ratelimit-unified-overage-disabled-reason",
            "org_level_disabled".to_owned(),
        ),
    ] {
        headers.push((name.into(), value));
    }
    headers
}

fn status(used: f64) -> &'static str {
    match used {
        1.0.. => "rejected",
        0.75.. => "allowed_warning",
        _ => "allowed",
    }
}

/// The rate limits of a key: the reset is the time at which the limit is fully available again.
fn by_key(of: &Occasion<'_>) -> Headers {
    let soon = rfc3339(of.now + 1);
    let left = |limit: u64| limit.saturating_sub(of.tokens).to_string();
    let headers = [
        ("anthropic-ratelimit-requests-limit", "1000".to_owned()),
        ("anthropic-ratelimit-requests-remaining", "999".to_owned()),
        ("anthropic-ratelimit-requests-reset", soon.clone()),
        (
            "anthropic-ratelimit-input-tokens-limit",
            "2000000".to_owned(),
        ),
        (
            "anthropic-ratelimit-input-tokens-remaining",
            left(2_000_000),
        ),
        ("anthropic-ratelimit-input-tokens-reset", soon.clone()),
        (
            "anthropic-ratelimit-output-tokens-limit",
            "400000".to_owned(),
        ),
        (
            "anthropic-ratelimit-output-tokens-remaining",
            "400000".to_owned(),
        ),
        ("anthropic-ratelimit-output-tokens-reset", soon.clone()),
        ("anthropic-ratelimit-tokens-limit", "2400000".to_owned()),
        ("anthropic-ratelimit-tokens-remaining", left(2_400_000)),
        ("anthropic-ratelimit-tokens-reset", soon),
        (
            "anthropic-organization-id",
            "00000000-0000-4000-8000-000000000000".to_owned(),
        ),
    ];
    headers.map(|(name, value)| (name.into(), value)).into()
}
