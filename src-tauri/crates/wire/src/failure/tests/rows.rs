//! Every row of the table, in every dialect's envelope, in an error body and in a stream.

use catalog::Dialect;
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::super::table::{IN_BODY, TABLE};
use super::super::{FailureClass, classify};
use super::{in_stream, now};

/// The text in the error's type, code or message, by dialect.
fn envelopes(dialect: Dialect, word: &str) -> Vec<String> {
    let bodies = match dialect {
        Dialect::Anthropic => vec![
            json!({ "type": "error", "error": { "type": word, "message": "m" } }),
            json!({ "type": "error", "error": { "type": "t", "message": format!("It says {word}.") } }),
            json!({ "type": "error", "error": { "type": "t", "message": "m", "error_code": word } }),
        ],
        Dialect::OpenaiChat => vec![
            json!({ "error": { "type": word, "message": "m", "param": null, "code": null } }),
            json!({ "error": { "type": "t", "message": "m", "param": null, "code": word } }),
            json!({ "error": { "type": "t", "message": format!("It says {word}."), "code": null } }),
        ],
        Dialect::OpenaiResponses => vec![
            json!({ "error": { "type": "t", "message": "m", "code": word } }),
            json!({ "type": "response.failed", "response": { "error": { "code": word, "message": "m" } } }),
            json!({ "type": "error", "code": word, "message": "m" }),
        ],
    };
    bodies.iter().map(ToString::to_string).collect()
}

#[test]
fn every_row_applies_in_every_dialect_and_hides_no_other_row() {
    let mut checked = 0;
    for row in TABLE {
        let any = [""];
        let words = if row.texts.is_empty() {
            &any
        } else {
            row.texts
        };
        for (&status, &word) in row
            .status
            .iter()
            .flat_map(|s| words.iter().map(move |w| (s, w)))
        {
            assert_eq!(
                word,
                word.to_lowercase(),
                "words of the table are in lower case"
            );
            if status == IN_BODY {
                assert_eq!(
                    in_stream(word, ""),
                    row.class,
                    "{word} as a type in a stream"
                );
                assert_eq!(
                    in_stream("t", word),
                    row.class,
                    "{word} as a message in a stream"
                );
                checked += 2;
                continue;
            }
            let status = StatusCode::from_u16(status).unwrap();
            for dialect in Dialect::ALL {
                for body in envelopes(dialect, word) {
                    let found =
                        classify(dialect, status, &HeaderMap::new(), body.as_bytes(), now());
                    assert_eq!(found.class, row.class, "{dialect} {status} {body}");
                    checked += 1;
                }
            }
        }
    }
    assert!(checked > 1_000, "the table was read: {checked}");
}

#[test]
fn unknown_errors_are_the_callers_below_500_and_transient_above() {
    for status in 400..600 {
        let named = TABLE
            .iter()
            .any(|row| row.texts.is_empty() && row.status.contains(&status));
        if named {
            continue;
        }
        let expected = if status < 500 {
            FailureClass::Caller
        } else {
            FailureClass::Transient
        };
        let status = StatusCode::from_u16(status).unwrap();
        for dialect in Dialect::ALL {
            let found = classify(dialect, status, &HeaderMap::new(), b"{}", now());
            assert_eq!(found.class, expected, "{dialect} {status}");
        }
    }
}

#[test]
fn a_rate_limit_without_a_header_takes_the_wait_from_its_message() {
    let wait = |status: u16, message: &str| {
        let body = json!({ "error": { "message": message, "code": "rate_limit_exceeded" } });
        let status = StatusCode::from_u16(status).unwrap();
        classify(
            Dialect::OpenaiResponses,
            status,
            &HeaderMap::new(),
            body.to_string().as_bytes(),
            now(),
        )
        .retry_after
        .map(|wait| wait.as_millis())
    };
    assert_eq!(
        wait(
            429,
            "Rate limit reached. Please try again in 1.5s. Visit us"
        ),
        Some(1_500)
    );
    assert_eq!(wait(429, "Please try again in 6m0s"), Some(360_000));
    assert_eq!(wait(429, "Please try again in 20 seconds."), Some(20_000));
    assert_eq!(wait(429, "Please try again in 120ms."), Some(120));
    assert_eq!(wait(429, "Please try again in a moment"), None);
    assert_eq!(wait(429, "try again in "), None);
    assert_eq!(
        wait(503, "Please try again in 20s"),
        None,
        "only a rate limit says when it ends"
    );
}
