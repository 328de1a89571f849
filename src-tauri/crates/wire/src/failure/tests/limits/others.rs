//! Groq, Z.ai, Moonshot, Mistral, xAI and others.

use super::Expected::{Limit, Quota, RateLimit};
use super::Sample;

const CLAUDE_LIMIT: &str = r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit. Please try again later."},"request_id":"req_1"}"#;

pub(super) const SAMPLES: &[Sample] = &[
    // Groq: no header has a day's tokens.
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
    // Z.ai, "Errors": a day's calls. No reset is stated.
    Sample {
        source: "Z.ai 1304",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":"1304","message":"The daily call limit for this API has been reached. For further requests, please contact customer service to purchase."}}"#,
        expected: Quota,
    },
    Sample {
        source: "Z.ai 1304, in Chinese",
        status: 429,
        headers: &[],
        body: r#"{"error":{"code":"1304","message":"该 API 已达今日调用次数限额，如有更多需求，请联系客服购买"}}"#,
        expected: Quota,
    },
    Sample {
        source: "Z.ai 1304, its Messages endpoint, with a header",
        status: 429,
        headers: &[("retry-after", "7200")],
        body: r#"{"type":"error","error":{"type":"rate_limit_error","code":"1304","message":"[1304][The daily call limit for this API has been reached][20260622]"}}"#,
        expected: Limit("2026-06-21T22:04:00Z"),
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
    // MoonshotAI/kimi-cli#1599: no time is stated.
    Sample {
        source: "Moonshot, a day's tokens, without a time",
        status: 429,
        headers: &[],
        body: r#"{"error":{"message":"Your account org-1 / proj-1 <ak-1> request reached organization TPD rate limit, current: 1526210, limit: 1500000","type":"rate_limit_reached_error"}}"#,
        expected: Quota,
    },
    Sample {
        source: "the same, its Messages endpoint",
        status: 429,
        headers: &[],
        body: r#"{"type":"error","error":{"type":"rate_limit_reached_error","message":"Your account org-1<ak-1> request reached project TPD rate limit, current: 1500001, limit: 1500000, please try again after 3600 seconds"}}"#,
        expected: Limit("2026-06-21T21:04:00Z"),
    },
    // LLM-Red-Team/kimi-cc#41
    Sample {
        source: "Moonshot, a minute's tokens",
        status: 429,
        headers: &[],
        body: r#"{"error":{"type":"rate_limit_reached_error","message":"Your account org-1 / proj-1 <ak-1> request reached project TPM rate limit, current: 1410, limit: 100"}}"#,
        expected: RateLimit(None),
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
