//! OpenAI, by key and by ChatGPT plan (Codex).

use super::Expected::{Limit, Quota, RateLimit};
use super::Sample;

const OPENAI_QUOTA: &str = r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#;

pub(super) const SAMPLES: &[Sample] = &[
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
];
