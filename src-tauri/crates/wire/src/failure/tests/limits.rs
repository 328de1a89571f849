//! What each vendor says when too much is asked of it: class, and how long it lasts. Every row has its source.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Class, Failure};
use super::{failure, in_stream, now};

struct Sample {
    source: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    /// Seconds to wait, where they are told.
    RateLimit(Option<f64>),
    /// Until then.
    Limit(&'static str),
    Quota,
    Transient,
}

use Expected::{Limit, Quota, RateLimit, Transient};

/// `now` is 2026-06-21T20:04:00Z, which is 1782072240.
const CLAUDE_LIMIT: &str = r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit. Please try again later."},"request_id":"req_1"}"#;
const OVERLOADED: &str =
    r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
const OPENAI_QUOTA: &str = r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#;

macro_rules! gemini {
    ($words:literal, $details:literal) => {
        concat!(
            r#"[{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/usage?tab=rate-limit. \n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 10, model: gemini-2.5-flash\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_input_token_count, limit: 250000, model: gemini-2.5-flash\n"#,
            $words,
            r#"","status":"RESOURCE_EXHAUSTED","details":["#,
            $details,
            r#"]}}]"#
        )
    };
}

const SAMPLES: &[Sample] = &[
    // Anthropic, a login (Claude Code 2.1.332, measured; lidge-jun/opencodex#3809).
    Sample {
        source: "Claude plan, the five hours are used up",
        status: 429,
        headers: &[
            ("anthropic-ratelimit-unified-status", "rejected"),
            ("anthropic-ratelimit-unified-reset", "1782079440"),
            (
                "anthropic-ratelimit-unified-representative-claim",
                "five_hour",
            ),
            ("anthropic-ratelimit-unified-5h-status", "rejected"),
            ("anthropic-ratelimit-unified-5h-reset", "1782079440"),
            ("anthropic-ratelimit-unified-5h-utilization", "1.02"),
            ("anthropic-ratelimit-unified-7d-status", "allowed"),
            ("anthropic-ratelimit-unified-7d-reset", "1782432240"),
        ],
        body: CLAUDE_LIMIT,
        expected: Limit("2026-06-21T22:04:00Z"),
    },
    Sample {
        source: "the same, the week too: both must be over",
        status: 429,
        headers: &[
            ("anthropic-ratelimit-unified-reset", "1782079440"),
            (
                "anthropic-ratelimit-unified-representative-claim",
                "five_hour",
            ),
            ("anthropic-ratelimit-unified-5h-status", "rejected"),
            ("anthropic-ratelimit-unified-5h-reset", "1782079440"),
            ("anthropic-ratelimit-unified-7d-status", "rejected"),
            ("anthropic-ratelimit-unified-7d-reset", "1782432240"),
            ("retry-after", "7999"),
        ],
        body: CLAUDE_LIMIT,
        expected: Limit("2026-06-26T00:04:00Z"),
    },
    Sample {
        source: "the same with `overage-status` alone (cnighswonger/claude-code-cache-fix#121)",
        status: 429,
        headers: &[
            ("anthropic-ratelimit-unified-overage-status", "rejected"),
            ("anthropic-ratelimit-unified-overage-reset", "1784664240"),
            (
                "anthropic-ratelimit-unified-overage-disabled-reason",
                "org_level_disabled",
            ),
            ("anthropic-ratelimit-unified-reset", "1782079440"),
        ],
        body: CLAUDE_LIMIT,
        expected: Limit("2026-06-21T22:04:00Z"),
    },
    Sample {
        source: "the same without resets, with retry-after",
        status: 429,
        headers: &[
            (
                "anthropic-ratelimit-unified-representative-claim",
                "seven_day",
            ),
            ("retry-after", "7999"),
        ],
        body: CLAUDE_LIMIT,
        expected: Limit("2026-06-21T22:17:19Z"),
    },
    Sample {
        source: "the same with nothing that says until when",
        status: 429,
        headers: &[(
            "anthropic-ratelimit-unified-representative-claim",
            "seven_day",
        )],
        body: CLAUDE_LIMIT,
        expected: Quota,
    },
    Sample {
        source: "Claude plan, a throttle: the windows stand on every answer",
        status: 429,
        headers: &[
            ("anthropic-ratelimit-unified-status", "allowed"),
            ("anthropic-ratelimit-unified-reset", "1782079440"),
            ("anthropic-ratelimit-unified-5h-status", "allowed"),
            ("anthropic-ratelimit-unified-5h-reset", "1782079440"),
            ("anthropic-ratelimit-unified-7d-reset", "1782432240"),
        ],
        body: CLAUDE_LIMIT,
        expected: RateLimit(None),
    },
    Sample {
        source: "the same with a wait",
        status: 429,
        headers: &[
            ("anthropic-ratelimit-unified-reset", "1782079440"),
            ("retry-after", "3"),
        ],
        body: CLAUDE_LIMIT,
        expected: RateLimit(Some(3.0)),
    },
    Sample {
        source: "overloaded, with the plan's reset hours ahead (better-ccflare, constants.ts)",
        status: 529,
        headers: &[
            ("anthropic-ratelimit-unified-reset", "1782079440"),
            (
                "anthropic-ratelimit-unified-representative-claim",
                "five_hour",
            ),
        ],
        body: OVERLOADED,
        expected: Transient,
    },
    Sample {
        source: "Claude plan, usage credits needed (Claude Code 2.1.332)",
        status: 429,
        headers: &[
            (
                "anthropic-ratelimit-unified-representative-claim",
                "seven_day_opus",
            ),
            ("anthropic-ratelimit-unified-reset", "1782079440"),
        ],
        body: r#"{"type":"error","error":{"type":"rate_limit_error","message":"Usage credits are required for this model.","details":{"error_code":"credits_required","can_user_purchase_credits":true}}}"#,
        expected: Quota,
    },
    // Anthropic, a key.
    Sample {
        source: "Anthropic docs, Rate limits",
        status: 429,
        headers: &[
            ("retry-after", "21"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2026-06-21T20:04:40Z"),
        ],
        body: r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed the rate limit for your organization of 50 requests per minute."}}"#,
        expected: RateLimit(Some(21.0)),
    },
    Sample {
        source: "the same without retry-after",
        status: 429,
        headers: &[
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            (
                "anthropic-ratelimit-input-tokens-reset",
                "2026-06-21T20:04:40Z",
            ),
            ("anthropic-ratelimit-requests-remaining", "40"),
            ("anthropic-ratelimit-requests-reset", "2026-06-21T20:04:59Z"),
        ],
        body: r#"{"type":"error","error":{"type":"rate_limit_error","message":"Number of request tokens has exceeded your per-minute rate limit"}}"#,
        expected: RateLimit(Some(40.0)),
    },
    Sample {
        source: "anthropics/claude-code#66314",
        status: 400,
        headers: &[],
        body: r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."}}"#,
        expected: Quota,
    },
    Sample {
        source: "the owner's own cap, with a time",
        status: 400,
        headers: &[],
        body: r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified workspace API usage limits. You will regain access on 2026-07-01 at 00:00 UTC."}}"#,
        expected: Limit("2026-07-01T00:00:00Z"),
    },
    Sample {
        source: "the same as ISO time",
        status: 400,
        headers: &[],
        body: r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-07-01T06:30:00Z."}}"#,
        expected: Limit("2026-07-01T06:30:00Z"),
    },
    Sample {
        source: "the same as a bare date",
        status: 400,
        headers: &[],
        body: r#"{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2026-07-01."}}"#,
        expected: Limit("2026-07-01T00:00:00Z"),
    },
    Sample {
        source: "Claude Code docs, Errors: Claude apps gateway",
        status: 429,
        headers: &[("x-should-retry", "false")],
        body: r#"{"type":"error","error":{"type":"rate_limit_error","message":"spend limit reached (daily; resets 2026-06-22 00:00 UTC)"}}"#,
        expected: Limit("2026-06-22T00:00:00Z"),
    },
    // OpenAI and Codex.
    Sample {
        source: "earendil-works/pi#4172: a ChatGPT plan",
        status: 429,
        headers: &[
            ("x-codex-active-limit", "codex"),
            ("x-codex-primary-used-percent", "100"),
            ("x-codex-primary-window-minutes", "300"),
            ("x-codex-primary-reset-at", "1782086112"),
            ("x-codex-primary-reset-after-seconds", "13872"),
            ("x-codex-secondary-used-percent", "80"),
            ("x-codex-secondary-reset-at", "1782432240"),
        ],
        body: r#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"plus","resets_at":1782086112,"eligible_promo":null,"resets_in_seconds":13872}}"#,
        expected: Limit("2026-06-21T23:55:12Z"),
    },
    Sample {
        source: "the same, from the body alone",
        status: 429,
        headers: &[],
        body: r#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","plan_type":"plus","resets_at":1782086112,"resets_in_seconds":13872}}"#,
        expected: Limit("2026-06-21T23:55:12Z"),
    },
    Sample {
        source: "the same, with seconds alone",
        status: 429,
        headers: &[],
        body: r#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached","resets_in_seconds":13872}}"#,
        expected: Limit("2026-06-21T23:55:12Z"),
    },
    Sample {
        source: "the same, from the headers alone; the week too (icebear0828/codex-proxy#65 writes empty resets)",
        status: 429,
        headers: &[
            ("x-codex-primary-used-percent", "100.0"),
            ("x-codex-primary-reset-at", ""),
            ("x-codex-primary-reset-after-seconds", "13872"),
            ("x-codex-bengalfox-secondary-used-percent", "101"),
            ("x-codex-bengalfox-secondary-reset-at", "1782432240"),
        ],
        body: r#"{"detail":"Too many requests"}"#,
        expected: Limit("2026-06-26T00:04:00Z"),
    },
    Sample {
        source: "the same, with nothing that says until when",
        status: 429,
        headers: &[],
        body: r#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached"}}"#,
        expected: Quota,
    },
    Sample {
        source: "codex-rs: a login without a plan",
        status: 429,
        headers: &[],
        body: r#"{"error":{"type":"usage_not_included","message":"To use Codex with your ChatGPT plan, upgrade to Plus."}}"#,
        expected: Quota,
    },
    Sample {
        source: "OpenAI, Error codes",
        status: 429,
        headers: &[],
        body: OPENAI_QUOTA,
        expected: Quota,
    },
    Sample {
        source: "the same, whatever a proxy in front adds",
        status: 429,
        headers: &[("retry-after", "1"), ("x-ratelimit-reset-requests", "1s")],
        body: OPENAI_QUOTA,
        expected: Quota,
    },
    Sample {
        source: "OpenAI, Rate limits: the words are about this request, the headers about all of a minute and a day",
        status: 429,
        headers: &[
            ("x-ratelimit-remaining-requests", "9999"),
            ("x-ratelimit-reset-requests", "8m38s"),
            ("x-ratelimit-remaining-tokens", "120"),
            ("x-ratelimit-reset-tokens", "17s"),
        ],
        body: r#"{"error":{"message":"Rate limit reached for gpt-6 in organization org-x on tokens per min (TPM): Limit 30000, Used 29880, Requested 5000. Please try again in 9.998s. Visit https://platform.openai.com/account/rate-limits to learn more.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#,
        expected: RateLimit(Some(9.998)),
    },
    Sample {
        source: "OpenAI, a day's requests",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Rate limit reached for gpt-6 in organization org-x on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#,
        expected: Limit("2026-06-21T20:11:12Z"),
    },
    Sample {
        source: "Azure OpenAI",
        status: 429,
        headers: &[
            ("retry-after", "26"),
            ("x-ratelimit-remaining-tokens", "-27689"),
            ("x-ratelimit-reset-tokens", "64"),
        ],
        body: r#"{"error":{"code":"429","message":"Requests to the ChatCompletions_Create Operation have exceeded call rate limit of your current pricing tier. Please retry after 26 seconds."}}"#,
        expected: RateLimit(Some(26.0)),
    },
    Sample {
        source: "the same, words alone",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":"429","message":"Requests have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 26 seconds."}}"#,
        expected: RateLimit(Some(26.0)),
    },
    // Google.
    Sample {
        source: "diegosouzapw/OmniRoute#9504: a minute's requests",
        status: 429,
        headers: &[],
        body: gemini!(
            "Please retry in 2.0s.",
            r#"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"m","quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"10"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"}"#
        ),
        expected: RateLimit(Some(2.0)),
    },
    Sample {
        source: "the same, a minute's tokens",
        status: 429,
        headers: &[],
        body: gemini!(
            "Please retry in 12.5s.",
            r#"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateContentInputTokensPerModelPerMinute-FreeTier"}]}"#
        ),
        expected: RateLimit(Some(12.5)),
    },
    Sample {
        source: "the same, words alone, in milliseconds",
        status: 429,
        headers: &[],
        body: gemini!("Please retry in 800ms.", ""),
        expected: RateLimit(Some(0.8)),
    },
    Sample {
        source: "the same, the delay alone",
        status: 429,
        headers: &[],
        body: gemini!(
            "",
            r#"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.074824224s"}"#
        ),
        expected: RateLimit(Some(34.074_824_224)),
    },
    Sample {
        source: "google-gemini/gemini-cli#14831: a day's requests, with a short delay: until midnight in California",
        status: 429,
        headers: &[],
        body: gemini!(
            "Please retry in 25s.",
            r#"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaValue":"50"},{"quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaValue":"10"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"25s"}"#
        ),
        expected: Limit("2026-06-22T07:00:00Z"),
    },
    Sample {
        source: "the same with the whole delay",
        status: 429,
        headers: &[],
        body: gemini!(
            "",
            r#"{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"39360s"}"#
        ),
        expected: Limit("2026-06-22T07:00:00Z"),
    },
    Sample {
        source: "a free tier without any allowance for the model",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details. \n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: gemini-3-pro\nPlease retry in 36.5s.","status":"RESOURCE_EXHAUSTED"}}"#,
        expected: Quota,
    },
    Sample {
        source: "the words alone: spent, or never allowed",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED"}}"#,
        expected: Quota,
    },
    Sample {
        source: "Vertex AI, busy",
        status: 429,
        headers: &[],
        body: r#"[{"error":{"code":429,"message":"Resource exhausted. Please try again later. Please refer to https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429 for more details.","status":"RESOURCE_EXHAUSTED"}}]"#,
        expected: RateLimit(None),
    },
    Sample {
        source: "gke-labs/kubectl-ai#1215: Gemini CLI's service",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":429,"message":"You have exhausted your capacity on this model. Your quota will reset after 3h12m7s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"QUOTA_EXHAUSTED","metadata":{"model":"gemini-3-pro","quotaResetDelay":"3h12m7.5s","quotaResetTimeStamp":"2026-06-21T23:16:07Z"}},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"11527.5s"}]}}"#,
        expected: Limit("2026-06-21T23:16:07Z"),
    },
    Sample {
        source: "the same, a throttle (router-for-me/CLIProxyAPI, antigravity tests)",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":429,"message":"You have exhausted your capacity on this model. Your quota will reset after 0s.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED","metadata":{"quotaResetDelay":"479.417207ms","quotaResetTimeStamp":"2026-06-21T20:04:01Z"}},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"0.479417207s"}]}}"#,
        expected: RateLimit(Some(0.479_417_207)),
    },
    // Groq: no header tells of a day's tokens.
    Sample {
        source: "Groq, a day's tokens (many recordings)",
        status: 429,
        headers: &[
            ("retry-after", "661"),
            ("x-ratelimit-remaining-tokens", "5000"),
            ("x-ratelimit-reset-tokens", "1.2s"),
        ],
        body: r#"{"error":{"message":"Rate limit reached for model `openai/gpt-oss-120b` in organization `org_1` service tier `on_demand` on tokens per day (TPD): Limit 200000, Used 197494, Requested 4035. Please try again in 11m0.528s. Need more tokens? Upgrade to Dev Tier today","type":"tokens","code":"rate_limit_exceeded"}}"#,
        expected: Limit("2026-06-21T20:15:01Z"),
    },
    Sample {
        source: "the same, words alone, with a blank",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Rate limit reached for model `x` on requests per day (RPD): Limit 1000, Used 1000, Requested 1. Please try again in 6m 11.5s.","type":"requests","code":"rate_limit_exceeded"}}"#,
        expected: Limit("2026-06-21T20:10:11.5Z"),
    },
    Sample {
        source: "Groq, a minute's tokens",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Rate limit reached for model `x` on tokens per minute (TPM): Limit 8000, Used 7000, Requested 4035. Please try again in 22.76s.","type":"tokens","code":"rate_limit_exceeded"}}"#,
        expected: RateLimit(Some(22.76)),
    },
    // Z.ai: zone-less Beijing time (can1357/oh-my-pi#11014).
    Sample {
        source: "Z.ai 1308, five hours",
        status: 429,
        headers: &[],
        body: r#"{"type":"error","error":{"type":"rate_limit_error","code":"1308","message":"[1308][Usage limit reached for 5 hour. Your limit will reset at 2026-06-22 05:35:41][20260622]"},"request_id":"r"}"#,
        expected: Limit("2026-06-21T21:35:41Z"),
    },
    Sample {
        source: "Z.ai 1310, a week",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":"1310","message":"Weekly/Monthly Limit Exhausted. Your limit will reset at 2026-06-25 12:05:49"}}"#,
        expected: Limit("2026-06-25T04:05:49Z"),
    },
    Sample {
        source: "Z.ai 1302",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":"1302","message":"Rate limit reached for requests"}}"#,
        expected: RateLimit(None),
    },
    Sample {
        source: "Z.ai 1113",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":"1113","message":"Insufficient balance or no resource package. Please recharge."}}"#,
        expected: Quota,
    },
    // Moonshot (platform.kimi.ai, "Errors").
    Sample {
        source: "Moonshot, requests a minute",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Your account org-1<ak-1> request reached organization max RPM: 3, please try again after 1 seconds","type":"rate_limit_reached_error"}}"#,
        expected: RateLimit(Some(1.0)),
    },
    Sample {
        source: "Moonshot, requests at once",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Your account org-1<ak-1> request reached organization max concurrency: 1, please try again after 1 seconds","type":"rate_limit_reached_error"}}"#,
        expected: RateLimit(Some(1.0)),
    },
    Sample {
        source: "Moonshot, a day's tokens",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Your account org-1<ak-1> request reached organization TPD rate limit, current: 1500001, limit: 1500000, please try again after 3600 seconds","type":"rate_limit_reached_error"}}"#,
        expected: Limit("2026-06-21T21:04:00Z"),
    },
    Sample {
        source: "Moonshot, no balance",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"You exceeded your current token quota: <org-1> 0, please check your account balance","type":"exceeded_current_quota_error"}}"#,
        expected: Quota,
    },
    Sample {
        source: "Moonshot, busy",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"The engine is currently overloaded, please try again later","type":"engine_overloaded_error"}}"#,
        expected: RateLimit(None),
    },
    // Others.
    Sample {
        source: "Mistral, requests",
        status: 429,
        headers: &[
            ("x-ratelimit-limit-req-minute", "60"),
            ("x-ratelimit-remaining-req-minute", "0"),
        ],
        body: r#"{"object":"error","message":"Requests rate limit exceeded","type":"rate_limited","param":null,"code":"1300"}"#,
        expected: RateLimit(None),
    },
    Sample {
        source: "Mistral, capacity",
        status: 429,
        headers: &[],
        body: r#"{"object":"error","message":"Service tier capacity exceeded for this model.","type":"service_tier_capacity_exceeded","param":null,"code":"3505"}"#,
        expected: RateLimit(None),
    },
    Sample {
        source: "xAI, no credits",
        status: 429,
        headers: &[],
        body: r#"{"code":"Some resource has been exhausted","error":"Your team 1 has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit."}"#,
        expected: Quota,
    },
    Sample {
        source: "xAI, requests",
        status: 429,
        headers: &[("retry-after", "2")],
        body: r#"{"code":"The service is currently at capacity","error":"Too many requests for team 1 and model grok-4. Your team's rate limit is - Requests per Second (actual/limit): 3/2"}"#,
        expected: RateLimit(Some(2.0)),
    },
    Sample {
        source: "OpenRouter, a day of free models",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1782086400000"},"provider_name":null}},"user_id":"u"}"#,
        expected: Limit("2026-06-22T00:00:00Z"),
    },
    Sample {
        source: "the same in headers",
        status: 429,
        headers: &[
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1782086400000"),
        ],
        body: r#"{"error":{"message":"Rate limit exceeded: free-models-per-day","code":429}}"#,
        expected: Limit("2026-06-22T00:00:00Z"),
    },
    Sample {
        source: "OpenRouter, a minute of free models",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Rate limit exceeded: free-models-per-min. ","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"20","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1782072270000"}}}}"#,
        expected: RateLimit(Some(30.0)),
    },
    Sample {
        source: "OpenRouter, Gemini behind it",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Provider returned error","code":429,"metadata":{"raw":"{\"error\":{\"code\":429,\"message\":\"You exceeded your current quota\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"7s\"}]}}","provider_name":"Google AI Studio"}}}"#,
        expected: RateLimit(Some(7.0)),
    },
    Sample {
        source: "OpenRouter docs, Errors",
        status: 402,
        headers: &[],
        body: r#"{"error":{"message":"This request requires more credits, or fewer max_tokens. You requested up to 65536 tokens, but can only afford 55314.","code":402,"metadata":{"provider_name":null}}}"#,
        expected: Quota,
    },
    Sample {
        source: "DeepSeek docs, Error codes",
        status: 402,
        headers: &[],
        body: r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","param":null,"code":"invalid_request_error"}}"#,
        expected: Quota,
    },
    Sample {
        source: "Bedrock, a day, without a time",
        status: 429,
        headers: &[("x-amzn-errortype", "ThrottlingException")],
        body: r#"{"message":"Too many tokens per day, please wait before trying again."}"#,
        expected: Quota,
    },
    Sample {
        source: "Bedrock, a moment",
        status: 429,
        headers: &[("x-amzn-errortype", "ThrottlingException")],
        body: r#"{"message":"Too many requests, please wait before trying again."}"#,
        expected: RateLimit(None),
    },
    Sample {
        source: "Cerebras docs, Rate limits: a day's tokens",
        status: 429,
        headers: &[
            ("x-ratelimit-remaining-tokens-day", "0"),
            ("x-ratelimit-reset-tokens-day", "14160.5"),
        ],
        body: r#"{"message":"Tokens per day limit exceeded - too many tokens processed.","type":"too_many_tokens_error","param":"quota","code":"token_quota_exceeded"}"#,
        expected: Limit("2026-06-22T00:00:00.5Z"),
    },
    Sample {
        source: "GitHub Models",
        status: 429,
        headers: &[("x-ratelimit-timeremaining", "46387")],
        body: r#"{"error":{"code":"RateLimitReached","message":"Rate limit of 50 per 86400s exceeded for UserByModelByDay. Please wait 46387 seconds before retrying."}}"#,
        expected: Limit("2026-06-22T08:57:07Z"),
    },
    Sample {
        source: "RFC 9110, a date",
        status: 429,
        headers: &[("retry-after", "Sun, 21 Jun 2026 22:04:00 GMT")],
        body: "",
        expected: Limit("2026-06-21T22:04:00Z"),
    },
    Sample {
        source: "a reset that has passed",
        status: 429,
        headers: &[
            (
                "anthropic-ratelimit-unified-representative-claim",
                "five_hour",
            ),
            ("anthropic-ratelimit-unified-reset", "1782072230"),
        ],
        body: CLAUDE_LIMIT,
        expected: RateLimit(Some(0.0)),
    },
];

