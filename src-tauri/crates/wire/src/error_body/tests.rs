use catalog::Dialect;
use http::StatusCode;
use serde_json::{Value, json};

use super::{GatewayError, error_body, error_event};
use crate::{BodyEnd, Broken, Completion, Framing, Validator};

fn problem(status: u16) -> GatewayError {
    GatewayError {
        status: StatusCode::from_u16(status).unwrap(),
        message: "Claude is \"down\".\nIt is them.".to_owned(),
    }
}

fn body(dialect: Dialect, status: u16) -> Value {
    serde_json::from_slice(&error_body(dialect, &problem(status))).unwrap()
}

#[test]
fn anthropic_envelope() {
    let types = [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (529, "overloaded_error"),
    ];
    for (status, kind) in types {
        let expected =
            json!({"type": "error", "error": {"type": kind, "message": problem(status).message}});
        assert_eq!(body(Dialect::Anthropic, status), expected);
    }
}

#[test]
fn openai_envelope() {
    let expected = |kind: &str, code: Value| json!({"error": {"message": problem(400).message, "type": kind, "param": null, "code": code}});
    for dialect in [Dialect::OpenaiChat, Dialect::OpenaiResponses] {
        assert_eq!(
            body(dialect, 400),
            expected("invalid_request_error", Value::Null)
        );
        assert_eq!(
            body(dialect, 429),
            expected("rate_limit_error", json!("rate_limit_exceeded"))
        );
        assert_eq!(body(dialect, 503), expected("server_error", Value::Null));
    }
}

#[test]
fn an_error_event_breaks_a_stream_with_its_message() {
    for dialect in Dialect::ALL {
        let mut validator = Validator::new(dialect, Framing::Stream);
        validator.push(&error_event(dialect, &problem(503)), &mut Vec::new());
        let found = validator.judge(BodyEnd::Clean);
        let Completion::Broken(Broken::ErrorEvent { message, .. }) = found else {
            panic!("{dialect}: {found:?}");
        };
        assert_eq!(message, "Claude is \"down\". It is them.");
    }
}

#[test]
fn in_responses_the_error_has_the_next_sequence_number() {
    let mut validator = Validator::new(Dialect::OpenaiResponses, Framing::Stream);
    let begun = br#"data: {"type":"response.created","sequence_number":4,"response":{"id":"resp_A","status":"in_progress"}}"#;
    validator.push(&[&begun[..], b"\n\n"].concat(), &mut Vec::new());
    let event = String::from_utf8(validator.error_event(&problem(503))).unwrap();
    let data = event
        .strip_prefix("event: response.failed\ndata: ")
        .unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["sequence_number"], 5);
    assert_eq!(data["response"]["id"], "resp_A");
    assert_eq!(data["response"]["error"]["code"], "server_error");
}
