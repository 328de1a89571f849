use catalog::Dialect;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{ProviderError, error};
use wire::Broken;
use wire::{FailureClass, classify, classify_broken};

/// Status and body of a provider's error; its class.
const ERRORS: &[(Dialect, u16, &str, FailureClass)] = &[
    (
        Dialect::Anthropic,
        529,
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        FailureClass::Transient,
    ),
    (
        Dialect::Anthropic,
        429,
        r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your rate limit"}}"#,
        FailureClass::RateLimit,
    ),
    (
        Dialect::Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API"}}"#,
        FailureClass::Quota,
    ),
    (
        Dialect::Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#,
        FailureClass::ContextTooLong,
    ),
    (
        Dialect::Anthropic,
        400,
        r#"{"type":"error","error":{"type":"invalid_request_error","message":"messages: at least one message is required"}}"#,
        FailureClass::Caller,
    ),
    (
        Dialect::OpenaiChat,
        401,
        r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#,
        FailureClass::Credential,
    ),
    (
        Dialect::OpenaiChat,
        400,
        r#"{"error":{"message":"This model's maximum context length is 128000 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#,
        FailureClass::ContextTooLong,
    ),
    (
        Dialect::OpenaiChat,
        429,
        r#"{"error":{"message":"You exceeded your current quota, please check your plan and billing details.","type":"insufficient_quota","code":"insufficient_quota"}}"#,
        FailureClass::Quota,
    ),
    (
        Dialect::OpenaiChat,
        404,
        r#"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}}"#,
        FailureClass::ModelGone,
    ),
    (
        Dialect::OpenaiResponses,
        503,
        "<html><title>503 Service Unavailable</title></html>",
        FailureClass::Transient,
    ),
    (Dialect::OpenaiResponses, 500, "", FailureClass::Transient),
];

fn class(dialect: Dialect, status: StatusCode, body: &[u8]) -> FailureClass {
    let now = chrono::DateTime::UNIX_EPOCH;
    classify(dialect, status, &HeaderMap::new(), body, now).class
}

#[test]
fn an_error_keeps_its_class_in_every_dialect() {
    for (from, status, body, expected) in ERRORS {
        let status = StatusCode::from_u16(*status).unwrap();
        assert_eq!(class(*from, status, body.as_bytes()), *expected, "{body}");
        for to in Dialect::ALL {
            let (status, translated) = error(to, status, body.as_bytes());
            let text = String::from_utf8_lossy(&translated);
            assert_eq!(
                class(to, status, &translated),
                *expected,
                "{from} -> {to}: {text}"
            );
        }
    }
}

#[test]
fn an_error_has_the_envelope_of_the_client() {
    let translated = |to, status: u16, body: &str| {
        let status = StatusCode::from_u16(status).unwrap();
        let (status, body) = error(to, status, body.as_bytes());
        (
            status.as_u16(),
            serde_json::from_slice::<Value>(&body).unwrap(),
        )
    };
    let (status, body) = translated(Dialect::OpenaiChat, 529, ERRORS[0].2);
    assert_eq!(status, 503);
    let expected = r#"{"error":{"code":"server_error","message":"Overloaded","param":null,"type":"server_error"}}"#;
    assert_eq!(body.to_string(), expected);

    let (status, body) = translated(Dialect::Anthropic, 503, ERRORS[9].2);
    assert_eq!(status, 529);
    let expected = r#"{"error":{"message":"503 Service Unavailable","type":"overloaded_error"},"type":"error"}"#;
    assert_eq!(body.to_string(), expected);

    let (_, body) = translated(Dialect::Anthropic, 500, "");
    assert_eq!(body["error"]["message"], "HTTP 500 Internal Server Error");
}

/// An agent shortens its conversation only on these words or on this code.
#[test]
fn a_context_error_has_the_text_that_agents_recognise() {
    for (_, status, body, class) in ERRORS {
        if *class == FailureClass::ContextTooLong {
            let status = StatusCode::from_u16(*status).unwrap();
            let emit = |to| String::from_utf8(error(to, status, body.as_bytes()).1).unwrap();
            assert_eq!(
                emit(Dialect::Anthropic)
                    .matches("prompt is too long")
                    .count(),
                1
            );
            let code = r#""code":"context_length_exceeded""#;
            assert!(emit(Dialect::OpenaiChat).contains(code));
            assert!(emit(Dialect::OpenaiResponses).contains(code));
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
        let translated = ProviderError::in_stream(&broken).unwrap();
        for data in [
            translated.anthropic(),
            translated.openai(),
            translated.response(),
        ] {
            let words = wire::ErrorText::of_json(data.to_string().as_bytes());
            let again = Broken::ErrorEvent {
                kind: words.name().to_owned(),
                message: words.message,
            };
            assert_eq!(classify_broken(&[], &again).0, expected, "{data}");
        }
    }
    assert_eq!(ProviderError::in_stream(&Broken::Cut), None);
}
