//! The request of a probe: the smallest one that only a working model can complete. Pure.

use catalog::{Auth, ChatLimit, Dialect, Endpoint, Secret, StreamUsage};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

const QUESTION: &str = "Reply with OK.";
/// OpenAI's Responses API refuses a lower limit.
pub(super) const MOST_OUTPUT: u64 = 16;
/// Tokens of the prompt with its framing, for the budget; real usage is recorded afterwards.
pub(super) const LIKELY_INPUT: u64 = 20;

/// Chat Completions if the endpoint supports it, because compatible servers support it best; else the endpoint's first
/// dialect.
pub(super) fn dialect(endpoint: &Endpoint) -> Option<Dialect> {
    let mut spoken = endpoint.paths.keys().copied();
    let first = spoken.clone().next()?;
    Some(spoken.find(|d| *d == Dialect::OpenaiChat).unwrap_or(first))
}

pub(super) fn body(endpoint: &Endpoint, dialect: Dialect, model: &str) -> Value {
    let ask = json!([{"role": "user", "content": QUESTION}]);
    match dialect {
        Dialect::Anthropic => json!({
            "model": model,
            "max_tokens": MOST_OUTPUT,
            "stream": true,
            "messages": ask,
        }),
        Dialect::OpenaiChat => chat(endpoint, model, ask),
        Dialect::OpenaiResponses => json!({
            "model": model,
            "max_output_tokens": MOST_OUTPUT,
            "stream": true,
            "store": false,
            "input": QUESTION,
        }),
    }
}

fn chat(endpoint: &Endpoint, model: &str, ask: Value) -> Value {
    let limit = match endpoint.chat_limit {
        ChatLimit::MaxTokens => "max_tokens",
        ChatLimit::MaxCompletionTokens => "max_completion_tokens",
    };
    let mut body = json!({
        "model": model,
        limit: MOST_OUTPUT,
        "stream": true,
        "messages": ask,
    });
    if endpoint.stream_usage == StreamUsage::OnRequest {
        body["stream_options"] = json!({"include_usage": true});
    }
    body
}

/// `None`: the key contains characters that are not allowed in a header.
pub(super) fn headers(dialect: Dialect, auth: Auth, key: Option<&Secret>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if dialect == Dialect::Anthropic {
        headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
    }
    let secret = |text: &str| {
        let mut value = HeaderValue::from_str(text).ok()?;
        value.set_sensitive(true);
        Some(value)
    };
    if let Some(key) = key {
        match auth {
            Auth::XApiKey => {
                headers.insert("x-api-key", secret(key.reveal())?);
            }
            Auth::Bearer => {
                headers.insert(AUTHORIZATION, secret(&format!("Bearer {}", key.reveal()))?);
            }
            Auth::None => {}
        }
    }
    Some(headers)
}
