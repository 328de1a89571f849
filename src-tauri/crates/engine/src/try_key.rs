//! Test of a key with one request that has no cost.

use std::sync::Arc;
use std::time::Duration;

use catalog::{Auth, Endpoint, EndpointId, KeyCheckMethod, Secret};
use http::Method;
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_secs(15);

/// Has the present endpoints and sends them a test request.
#[derive(Clone, Debug)]
pub(crate) struct KeyTrial {
    client: reqwest::Client,
    endpoints: watch::Receiver<Arc<Vec<Endpoint>>>,
}

/// Result of the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    Works,
    /// The provider's error text.
    Refused(String),
    /// No request was possible; the reason.
    NotSent(String),
}

impl KeyTrial {
    pub(crate) fn new(endpoints: watch::Receiver<Arc<Vec<Endpoint>>>) -> reqwest::Result<KeyTrial> {
        // A redirect would carry the key to another host.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(PATIENCE)
            .build()?;
        Ok(KeyTrial { client, endpoints })
    }

    pub(crate) fn knows(&self, id: &EndpointId) -> bool {
        self.endpoints.borrow().iter().any(|e| e.id == *id)
    }

    pub(crate) fn key_env(&self, id: &EndpointId) -> Option<String> {
        self.endpoints
            .borrow()
            .iter()
            .find(|e| e.id == *id)?
            .key_env
            .clone()
    }

    /// `None`: there is no such endpoint.
    pub(crate) async fn run(&self, id: &EndpointId, key: &Secret) -> Option<Tried> {
        let endpoint = self
            .endpoints
            .borrow()
            .iter()
            .find(|e| e.id == *id)?
            .clone();
        let method = match endpoint.key_check.method {
            KeyCheckMethod::Get => Method::GET,
            KeyCheckMethod::Post => Method::POST,
        };
        let url = format!("{}{}", endpoint.base, endpoint.key_check.path);
        let request = self.client.request(method, url);
        let request = match endpoint.auth {
            Auth::XApiKey => request
                .header("x-api-key", key.reveal())
                .header("anthropic-version", "2023-06-01"),
            Auth::Bearer | Auth::None => request.bearer_auth(key.reveal()),
        };
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                return Some(Tried::NotSent(if error.is_timeout() {
                    "no response in time".into()
                } else {
                    "no connection".into()
                }));
            }
        };
        let status = response.status();
        let headers = response.headers().clone();
        let body = response.bytes().await.unwrap_or_default();
        Some(match status.as_u16() {
            200..=299 => Tried::Works,
            401 | 403 => {
                let dialect = endpoint
                    .paths
                    .keys()
                    .next()
                    .copied()
                    .unwrap_or(catalog::Dialect::OpenaiChat);
                Tried::Refused(
                    wire::classify(
                        dialect,
                        status,
                        &headers,
                        &body,
                        chrono::DateTime::UNIX_EPOCH,
                    )
                    .message,
                )
            }
            other => Tried::NotSent(format!("the provider answered {other}")),
        })
    }
}

#[cfg(test)]
mod tests;
