use catalog::Dialect;
use http::StatusCode;
use serde_json::{Value, json};

/// An error of Understudy that the client receives in its dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayError {
    pub status: StatusCode,
    /// What failed, why, and what to do: one or two sentences.
    pub message: String,
}

/// The body of an error response in the dialect's envelope. The status decides the error type.
pub fn error_body(dialect: Dialect, problem: &GatewayError) -> Vec<u8> {
    envelope(dialect, problem).to_string().into_bytes()
}

/// The dialect's error as a server-sent event, for a stream that has sent only comments. It does not end the stream. For a
/// stream that has begun, use [`crate::Validator::error_event`].
pub fn error_event(dialect: Dialect, problem: &GatewayError) -> Vec<u8> {
    let data = envelope(dialect, problem);
    match dialect {
        Dialect::Anthropic => format!("event: error\ndata: {data}\n\n").into_bytes(),
        Dialect::OpenaiChat => format!("data: {data}\n\n").into_bytes(),
        Dialect::OpenaiResponses => response_failed(problem, None, 0),
    }
}

/// `response.failed`, which ends a Responses stream. Codex ignores an `error` event.
pub(crate) fn response_failed(problem: &GatewayError, id: Option<&str>, sequence: u64) -> Vec<u8> {
    let data = json!({
        "type": "response.failed",
        "sequence_number": sequence,
        "response": {
            "id": id.unwrap_or("resp_understudy"),
            "object": "response",
            "created_at": 0,
            "status": "failed",
            "error": { "code": response_code(problem.status), "message": problem.message },
            "incomplete_details": null,
            "output": [],
            "usage": null,
        },
    });
    format!("event: response.failed\ndata: {data}\n\n").into_bytes()
}

fn envelope(dialect: Dialect, problem: &GatewayError) -> Value {
    let message = &problem.message;
    match dialect {
        Dialect::Anthropic => json!({
            "type": "error",
            "error": { "type": anthropic_type(problem.status), "message": message },
        }),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => json!({
            "error": {
                "message": message,
                "type": openai_type(problem.status),
                "param": null,
                "code": openai_code(problem.status),
            },
        }),
    }
}

/// Anthropic docs, "Errors".
fn anthropic_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        503 | 529 => "overloaded_error",
        504 => "timeout_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

fn openai_type(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    }
}

fn openai_code(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        401 => Some("invalid_api_key"),
        429 => Some("rate_limit_exceeded"),
        _ => None,
    }
}

/// Codes from the API reference. `server_is_overloaded` is not listed, and Codex 0.169.0 does not retry after it.
fn response_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        429 => "rate_limit_exceeded",
        400..=499 => "invalid_prompt",
        _ => "server_error",
    }
}

#[cfg(test)]
mod tests;
