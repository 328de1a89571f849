//! Sends a response once, and reports what came back.

use std::error::Error;
use std::time::Duration;

use catalog::Secret;
use chrono::{DateTime, SecondsFormat, Utc};
use http::header;
use serde_json::{Value, json};

use super::signature::sign;
use super::step::Sent;
use super::target::Target;

/// Standard Webhooks: 15 to 30 s.
const WITHIN: Duration = Duration::from_secs(30);
/// Bytes of an answer that are read.
const READ: usize = 16 << 10;

/// Everything that is sent.
#[derive(Debug)]
pub(crate) struct Letter {
    /// The review item: the same over all attempts.
    pub id: String,
    pub target: Target,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    pub model: String,
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Sender(reqwest::Client);

impl Sender {
    pub(crate) fn new() -> reqwest::Result<Sender> {
        // A redirect would carry the response and the address's secret to another host.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .timeout(WITHIN)
            .build()?;
        Ok(Sender(client))
    }

    pub(crate) async fn send(&self, letter: &Letter, now: DateTime<Utc>) -> Sent {
        let body = letter.document(now).to_string();
        let post = |url: &str| {
            self.0
                .post(url)
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::USER_AGENT, "understudy")
                .header("webhook-id", &letter.id)
                .header("webhook-timestamp", now.timestamp())
        };
        let request = match &letter.target {
            Target::Webhook { url, secret } => {
                let signature = sign(
                    secret.reveal(),
                    &letter.id,
                    now.timestamp(),
                    body.as_bytes(),
                );
                match signature {
                    Ok(signature) => post(url).header("webhook-signature", signature),
                    Err(_) => {
                        return Sent::Impossible(
                            "The webhook's secret is missing, or not `whsec_` and 24 to 64 bytes in base64: see `delivery` in the settings.",
                        );
                    }
                }
            }
            Target::Wait(url) | Target::Other(url) => post(url.reveal()),
        };
        match request.body(body).send().await {
            Ok(answer) => answered(answer).await,
            // The error's text has the address, which is a secret.
            Err(error) if error.is_connect() || error.is_builder() => {
                tracing::warn!(
                    id = letter.id,
                    cause = cause(&error),
                    "a response was not delivered"
                );
                Sent::NoConnection
            }
            Err(_) => Sent::NoAnswer,
        }
    }
}

/// The innermost error, which has no URL.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: Option<&dyn Error> = error.source();
    let mut text = String::new();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

async fn answered(mut answer: reqwest::Response) -> Sent {
    let retry_after = answer.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    // A status alone decides where the rest does not arrive.
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk[..chunk.len().min(READ - body.len())]);
        if body.len() >= READ {
            break;
        }
    }
    Sent::Answered {
        status,
        retry_after: retry_after.map(Duration::from_secs),
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

impl Letter {
    /// A document of Standard Webhooks. n8n has it as the item's `body`.
    fn document(&self, now: DateTime<Utc>) -> Value {
        let response = serde_json::from_slice::<Value>(&self.body);
        let response = response
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&self.body).into_owned()));
        json!({
            "type": "review.answered",
            "timestamp": now.to_rfc3339_opts(SecondsFormat::Secs, true),
            "data": {
                "id": self.id,
                "pipeline": self.pipeline,
                "item": self.item,
                "model": self.model,
                "status": self.status,
                "content_type": self.content_type,
                "response": response,
            },
        })
    }
}

/// The secret of a webhook from the environment. Empty: there is none.
pub(crate) fn secret_of(variable: &str) -> Secret {
    Secret::new(std::env::var(variable).unwrap_or_default())
}
