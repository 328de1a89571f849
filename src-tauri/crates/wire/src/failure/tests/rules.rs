//! The user's rules apply before the table.

use http::{HeaderMap, HeaderValue, StatusCode};

use super::super::{FailureClass, Rule, classify_broken, classify_by};
use super::{ErrorText, now};
use crate::Broken;

fn rules() -> Vec<Rule> {
    let rule = |number, status, contains: Option<&str>, class| Rule {
        number,
        status,
        contains: contains.map(str::to_owned),
        class,
    };
    vec![
        rule(1, Some(500), Some("Out Of Credits"), FailureClass::Quota),
        rule(2, None, Some("brownout"), FailureClass::Transient),
        rule(3, Some(418), None, FailureClass::ModelGone),
        rule(4, Some(500), None, FailureClass::Caller),
    ]
}

fn classified(status: u16, body: &str) -> (FailureClass, String) {
    let status = StatusCode::from_u16(status).unwrap();
    let failure = classify_by(&rules(), status, &HeaderMap::new(), body.as_bytes(), now());
    (failure.class, failure.message)
}

#[test]
fn the_first_matching_rule_applies_and_is_named() {
    let table = [
        (
            500,
            r#"{"error":{"message":"you are out of CREDITS"}}"#,
            FailureClass::Quota,
            "you are out of CREDITS (quota by your rule 1)",
        ),
        (
            400,
            r#"{"error":{"message":"Brownout tonight"}}"#,
            FailureClass::Transient,
            "Brownout tonight (transient by your rule 2)",
        ),
        (
            418,
            "",
            FailureClass::ModelGone,
            "HTTP 418 I'm a teapot (model_gone by your rule 3)",
        ),
        (
            500,
            "anything else",
            FailureClass::Caller,
            "anything else (caller by your rule 4)",
        ),
        (
            503,
            "out of credits",
            FailureClass::Transient,
            "out of credits",
        ),
    ];
    for (status, body, class, message) in table {
        assert_eq!(
            classified(status, body),
            (class, message.to_owned()),
            "{status} {body}"
        );
    }
}

#[test]
fn a_rule_applies_before_should_retry() {
    let mut headers = HeaderMap::new();
    headers.insert("x-should-retry", HeaderValue::from_static("false"));
    let failure = classify_by(
        &rules(),
        StatusCode::BAD_GATEWAY,
        &headers,
        b"brownout",
        now(),
    );
    assert_eq!(
        (failure.class, failure.forbids_retry),
        (FailureClass::Transient, false)
    );
}

#[test]
fn only_rules_without_a_status_apply_to_an_error_event() {
    let event = |kind: &str, message: &str| Broken::ErrorEvent {
        kind: kind.to_owned(),
        message: message.to_owned(),
    };
    let rules = rules();
    let classified = |broken: &Broken| {
        let (class, rule) = classify_broken(&rules, broken);
        (class, rule.map(|rule| rule.number))
    };
    assert_eq!(
        classified(&event("authentication_error", "a brownout")),
        (FailureClass::Transient, Some(2))
    );
    assert_eq!(
        classified(&event("api_error", "out of credits")),
        (FailureClass::Transient, None)
    );
    // Except if a router writes the status into the event.
    assert_eq!(
        classified(&event("500", "out of credits")),
        (FailureClass::Quota, Some(1))
    );
    assert_eq!(classified(&Broken::Cut), (FailureClass::Transient, None));
}

#[test]
fn a_truncated_message_keeps_the_rule_number() {
    let (_, message) = classified(418, &"x".repeat(9_000));
    assert_eq!(message.chars().count(), ErrorText::LONGEST);
    assert!(message.ends_with("(model_gone by your rule 3)"));
}
