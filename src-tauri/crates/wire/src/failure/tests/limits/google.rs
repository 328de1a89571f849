//! Gemini by key, and Vertex.

use super::Expected::{Limit, Quota, RateLimit};
use super::Sample;

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

pub(super) const SAMPLES: &[Sample] = &[
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
];
