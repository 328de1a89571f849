use catalog::Dialect;
use http::StatusCode;
use serde_json::{Value, json};

/// An error of Understudy, in the client's dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub status: StatusCode,
    /// What, whose fault, what to do; one or two sentences.
    pub message: String,
}

/// The body of an error response: the dialect's own envelope, its error type chosen from the status.
pub fn error_body(dialect: Dialect, problem: &Problem) -> Vec<u8> {
    envelope(dialect, problem).to_string().into_bytes()
}

/// The dialect's own error as a server-sent event, for a stream of which the client has seen nothing but comments. Does not
/// end the stream. [`crate::Validator::error_event`] makes the one that fits a stream already begun.
pub fn error_event(dialect: Dialect, problem: &Problem) -> Vec<u8> {
    let data = envelope(dialect, problem);
    match dialect {
        Dialect::Anthropic => format!("event: error\ndata: {data}\n\n").into_bytes(),
        Dialect::OpenaiChat => format!("data: {data}\n\n").into_bytes(),
        Dialect::OpenaiResponses => response_failed(problem, None, 0),
    }
}

/// `response.failed`, which ends a Responses stream for its clients: Codex passes over an `error` event.
pub(crate) fn response_failed(problem: &Problem, id: Option<&str>, sequence: u64) -> Vec<u8> {
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

fn envelope(dialect: Dialect, problem: &Problem) -> Value {
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

/// Of the codes that the API reference lists. `server_is_overloaded`, which Codex 0.169.0 takes for final, is not among them.
fn response_code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        429 => "rate_limit_exceeded",
        400..=499 => "invalid_prompt",
        _ => "server_error",
    }
}

#[cfg(test)]
mod tests;
