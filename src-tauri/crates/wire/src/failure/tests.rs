use std::time::Duration;

use catalog::Dialect;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use proptest::prelude::*;

use super::limit::{LONGEST_LIMIT, LONGEST_WAIT};
use super::mask::without_keys;
use super::{ErrorText, Failure, FailureClass, classify};
use crate::Broken;

mod limits;
mod rows;
mod rules;

fn in_stream(kind: &str, message: &str) -> FailureClass {
    let broken = Broken::ErrorEvent {
        kind: kind.to_owned(),
        message: message.to_owned(),
    };
    super::classify_broken(&[], &broken).0
}

fn now() -> DateTime<Utc> {
    "2026-06-21T20:04:00Z".parse().unwrap()
}

fn failure(status: u16, headers: &[(&str, &str)], body: &str) -> Failure {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        })
        .collect();
    let status = StatusCode::from_u16(status).unwrap();
    classify(Dialect::Anthropic, status, &headers, body.as_bytes(), now())
}

#[test]
fn classes() {
    use FailureClass as C;
    let table: &[(u16, &str, FailureClass)] = &[
        (500, "", C::Transient),
        (
            502,
            "<html><title>502 Bad Gateway</title></html>",
            C::Transient,
        ),
        (
            503,
            r#"{"error":{"message":"The server is overloaded","type":"server_error"}}"#,
            C::Transient,
        ),
        (
            529,
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            C::Transient,
        ),
        (408, "", C::Transient),
        (409, "", C::Transient),
        (302, "", C::Transient),
        (
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"Number of request tokens has exceeded your per-minute rate limit"}}"#,
            C::RateLimit,
        ),
        (
            413,
            r#"{"error":{"message":"Request too large for model on tokens per minute (TPM)","code":"rate_limit_exceeded"}}"#,
            C::RateLimit,
        ),
        (
            429,
            r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}"#,
            C::Quota,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits."}}"#,
            C::Quota,
        ),
        (
            429,
            r#"{"type":"error","error":{"type":"rate_limit_error","message":"This organization has reached its spend limit","error_code":"enforced_spend_limit_reached"}}"#,
            C::Quota,
        ),
        (402, "", C::Quota),
        (
            403,
            r#"{"error":{"message":"Key limit exceeded (total limit)","code":403}}"#,
            C::Quota,
        ),
        (
            400,
            r#"{"error":{"message":"Budget has been exceeded! Current cost: 1.2","type":"budget_exceeded"}}"#,
            C::Quota,
        ),
        (
            429,
            r#"{"error":{"type":"usage_limit_reached","message":"The usage limit has been reached"}}"#,
            C::Quota,
        ),
        (
            401,
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
            C::Credential,
        ),
        (403, "", C::Credential),
        (
            400,
            r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#,
            C::Credential,
        ),
        (
            404,
            r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-1"}}"#,
            C::ModelGone,
        ),
        (404, "", C::ModelGone),
        (
            403,
            r#"{"error":{"message":"Project `proj_x` does not have access to model `gpt-5`","type":"invalid_request_error","code":"model_not_found"}}"#,
            C::ModelGone,
        ),
        (
            400,
            r#"{"error":{"message":"foo/bar is not a valid model ID","code":400}}"#,
            C::ModelGone,
        ),
        (
            404,
            r#"{"error":{"message":"Previous response with id 'resp_1' not found.","code":"previous_response_not_found"}}"#,
            C::Caller,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one message is required"}}"#,
            C::Caller,
        ),
        // The start of the client's system prompt is not a billing error.
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"x-anthropic-billing-header is a reserved keyword and may not be used in the system prompt."}}"#,
            C::Caller,
        ),
        (
            413,
            r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#,
            C::Caller,
        ),
        (
            422,
            r#"{"detail":[{"loc":["body","model"],"msg":"field required","type":"value_error.missing"}]}"#,
            C::Caller,
        ),
        (
            400,
            r#"{"error":{"message":"This model's maximum context length is 128000 tokens.","code":"context_length_exceeded"}}"#,
            C::ContextTooLong,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
            C::ContextTooLong,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000"}}"#,
            C::ContextTooLong,
        ),
        (
            400,
            r#"{"error":{"message":"Your request was rejected as a result of our safety system.","code":"content_policy_violation"}}"#,
            C::ContentPolicy,
        ),
        (
            400,
            r#"{"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}}"#,
            C::ContentPolicy,
        ),
    ];
    for (status, body, class) in table {
        assert_eq!(failure(*status, &[], body).class, *class, "{status} {body}");
    }
}

