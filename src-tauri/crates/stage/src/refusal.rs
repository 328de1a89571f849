//! Error responses in a dialect's own envelope, with the vendors' texts.

use catalog::Dialect;
use serde_json::json;

use crate::fault::ErrorBody;

pub(crate) const HTML: &str = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n\
    <body><center><h1>502 Bad Gateway</h1></center><hr><center>rehearsal</center></body></html>\n";

/// In every refusal; its value has no meaning.
pub(crate) const REQUEST_ID: &str = "req_rehearsal";

/// The body of an error response; `message` replaces the vendor's usual text.
pub(crate) fn envelope(
    dialect: Dialect,
    status: u16,
    body: ErrorBody,
    message: Option<&str>,
) -> Vec<u8> {
    let text = match body {
        ErrorBody::Html => HTML.to_owned(),
        ErrorBody::Empty => String::new(),
        ErrorBody::Usual
        | ErrorBody::Quota
        | ErrorBody::ContextTooLong
        | ErrorBody::ContentPolicy => match dialect {
            Dialect::Anthropic => anthropic(status, body, message),
            Dialect::OpenaiChat | Dialect::OpenaiResponses => openai(status, body, message),
        },
    };
    text.into_bytes()
}

/// Anthropic's error types: the errors page of its API documentation.
fn anthropic(status: u16, body: ErrorBody, message: Option<&str>) -> String {
    let (kind, usual) = match body {
        ErrorBody::Quota => (
            "invalid_request_error",
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
        ),
        ErrorBody::ContextTooLong => (
            "invalid_request_error",
            "prompt is too long: 208310 tokens > 200000 maximum",
        ),
        ErrorBody::ContentPolicy => (
            "invalid_request_error",
            "Output blocked by content filtering policy",
        ),
        ErrorBody::Usual | ErrorBody::Html | ErrorBody::Empty => match status {
            401 => ("authentication_error", "invalid x-api-key"),
            402 => ("billing_error", "There is an issue with your billing."),
            403 => (
                "permission_error",
                "Your API key does not have permission to use the specified resource.",
            ),
            404 => ("not_found_error", "Not found"),
            408 | 504 => ("timeout_error", "The request timed out."),
            413 => ("request_too_large", "Request exceeds the maximum size"),
            429 => (
                "rate_limit_error",
                "This request would exceed your account's rate limit. Please try again later.",
            ),
            529 => ("overloaded_error", "Overloaded"),
            500.. => ("api_error", "Internal server error"),
            _ => ("invalid_request_error", "The request is not valid."),
        },
    };
    let error = json!({"type": kind, "message": message.unwrap_or(usual)});
    json!({"type": "error", "error": error, "request_id": REQUEST_ID}).to_string()
}

/// OpenAI's error codes: the error codes page of its API documentation.
fn openai(status: u16, body: ErrorBody, message: Option<&str>) -> String {
    let (kind, code, usual) = match body {
        ErrorBody::Quota => (
            "insufficient_quota",
            Some("insufficient_quota"),
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        ErrorBody::ContextTooLong => (
            "invalid_request_error",
            Some("context_length_exceeded"),
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 208310 tokens.",
        ),
        ErrorBody::ContentPolicy => (
            "invalid_request_error",
            Some("content_policy_violation"),
            "Your request was rejected as a result of our safety system.",
        ),
        ErrorBody::Usual | ErrorBody::Html | ErrorBody::Empty => match status {
            401 => (
                "invalid_request_error",
                Some("invalid_api_key"),
                "Incorrect API key provided.",
            ),
            403 => (
                "invalid_request_error",
                Some("unsupported_country_region_territory"),
                "Not allowed.",
            ),
            404 => (
                "invalid_request_error",
                Some("model_not_found"),
                "The model does not exist or you do not have access to it.",
            ),
            429 => (
                "requests",
                Some("rate_limit_exceeded"),
                "Rate limit reached for requests.",
            ),
            503 | 529 => (
                "server_error",
                Some("server_is_overloaded"),
                "Our servers are currently overloaded. Please try again later.",
            ),
            500.. => (
                "server_error",
                None,
                "The server had an error while processing your request. Sorry about that!",
            ),
            _ => ("invalid_request_error", None, "The request is not valid."),
        },
    };
    let message = message.unwrap_or(usual);
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}}).to_string()
}
