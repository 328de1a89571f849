//! Errors of a provider in the client's dialect. The message keeps the provider's text. The envelope and the type change, so
//! that the client reacts as to its own vendor's error of that kind.

use catalog::Dialect;
use http::StatusCode;
use serde_json::{Value, json};

use wire::Broken;
use wire::{ErrorText, FailureClass, class_of, classify_broken};

/// An error of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderError {
    class: FailureClass,
    /// The provider is overloaded by the requests of all its customers.
    overloaded: bool,
    message: String,
}

/// Names of an error: Anthropic docs, "Errors"; OpenAI API reference, "Error codes" and `response.error.code`.
struct Names {
    anthropic: &'static str,
    openai_type: &'static str,
    openai_code: Option<&'static str>,
}

const fn names(
    anthropic: &'static str,
    openai_type: &'static str,
    openai_code: Option<&'static str>,
) -> Names {
    Names {
        anthropic,
        openai_type,
        openai_code,
    }
}

impl ProviderError {
    fn new(class: FailureClass, words: &str, message: &str) -> Self {
        Self {
            class,
            overloaded: words.to_lowercase().contains("overloaded"),
            message: message.to_owned(),
        }
    }

    /// An error in a stream. `None`: the response is broken in another way, and there is no error to pass on.
    pub(crate) fn in_stream(broken: &Broken) -> Option<Self> {
        let Broken::ErrorEvent { kind, message } = broken else {
            return None;
        };
        let (class, _) = classify_broken(&[], broken);
        Some(Self::new(class, &format!("{kind} {message}"), message))
    }

    fn names(&self) -> Names {
        const CALLER: &str = "invalid_request_error";
        match self.class {
            FailureClass::Transient | FailureClass::Timeout if self.overloaded => {
                names("overloaded_error", "server_error", Some("server_error"))
            }
            FailureClass::Transient | FailureClass::Timeout => {
                names("api_error", "server_error", Some("server_error"))
            }
            FailureClass::RateLimit | FailureClass::Limit => names(
                "rate_limit_error",
                "rate_limit_error",
                Some("rate_limit_exceeded"),
            ),
            FailureClass::Quota => names(
                "billing_error",
                "insufficient_quota",
                Some("insufficient_quota"),
            ),
            FailureClass::Credential => names(
                "authentication_error",
                "authentication_error",
                Some("invalid_api_key"),
            ),
            FailureClass::ModelGone => names("not_found_error", CALLER, Some("model_not_found")),
            FailureClass::Caller => names(CALLER, CALLER, None),
            FailureClass::ContextTooLong => names(CALLER, CALLER, Some("context_length_exceeded")),
            FailureClass::ContentPolicy => names(CALLER, CALLER, Some("content_policy_violation")),
        }
    }

    pub(crate) fn anthropic(&self) -> Value {
        const TOO_LONG: &str = "prompt is too long";
        // Agents of this dialect shorten the conversation only if the error contains these words.
        let lacks_them =
            self.class == FailureClass::ContextTooLong && !self.message.contains(TOO_LONG);
        let message = if lacks_them {
            format!("{TOO_LONG}: {}", self.message)
        } else {
            self.message.clone()
        };
        json!({
            "type": "error",
            "error": {"type": self.names().anthropic, "message": message},
        })
    }

    pub(crate) fn openai(&self) -> Value {
        let names = self.names();
        json!({
            "error": {
                "message": self.message,
                "type": names.openai_type,
                "param": null,
                "code": names.openai_code,
            },
        })
    }

    /// The `error` of a failed response, which requires a code.
    pub(crate) fn response(&self) -> Value {
        let code = self.names().openai_code.unwrap_or("invalid_prompt");
        json!({"code": code, "message": self.message})
    }
}

/// Translates an error response, status and body, for the client.
///
/// Only clients of one dialect handle 529: for the others it becomes 503, and the reverse.
pub fn error(to: Dialect, status: StatusCode, body: &[u8]) -> (StatusCode, Vec<u8>) {
    let words = ErrorText::of_body(body);
    let message = match words.message.as_str() {
        "" => format!("HTTP {status}"),
        message => message.to_owned(),
    };
    let translated = ProviderError {
        overloaded: matches!(status.as_u16(), 503 | 529),
        ..ProviderError::new(class_of(status, &words), words.name(), &message)
    };
    let status = match (to, status.as_u16()) {
        (Dialect::Anthropic, 503) => 529,
        (Dialect::OpenaiChat | Dialect::OpenaiResponses, 529) => 503,
        (_, same) => same,
    };
    let body = match to {
        Dialect::Anthropic => translated.anthropic(),
        Dialect::OpenaiChat | Dialect::OpenaiResponses => translated.openai(),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    (status, body.to_string().into_bytes())
}

#[cfg(test)]
mod tests;
