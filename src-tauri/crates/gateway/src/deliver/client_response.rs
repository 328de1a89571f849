//! A response in one document: created here, or by a provider.

use bytes::Bytes;
use catalog::Dialect;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use wire::GatewayError;

use crate::ExchangeId;

/// A response before it has a body type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Some of its message was written by Understudy; a provider's own text is forwarded unchanged.
    pub(crate) ours: bool,
}

impl ClientResponse {
    pub(super) fn new(dialect: Dialect, problem: &GatewayError) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Self {
            status: problem.status,
            headers,
            body: wire::error_body(dialect, &printable(problem)).into(),
            ours: true,
        }
    }
}

impl ClientResponse {
    /// Appends a sentence to its message, if it has one.
    pub(super) fn add(&mut self, sentence: &str) {
        let added = with_sentence(&self.body, sentence);
        self.ours |= added != self.body;
        self.body = added;
    }

    /// Appends the id of the exchange to a sentence of Understudy, to find it in Requests and the log.
    pub(crate) fn cite(mut self, id: ExchangeId) -> Self {
        if self.ours {
            self.body = with_reference(&self.body, id);
        }
        self
    }

    /// The same; an error without a message (a proxy's HTML page) is replaced by one of Understudy.
    pub(crate) fn append_sentence(&mut self, dialect: Dialect, sentence: &str) {
        let before = std::mem::replace(&mut self.body, Bytes::new());
        self.body = with_sentence(&before, sentence);
        self.ours = true;
        if self.body == before {
            let problem = GatewayError {
                status: self.status,
                message: format!(
                    "The provider answered with status {}. {sentence}",
                    self.status
                ),
            };
            *self = Self {
                headers: std::mem::take(&mut self.headers),
                ..Self::new(dialect, &problem)
            };
            let json = HeaderValue::from_static("application/json");
            self.headers.insert(CONTENT_TYPE, json);
        }
    }
}

/// The provider's own response.
impl From<(StatusCode, HeaderMap, Bytes)> for ClientResponse {
    fn from((status, headers, body): (StatusCode, HeaderMap, Bytes)) -> Self {
        // A change of the protocol that was not requested would leave the client without a response.
        let status = match status.is_informational() {
            true => StatusCode::BAD_GATEWAY,
            false => status,
        };
        ClientResponse {
            status,
            headers,
            body,
            ours: false,
        }
    }
}

/// Clients print the message on a terminal. It may quote a request or a provider.
fn printable(problem: &GatewayError) -> GatewayError {
    GatewayError {
        status: problem.status,
        message: words::escape_lines(&problem.message).into_owned(),
    }
}

/// Appends a sentence to an error's message; unchanged if there is no message.
pub(super) fn with_sentence(body: &Bytes, sentence: &str) -> Bytes {
    with_message(body, |message| {
        let end = if message.ends_with(['.', '!', '?']) || message.is_empty() {
            ""
        } else {
            "."
        };
        let sentence = words::escape(sentence);
        format!("{message}{end} {sentence}").trim().to_owned()
    })
}

fn with_reference(body: &Bytes, id: ExchangeId) -> Bytes {
    with_message(body, |message| {
        let sentence = message.strip_suffix('.').unwrap_or(message);
        format!("{sentence} (request {id})")
    })
}

/// Replaces the message; unchanged if there is none.
fn with_message(body: &Bytes, change: impl FnOnce(&str) -> String) -> Bytes {
    let Ok(mut tree) = serde_json::from_slice::<serde_json::Value>(body) else {
        return body.clone();
    };
    let place = if tree.pointer("/error/message").is_some() {
        "/error/message"
    } else {
        "/message"
    };
    let Some(serde_json::Value::String(message)) = tree.pointer_mut(place) else {
        return body.clone();
    };
    *message = change(message);
    serde_json::to_vec(&tree).map_or_else(|_| body.clone(), Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_text_has_no_command_for_a_terminal() {
        const HOSTILE: &str = "m\u{1b}[2J\u{7}\u{9b}\u{202e}";
        for dialect in Dialect::ALL {
            let problem = GatewayError {
                status: StatusCode::NOT_FOUND,
                message: format!("No route matches model `{HOSTILE}`"),
            };
            let mut reply = ClientResponse::new(dialect, &problem);
            reply.add(&format!("Understudy: {HOSTILE} was not used"));
            let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
            let message = body["error"]["message"].as_str().unwrap();
            assert!(!message.contains(words::must_escape), "{message:?}");
            assert_eq!(message.matches(r"m\u{1b}[2J").count(), 2, "{message:?}");
        }
    }
}
