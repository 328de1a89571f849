//! Vendors' responses to too many requests: class, and duration. Every row has its source. Now is 2026-06-21T20:04:00Z, which
//! is 1782072240.

mod anthropic;
mod google;
mod openai;
mod others;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::super::{Failure, FailureClass};
use super::{failure, in_stream, now};

#[derive(Clone, Copy)]
struct Sample {
    source: &'static str,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    expected: Expected,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    /// Seconds to wait, if the response states them.
    RateLimit(Option<f64>),
    /// The reset time.
    Limit(&'static str),
    Quota,
    Transient,
}

use Expected::{Limit, Quota, RateLimit, Transient};

fn read(failure: &Failure) -> (FailureClass, Option<Duration>, Option<DateTime<Utc>>) {
    (failure.class, failure.retry_after, failure.resets_at)
}

#[test]
fn limits_of_each_vendor() {
    let tables = [
        anthropic::SAMPLES,
        openai::SAMPLES,
        google::SAMPLES,
        others::SAMPLES,
    ];
    for sample in tables.concat() {
        let Sample {
            source,
            status,
            headers,
            body,
            expected,
        } = sample;
        let found = read(&failure(status, headers, body));
        let expected = match expected {
            RateLimit(seconds) => (
                FailureClass::RateLimit,
                seconds.map(Duration::from_secs_f64),
                None,
            ),
            Quota => (FailureClass::Quota, found.1, None),
            Transient => (FailureClass::Transient, None, None),
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
                (FailureClass::Limit, found.1, found.2)
            }
        };
        assert_eq!(found, expected, "{source}");
    }
}

/// Without the status, the text alone decides on a limit.
#[test]
fn in_a_stream_the_text_decides() {
    let table = [
        (
            "rate_limit_exceeded",
            "Rate limit reached for gpt-6 on tokens per min (TPM). Please try again in 11.054s.",
            FailureClass::RateLimit,
        ),
        (
            "rate_limit_exceeded",
            "Rate limit reached on requests per day (RPD). Please try again in 7m12s.",
            FailureClass::Limit,
        ),
        (
            "usage_limit_reached",
            "The usage limit has been reached. Try again in 3 days 22 hours 6 minutes.",
            FailureClass::Limit,
        ),
        (
            "usage_limit_reached",
            "The usage limit has been reached",
            FailureClass::Quota,
        ),
        (
            "rate_limit_error",
            "You will regain access on 2027-01-01 at 00:00 UTC: usage limit",
            FailureClass::Limit,
        ),
        (
            "insufficient_quota",
            "Please try again in 2s",
            FailureClass::Quota,
        ),
        (
            "429",
            "You exceeded your current quota. Please retry in 2.0s.",
            FailureClass::RateLimit,
        ),
        (
            "tool_use_failed",
            "Failed to call a function. Please adjust your prompt.",
            FailureClass::Transient,
        ),
    ];
    for (kind, message, class) in table {
        assert_eq!(in_stream(kind, message), class, "{kind}: {message}");
    }
}

/// Groq's status 400 for malformed output of the model (console.groq.com, "Tool use" and "Structured outputs").
#[test]
fn malformed_model_output_is_not_the_callers_fault() {
    for body in [
        r#"{"error":{"message":"Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.","type":"invalid_request_error","code":"tool_use_failed","failed_generation":"<function=get_weather {\"city\": \"insufficient_quota\"}"}}"#,
        r#"{"error":{"message":"Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.","type":"invalid_request_error","code":"json_validate_failed","failed_generation":"{"}}"#,
        r#"{"error":{"message":"Parsing failed. The model generated output that could not be parsed.","type":"invalid_request_error","code":"output_parse_failed"}}"#,
        r#"{"error":{"message":"Tool call validation failed: attempted to call tool 'x' which was not in request.tools","type":"invalid_request_error","failed_generation":""}}"#,
    ] {
        let failure = failure(400, &[], body);
        assert_eq!(
            (failure.class, failure.is_malformed_output),
            (FailureClass::Transient, true),
            "{body}"
        );
    }
    for (status, body) in [
        (400, r#"{"error":{"message":"tools[0] is not valid"}}"#),
        (500, ""),
        (409, ""),
    ] {
        assert!(!failure(status, &[], body).is_malformed_output, "{status}");
    }
}
