//! The control API, from the command line.

use std::io;
use std::path::Path;
use std::time::Duration;

use api::{CONTROL_HEADER, ControlError, RuntimeFile};
use reqwest::{Client, Method, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::places::{Homeless, Places};
use crate::runtime;

/// Maximum duration of a start, which waits for the ledger and the keychain.
const START_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A running engine.
pub(super) struct Engine {
    client: Client,
    file: RuntimeFile,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error(transparent)]
    Homeless(#[from] Homeless),
    #[error(
        "no engine is running. Start it with `understudyd`, or open the Understudy application."
    )]
    NotRunning,
    #[error(
        "an engine is starting or stopping and does not respond yet. Try again in a few seconds."
    )]
    Busy,
    #[error("{}{}", .0.error, .0.fix.as_ref().map_or_else(String::new, |fix| format!(". To fix it: {fix}")))]
    Refused(ControlError),
    #[error("{file} cannot be used: {why}")]
    File { file: String, why: String },
    #[error("the engine's response cannot be parsed ({0}); the engine may have another version")]
    Strange(String),
}

impl CallError {
    /// The engine's address and state as JSON.
    pub(super) fn as_json(&self) -> serde_json::Value {
        let (error, fix) = match self {
            CallError::Refused(refused) => (refused.error.clone(), refused.fix.clone()),
            CallError::NotRunning => (
                "no engine is running".to_owned(),
                Some("start it with `understudyd`, or open the Understudy application".to_owned()),
            ),
            CallError::Busy => (
                "an engine is starting or stopping and does not respond yet".to_owned(),
                Some("try again in a few seconds".to_owned()),
            ),
            CallError::Homeless(_) | CallError::File { .. } | CallError::Strange(_) => {
                (self.to_string(), None)
            }
        };
        let running = !matches!(self, CallError::NotRunning);
        serde_json::json!({ "running": running, "error": error, "fix": fix })
    }
}

impl Engine {
    pub(super) fn find() -> Result<Engine, CallError> {
        Self::find_patient(Duration::from_secs(60))
    }

    /// For slow requests: waits up to `within` for each response.
    pub(super) fn find_patient(within: Duration) -> Result<Engine, CallError> {
        let places = Places::find()?;
        match runtime::read(&places) {
            Ok(file) => Engine::of(file, within),
            Err(error) => Err(not_found(&places, &error)),
        }
    }

    fn of(file: RuntimeFile, within: Duration) -> Result<Engine, CallError> {
        // An error means that a provider is already installed; it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            // Loopback is plain HTTP, also on a computer without certificate authorities.
            .tls_certs_only([])
            .timeout(within)
            .build()
            .map_err(|e| CallError::Strange(e.to_string()))?;
        Ok(Engine { client, file })
    }

    /// Finds this user's engine and waits while it starts. A runtime file may be left from a crash, so it counts only if the
    /// engine at its address accepts the control token.
    pub(super) async fn found(places: &Places) -> Result<RuntimeFile, CallError> {
        let deadline = tokio::time::Instant::now() + START_WITHIN;
        loop {
            let answers = match runtime::read(places) {
                Ok(file) => Engine::of(file, ANSWER_WITHIN)?.if_it_answers().await,
                Err(error) => {
                    let why = not_found(places, &error);
                    if !matches!(why, CallError::Busy) {
                        return Err(why);
                    }
                    None
                }
            };
            if let Some(file) = answers {
                return Ok(file);
            }
            if !runtime::is_locked(places).unwrap_or(false) {
                return Err(CallError::NotRunning);
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(CallError::Busy);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// `GET /healthz`: false while the engine drains.
    pub(super) async fn accepts_requests(&self) -> Result<bool, CallError> {
        let url = format!("{}/healthz", self.file.address);
        let response = self.client.get(url).send().await.map_err(unreached)?;
        Ok(response.status().is_success())
    }

    async fn if_it_answers(self) -> Option<RuntimeFile> {
        let snapshot: serde_json::Value = self.get("/snapshot").await.ok()?;
        (snapshot["engine"]["address"] == *self.file.address).then_some(self.file)
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        self.call(Method::GET, path, None::<&()>).await
    }

    /// A document.
    pub(super) async fn get_text(&self, path: &str) -> Result<String, CallError> {
        let request = self
            .client
            .get(format!("{}/control{path}", self.file.address))
            .header(CONTROL_HEADER, &self.file.control_token);
        let response = request.send().await.map_err(unreached)?;
        if !response.status().is_success() {
            return Err(refusal(&bytes(response).await?));
        }
        let text = bytes(response).await?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, CallError> {
        let mut request = self
            .client
            .request(method, format!("{}/control{path}", self.file.address))
            .header(CONTROL_HEADER, &self.file.control_token);
        if let Some(body) = body {
            request = request.json(body);
        }
        read(request.send().await.map_err(unreached)?).await
    }
}

fn unreached(error: reqwest::Error) -> CallError {
    if error.is_connect() {
        CallError::NotRunning
    } else {
        CallError::Strange(error.to_string())
    }
}

/// Why the runtime file is not found: no engine runs, it has not written the file yet, or a file is another user's.
fn not_found(places: &Places, error: &io::Error) -> CallError {
    let unreadable = |file: &Path, error: &io::Error| CallError::File {
        file: file.display().to_string(),
        why: format!(
            "{error}. Run this command as the user whose engine it is, with that user's HOME and XDG_RUNTIME_DIR"
        ),
    };
    match runtime::is_locked(places) {
        Err(error) => unreadable(&places.lock, &error),
        Ok(false) => CallError::NotRunning,
        Ok(true) if error.kind() == io::ErrorKind::PermissionDenied => {
            unreadable(&runtime::path(places), error)
        }
        Ok(true) => CallError::Busy,
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Result<T, CallError> {
    let good = response.status().is_success();
    let bytes = bytes(response).await?;
    if good {
        return serde_json::from_slice(&bytes).map_err(|e| CallError::Strange(e.to_string()));
    }
    Err(refusal(&bytes))
}

async fn bytes(response: Response) -> Result<Vec<u8>, CallError> {
    let read = response.bytes().await;
    let bytes = read.map_err(|e| CallError::Strange(e.to_string()))?;
    Ok(bytes.into())
}

fn refusal(bytes: &[u8]) -> CallError {
    serde_json::from_slice(bytes).map_or_else(
        |_| CallError::Strange(String::from_utf8_lossy(bytes).into_owned()),
        CallError::Refused,
    )
}
