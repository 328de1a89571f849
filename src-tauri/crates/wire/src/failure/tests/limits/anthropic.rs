//! Anthropic, by login and by key.

use super::Expected::{Limit, Quota, RateLimit, Transient};
use super::Sample;

const CLAUDE_LIMIT: &str = r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your account's rate limit. Please try again later."},"request_id":"req_1"}"#;
const OVERLOADED: &str =
    r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;

pub(super) const SAMPLES: &[Sample] = &[
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
];