#[test]
fn classes_of_error_events() {
    let table = [
        ("overloaded_error", "Overloaded", FailureClass::Transient),
        ("server_error", "", FailureClass::Transient),
        ("rate_limit_exceeded", "", FailureClass::RateLimit),
        ("insufficient_quota", "", FailureClass::Quota),
        ("context_length_exceeded", "", FailureClass::ContextTooLong),
        ("authentication_error", "", FailureClass::Credential),
        (
            "invalid_request_error",
            "messages: roles must alternate",
            FailureClass::Caller,
        ),
        ("429", "slow down", FailureClass::RateLimit),
        ("502", "Provider disconnected", FailureClass::Transient),
    ];
    for (kind, message, class) in table {
        assert_eq!(in_stream(kind, message), class, "{kind}");
    }
}

#[test]
fn other_faults_of_a_response_are_transient() {
    for broken in [
        Broken::Cut,
        Broken::NoStopReason,
        Broken::Empty,
        Broken::NotAResponse("HTML: insufficient_quota".to_owned()),
    ] {
        assert_eq!(
            super::classify_broken(&[], &broken).0,
            FailureClass::Transient
        );
    }
}

#[test]
fn should_retry_makes_a_caller_error_transient() {
    assert_eq!(
        failure(400, &[("x-should-retry", "true")], "").class,
        FailureClass::Transient
    );
    assert_eq!(
        failure(400, &[("x-should-retry", "false")], "").class,
        FailureClass::Caller
    );
    assert_eq!(
        failure(401, &[("x-should-retry", "true")], "").class,
        FailureClass::Credential
    );
    assert!(failure(503, &[("x-should-retry", "false")], "").forbids_retry);
    assert!(!failure(503, &[("x-should-retry", "true")], "").forbids_retry);
    assert!(!failure(503, &[], "").forbids_retry);
}

/// Headers, and the wait in milliseconds.
type Wait<'a> = (&'a [(&'a str, &'a str)], Option<u64>);