fn read(failure: &Failure) -> (Class, Option<Duration>, Option<DateTime<Utc>>) {
    (failure.class, failure.retry_after, failure.resets_at)
}

#[test]
fn what_each_vendor_says() {
    for sample in SAMPLES {
        let Sample {
            source,
            status,
            headers,
            body,
            expected,
        } = sample;
        let found = read(&failure(*status, headers, body));
        let expected = match *expected {
            RateLimit(seconds) => (Class::RateLimit, seconds.map(Duration::from_secs_f64), None),
            Quota => (Class::Quota, found.1, None),
            Transient => (Class::Transient, None, None),
            Limit(at) => {
                let at: DateTime<Utc> = at.parse().unwrap();
                let rounded = found.2.map(|found| {
                    if (found - at).abs() < TimeDelta::seconds(1) {
                        at
                    } else {
                        found
                    }
                });
                assert_eq!(rounded, Some(at), "{source}: {found:?}");
                let wait = found.1.unwrap();
                assert!(
                    (wait.as_secs_f64() - (at - now()).as_seconds_f64()).abs() < 1.0,
                    "{source}: {wait:?}"
                );
                (Class::Limit, found.1, found.2)
            }
        };
        assert_eq!(found, expected, "{source}");
    }
}

/// A limit is what a status and words make of it: without the status it is told by its words alone.
#[test]
fn in_a_stream_the_words_decide() {
    let table = [
        (
            "rate_limit_exceeded",
            "Rate limit reached for gpt-6 on tokens per min (TPM). Please try again in 11.054s.",
            Class::RateLimit,
        ),
        (
            "rate_limit_exceeded",
            "Rate limit reached on requests per day (RPD). Please try again in 7m12s.",
            Class::Limit,
        ),
        (
            "usage_limit_reached",
            "The usage limit has been reached. Try again in 3 days 22 hours 6 minutes.",
            Class::Limit,
        ),
        (
            "usage_limit_reached",
            "The usage limit has been reached",
            Class::Quota,
        ),
        (
            "rate_limit_error",
            "You will regain access on 2027-01-01 at 00:00 UTC: usage limit",
            Class::Limit,
        ),
        ("insufficient_quota", "Please try again in 2s", Class::Quota),
        (
            "429",
            "You exceeded your current quota. Please retry in 2.0s.",
            Class::RateLimit,
        ),
        (
            "tool_use_failed",
            "Failed to call a function. Please adjust your prompt.",
            Class::Transient,
        ),
    ];
    for (kind, message, class) in table {
        assert_eq!(in_stream(kind, message), class, "{kind}: {message}");
    }
}

/// Groq's 400s about what its model wrote (console.groq.com, "Tool use" and "Structured outputs").
#[test]
fn what_the_model_failed_at_is_not_the_callers_fault() {
    for body in [
        r#"{"error":{"message":"Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"<function=get_weather {\"city\": \"insufficient_quota\"}"}}"#,
        r#"{"error":{"message":"Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{"}}"#,
        r#"{"error":{"message":"Parsing failed. The model generated output that could not be parsed.","type":"invalid_request_error","code":"output_parse_failed"}}"#,
        r#"{"error":{"message":"Tool call validation failed: attempted to call tool 'x' which was not in request.tools","type":"invalid_request_error","failed_generation":""}}"#,
    ] {
        let failure = failure(400, &[], body);
        assert_eq!(
            (failure.class, failure.model_failed),
            (Class::Transient, true),
            "{body}"
        );
    }
    for (status, body) in [
        (400, r#"{"error":{"message":"tools[0] is not valid"}}"#),
        (500, ""),
        (409, ""),
    ] {
        assert!(!failure(status, &[], body).model_failed, "{status}");
    }
}
