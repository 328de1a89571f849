//! The engine's control API as the shell uses it: snapshots, commands, and results of notifications.

use std::path::Path;
use std::time::Duration;

use api::{
    Accepted, CONTROL_HEADER, Command, ControlError, NotificationOutcome, RuntimeFile, Snapshot,
};
use reqwest::{Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::sse::{Events, TooLarge};

const CONNECT: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(5);
/// A command may have to wait for a service manager.
const COMMAND: Duration = Duration::from_secs(30);
/// After three missed comments on its event stream, the engine counts as gone.
const STREAM_TIMEOUT: Duration = api::HEARTBEAT.saturating_mul(3);

/// One client for every connection: loopback only, so no proxy and no certificates.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    // reqwest needs a TLS implementation even for plain http. An error means that one is already installed.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .tls_certs_only([])
        .connect_timeout(CONNECT)
        .build()
}

/// A running engine, with the address from its runtime file.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) engine: RuntimeFile,
    /// The name of the other computer on which it runs; None: it runs here.
    pub(crate) computer: Option<String>,
    http: reqwest::Client,
}

/// Result of looking for an engine by its runtime file.
#[derive(Debug)]
pub(crate) enum Found {
    Answers(Connection),
    /// There is no runtime file, nothing listens at its address, or another program does.
    None,
    /// It listens but does not respond.
    NoResponse(Unanswered),
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Unanswered {
    #[error("no program listens at the engine's address")]
    NotThere,
    #[error("the engine does not respond")]
    Late,
    /// The error text of the control API.
    #[error("{0}")]
    Refused(String),
    #[error("the engine responded with status {0}")]
    Status(StatusCode),
    #[error(
        "the engine's response cannot be parsed: {0}. Its version may differ from this application's"
    )]
    Unreadable(String),
    #[error("the connection to the engine broke: {0}")]
    Broken(String),
}

/// Requests a snapshot from the engine that the runtime file names.
pub(crate) async fn find(runtime_file: &Path, http: &reqwest::Client) -> Found {
    let Some(engine) = read(runtime_file).await else {
        return Found::None;
    };
    let connection = Connection::to(engine, http.clone());
    match connection.snapshot().await {
        // An unreadable snapshot also proves that an engine runs; following it reports the error.
        Ok(_) | Err(Unanswered::Unreadable(_)) => Found::Answers(connection),
        Err(Unanswered::NotThere | Unanswered::Refused(_) | Unanswered::Status(_)) => Found::None,
        Err(error @ (Unanswered::Late | Unanswered::Broken(_))) => Found::NoResponse(error),
    }
}

async fn read(runtime_file: &Path) -> Option<RuntimeFile> {
    let text = tokio::fs::read(runtime_file).await.ok()?;
    serde_json::from_slice(&text)
        .inspect_err(|error| {
            tracing::warn!("{} is not a runtime file: {error}", runtime_file.display())
        })
        .ok()
}

impl Connection {
    pub(crate) fn to(engine: RuntimeFile, http: reqwest::Client) -> Self {
        Self {
            engine,
            computer: None,
            http,
        }
    }

    /// The same to an engine on another computer.
    pub(crate) fn on(self, computer: String) -> Self {
        Self {
            computer: Some(computer),
            ..self
        }
    }

    pub(crate) async fn snapshot(&self) -> Result<Snapshot, Unanswered> {
        let request = self.http.get(self.url("snapshot"));
        answer(
            timeout(ANSWER, self.send(request))
                .await
                .map_err(|_| Unanswered::Late)??,
        )
        .await
    }

    /// Every snapshot from now on, the present one first.
    pub(crate) async fn snapshots(&self) -> Result<Snapshots, Unanswered> {
        let request = self
            .http
            .get(self.url("events"))
            .header("accept", "text/event-stream");
        let response = timeout(ANSWER, self.send(request))
            .await
            .map_err(|_| Unanswered::Late)??;
        Ok(Snapshots {
            response,
            events: Events::default(),
            ready: Vec::new().into_iter(),
        })
    }

    pub(crate) async fn command(&self, command: &Command) -> Result<Accepted, Unanswered> {
        self.post("do", command).await
    }

    pub(crate) async fn report(
        &self,
        notification: u64,
        outcome: &NotificationOutcome,
    ) -> Result<(), Unanswered> {
        let request = self
            .http
            .post(self.url(&format!("notices/{notification}")))
            .json(outcome);
        timeout(COMMAND, self.send(request))
            .await
            .map_err(|_| Unanswered::Late)?
            .map(drop)
    }

    async fn post<Answer: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Answer, Unanswered> {
        let request = self.http.post(self.url(path)).json(body);
        answer(
            timeout(COMMAND, self.send(request))
                .await
                .map_err(|_| Unanswered::Late)??,
        )
        .await
    }

    fn url(&self, path: &str) -> String {
        format!("{}/control/{path}", self.engine.address)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Response, Unanswered> {
        let response = request
            .header(CONTROL_HEADER, &self.engine.control_token)
            .send()
            .await?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        match response.json::<ControlError>().await {
            Ok(ControlError {
                error,
                fix: Some(fix),
            }) => Err(Unanswered::Refused(format!("{error} {fix}"))),
            Ok(ControlError { error, fix: None }) => Err(Unanswered::Refused(error)),
            Err(_) => Err(Unanswered::Status(status)),
        }
    }
}

async fn answer<Answer: DeserializeOwned>(response: Response) -> Result<Answer, Unanswered> {
    let body = timeout(ANSWER, response.bytes())
        .await
        .map_err(|_| Unanswered::Late)??;
    serde_json::from_slice(&body).map_err(|error| Unanswered::Unreadable(error.to_string()))
}

impl From<reqwest::Error> for Unanswered {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Late
        } else if error.is_connect() {
            Self::NotThere
        } else {
            Self::Broken(error.without_url().to_string())
        }
    }
}

impl From<TooLarge> for Unanswered {
    fn from(error: TooLarge) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// The event stream; it ends when the engine does.
pub(crate) struct Snapshots {
    response: Response,
    events: Events,
    ready: std::vec::IntoIter<crate::sse::Event>,
}

impl Snapshots {
    /// `None`: the engine closed the stream.
    pub(crate) async fn next(&mut self) -> Result<Option<Snapshot>, Unanswered> {
        loop {
            for event in self.ready.by_ref() {
                if event.name == "snapshot" {
                    let snapshot = serde_json::from_str(&event.data);
                    return snapshot
                        .map(Some)
                        .map_err(|error| Unanswered::Unreadable(error.to_string()));
                }
            }
            let Some(bytes) = timeout(STREAM_TIMEOUT, self.response.chunk())
                .await
                .map_err(|_| Unanswered::Late)??
            else {
                return Ok(None);
            };
            self.ready = self.events.take(&bytes)?.into_iter();
        }
    }
}