#[test]
fn waits() {
    let table: &[Wait<'_>] = &[
        (&[], None),
        (&[("retry-after", "2")], Some(2_000)),
        (&[("retry-after", "1.5")], Some(1_500)),
        (&[("retry-after", "0")], Some(0)),
        (&[("retry-after", "-5")], Some(0)),
        (&[("retry-after", "1000000000")], Some(3_600_000)),
        (&[("retry-after", "1e300")], Some(3_600_000)),
        (&[("retry-after", "NaN")], None),
        (&[("retry-after", "soon")], None),
        (
            &[("retry-after", "Sun, 21 Jun 2026 20:04:30 GMT")],
            Some(30_000),
        ),
        (&[("retry-after", "Sun, 21 Jun 2026 20:00:00 GMT")], Some(0)),
        (
            &[("retry-after-ms", "250"), ("retry-after", "9")],
            Some(250),
        ),
        (&[("x-ratelimit-reset-tokens", "6m0s")], Some(360_000)),
        (&[("x-ratelimit-reset-requests", "120ms")], Some(120)),
        // Longer than any per-minute window: a limit, which is not clamped.
        (
            &[("x-ratelimit-reset-requests", "1h2m3.5s")],
            Some(3_723_500),
        ),
        (
            &[
                ("x-ratelimit-reset-requests", "7"),
                ("x-ratelimit-reset-tokens", "5m"),
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-remaining-tokens", "800"),
            ],
            Some(7_000),
        ),
        (
            &[
                ("anthropic-ratelimit-tokens-reset", "2026-06-21T20:04:10Z"),
                ("anthropic-ratelimit-tokens-remaining", "0"),
            ],
            Some(10_000),
        ),
        (&[("x-ratelimit-reset", "1782072270000")], Some(30_000)),
        // Every response has the headers of a subscription's windows, also that of a throttle.
        (
            &[("anthropic-ratelimit-unified-5h-reset", "1782072300")],
            None,
        ),
        (&[("retry-after-ms", "-1")], Some(0)),
        (&[("retry-after-ms", "1e18")], Some(3_600_000)),
        (&[("x-ms-retry-after-ms", "1500")], Some(1_500)),
        (&[("retry-after", "1782072260")], Some(20_000)),
        (&[("retry-after", "6m0s")], Some(360_000)),
        (&[("retry-after", "inf")], None),
        (&[("retry-after", " 3 ")], Some(3_000)),
        (
            &[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")],
            Some(3_600_000),
        ),
        (&[("x-ratelimit-reset-requests", "6x")], None),
        (&[("x-ratelimit-reset-requests", "")], None),
    ];
    for (headers, expected) in table {
        let wait = failure(429, headers, "").retry_after;
        assert_eq!(wait, expected.map(Duration::from_millis), "{headers:?}");
    }
    // Every response has these headers; a server error is not about them.
    assert_eq!(
        failure(500, &[("x-ratelimit-reset-tokens", "6m0s")], "").retry_after,
        None
    );
    assert_eq!(
        failure(503, &[("retry-after", "3")], "").retry_after,
        Some(Duration::from_secs(3))
    );
}

#[test]
fn messages() {
    let table = [
        (
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"r"}"#,
            "Overloaded",
        ),
        (
            r#"{"error":{"message":"No such thing","type":"t","param":null,"code":null}}"#,
            "No such thing",
        ),
        (
            r#"{"error":"model 'x' not found, try pulling it first"}"#,
            "model 'x' not found, try pulling it first",
        ),
        (
            r#"{"statusCode":400,"error":"Bad Request","message":"body is odd"}"#,
            "body is odd",
        ),
        (r#"{"detail":"Not authenticated"}"#, "Not authenticated"),
        (
            r#"{"detail":[{"loc":["body","model"],"msg":"field required"}]}"#,
            "body.model: field required",
        ),
        (
            r#"{"error":{"message":"Provider returned error","code":502,"metadata":{"raw":"upstream is gone"}}}"#,
            "Provider returned error: upstream is gone",
        ),
        (
            "<!doctype html><html><head><TITLE>\n 502 Bad Gateway </TITLE></head></html>",
            "502 Bad Gateway",
        ),
        ("<html><body><h1>Sign in</h1></body></html>", "Sign in"),
        ("<p>x", "an HTML page"),
        (
            "upstream connect error\r\n or reset",
            "upstream connect error or reset",
        ),
        (
            r#"{"error":{"message":"cut of"#,
            r#"{"error":{"message":"cut of"#,
        ),
        ("", "HTTP 500 Internal Server Error"),
    ];
    for (body, message) in table {
        assert_eq!(failure(500, &[], body).message, message, "{body}");
    }
}

#[test]
fn messages_are_short() {
    let long = "é".repeat(9_000);
    assert_eq!(
        failure(500, &[], &long).message.chars().count(),
        ErrorText::LONGEST
    );
}

#[test]
fn keys_are_masked() {
    let table = [
        (
            "Incorrect API key provided: sk-proj-abc*****xyz. You can find",
            "Incorrect API key provided: [masked] You can find",
        ),
        ("invalid key sk-ant-api03-AAAA_BBBB", "invalid key [masked]"),
        (
            "Authorization: Bearer abcdef123456",
            "Authorization: Bearer [masked]",
        ),
        ("GET /v1?key=AIzaSyD-123456&x=1", "GET /v1?key=[masked]&x=1"),
        (
            "token eyJhbGciOi.eyJzdWIi.sig refused",
            "token [masked] refused",
        ),
        ("the task-list is risk-free", "the task-list is risk-free"),
        ("a short key: none", "a short key: none"),
    ];
    for (text, masked) in table {
        assert_eq!(without_keys(text), masked);
    }
    let body = format!(
        r#"{{"error":{{"message":"{} sk-ant-{}"}}}}"#,
        "x".repeat(480),
        "k".repeat(90)
    );
    assert!(!failure(401, &[], &body).message.contains("kkk"));
}

proptest! {
    #[test]
    fn any_body_and_header_is_classified(
        status in 300_u16..600,
        body in prop::collection::vec(any::<u8>(), 0..300),
        value in prop::collection::vec(any::<u8>(), 0..40),
        name in prop::sample::select(vec!["retry-after", "retry-after-ms", "x-ratelimit-reset-tokens", "anthropic-ratelimit-x-reset"]),
    ) {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            headers.insert(name, value);
        }
        let status = StatusCode::from_u16(status).unwrap();
        let failure = classify(Dialect::OpenaiChat, status, &headers, &body, now());
        let limit = failure.class == FailureClass::Limit;
        let longest = if limit { LONGEST_LIMIT } else { LONGEST_WAIT };
        prop_assert!(failure.retry_after.is_none_or(|wait| wait <= longest));
        prop_assert_eq!(failure.resets_at.is_some(), limit);
        prop_assert!(failure.message.chars().count() <= ErrorText::LONGEST);
        prop_assert!(!failure.message.is_empty());
    }

    #[test]
    fn a_key_never_survives(before in "[a-z ]{0,20}", key in "[A-Za-z0-9_-]{12,60}", after in "[ ,.;]?[a-z ]{0,20}") {
        let secret = format!("sk-{key}");
        let text = format!("{before} {secret}{after}");
        prop_assert!(!without_keys(&text).contains(&key));
    }
}
