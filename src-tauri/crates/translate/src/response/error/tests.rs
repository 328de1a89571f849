use catalog::Dialect;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{Told, error};
use wire::Broken;
use wire::{Class, classify, classify_broken};

/// Status and body of a provider's error; its class.
const ERRORS: &[(Dialect, u16, &str, Class)] = &[
    (
        Dialect::Anthropic,
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        Class::Transient,
    ),
    (
        Dialect::Anthropic,
        429,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your rate limit"}}"#,
        Class::RateLimit,
    ),
    (
        Dialect::Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}}"#,
        Class::Quota,
    ),
    (
        Dialect::Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
        Class::ContextTooLong,
    ),
    (
        Dialect::Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one message is required"}}"#,
        Class::Caller,
    ),
    (
        Dialect::OpenaiChat,
        401,
        r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#,
        Class::Credential,
    ),
    (
        Dialect::OpenaiChat,
        400,
        r#"{"error":{"message":"This model's maximum context length is 128000 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
        Class::ContextTooLong,
    ),
    (
        Dialect::OpenaiChat,
        429,
        r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        Class::Quota,
    ),
    (
        Dialect::OpenaiChat,
        404,
        r#"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}}"#,
        Class::ModelGone,
    ),
    (
        Dialect::OpenaiResponses,
        503,
        "<html><title>503 Service Unavailable</title></html>",
        Class::Transient,
    ),
    (Dialect::OpenaiResponses, 500, "", Class::Transient),
];

fn class(dialect: Dialect, status: StatusCode, body: &[u8]) -> Class {
    let now = chrono::DateTime::UNIX_EPOCH;
    classify(dialect, status, &HeaderMap::new(), body, now).class
}

#[test]
fn an_error_keeps_its_class_in_every_dialect() {
    for (from, status, body, expected) in ERRORS {
        let status = StatusCode::from_u16(*status).unwrap();
        assert_eq!(class(*from, status, body.as_bytes()), *expected, "{body}");
        for to in Dialect::ALL {
            let (status, told) = error(to, status, body.as_bytes());
            let said = String::from_utf8_lossy(&told);
            assert_eq!(
                class(to, status, &told),
                *expected,
                "{from} -> {to}: {said}"
            );
        }
    }
}

#[test]
fn an_error_has_the_envelope_of_the_client() {
    let told = |to, status: u16, body: &str| {
        let status = StatusCode::from_u16(status).unwrap();
        let (status, body) = error(to, status, body.as_bytes());
        (
            status.as_u16(),
            serde_json::from_slice::<Value>(&body).unwrap(),
        )
    };
    let (status, body) = told(Dialect::OpenaiChat, 529, ERRORS[0].2);
    assert_eq!(status, 503);
    let expected = r#"{"error":{"code":"server_error","message":"Overloaded","param":null,"type":"server_error"}}"#;
    assert_eq!(body.to_string(), expected);

    let (status, body) = told(Dialect::Anthropic, 503, ERRORS[9].2);
    assert_eq!(status, 529);
    let expected = r#"{"error":{"message":"503 Service Unavailable","type":"overloaded_error"},"type":"error"}"#;
    assert_eq!(body.to_string(), expected);

    let (_, body) = told(Dialect::Anthropic, 500, "");
    assert_eq!(body["error"]["message"], "HTTP 500 Internal Server Error");
}

/// An agent shortens its conversation only on these words or on this code.
#[test]
fn a_context_error_has_the_text_that_agents_recognise() {
    for (_, status, body, class) in ERRORS {
        if *class == Class::ContextTooLong {
            let status = StatusCode::from_u16(*status).unwrap();
            let say = |to| String::from_utf8(error(to, status, body.as_bytes()).1).unwrap();
            assert_eq!(
                say(Dialect::Anthropic)
                    .matches("prompt is too long")
                    .count(),
                1
            );
            let code = r#""code":"context_length_exceeded""#;
            assert!(say(Dialect::OpenaiChat).contains(code));
            assert!(say(Dialect::OpenaiResponses).contains(code));
        }
    }
}

#[test]
fn an_error_in_a_stream_keeps_its_class() {
    for (kind, message) in [
        ("overloaded_error", "Overloaded"),
        (
            "rate_limit_exceeded",
            "Rate limit reached. Please try again in 2s.",
        ),
        ("insufficient_quota", "You exceeded your current quota"),
        (
            "context_length_exceeded",
            "Your input exceeds the context window of this model.",
        ),
        ("invalid_request_error", "bad"),
        ("502", "Provider disconnected"),
    ] {
        let (kind, message) = (kind.to_owned(), message.to_owned());
        let broken = Broken::ErrorEvent { kind, message };
        let (expected, _) = classify_broken(&[], &broken);
        let told = Told::in_stream(&broken).unwrap();
        for data in [told.anthropic(), told.openai(), told.response()] {
            let words = wire::Words::of_json(data.to_string().as_bytes());
            let again = Broken::ErrorEvent {
                kind: words.name().to_owned(),
                message: words.message,
            };
            assert_eq!(classify_broken(&[], &again).0, expected, "{data}");
        }
    }
    assert_eq!(Told::in_stream(&Broken::Cut), None);
}
