//! The control API for the shell, the CLI and the web UI. Loopback HTTP, JSON, one event stream.

mod exchanges;
mod face;
mod fallbacks;
mod guard;
mod health;
mod keys;
mod retry_all;
mod review;
mod routes;
mod series;
mod shown;
mod ui;

use std::path::PathBuf;
use std::sync::Arc;

use api::{ControlError, Snapshot};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use catalog::Secret;
use gateway::Gateway;
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::event::{ControlRequest, LoopEvent};
use crate::keys::Keys;
use crate::try_key::KeyTrial;

pub(crate) use face::Faces;
pub(crate) use routes::router;
use shown::Shown;

/// Shared state of all handlers.
#[derive(Clone)]
pub(crate) struct Control {
    pub events: mpsc::Sender<LoopEvent>,
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    pub token: Secret,
    pub allowed_hosts: watch::Receiver<Vec<String>>,
    pub keys: Keys,
    pub trial: KeyTrial,
    /// True when the engine ends and its runtime file is removed; open event streams then end.
    pub ending: watch::Receiver<bool>,
    /// Number of trays and windows on the event stream.
    pub faces: Faces,
    /// Runs parked requests again.
    pub gateway: Gateway,
    pub clock: Clock,
    /// None: the ledger is in memory.
    pub ledger: Option<PathBuf>,
    /// The token that clients of the gateway send.
    pub client_token: Secret,
}

impl Control {
    /// Sends a request to the loop and waits for the reply.
    async fn ask<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<T>) -> ControlRequest,
    ) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        self.events
            .send(LoopEvent::Request(ask(reply)))
            .await
            .map_err(|_| Refused::ending())?;
        answer.await.map_err(|_| Refused::ending())
    }
}

/// An error of the control API.
struct Refused(StatusCode, ControlError);

impl Refused {
    fn new(status: StatusCode, error: impl Into<String>, fix: Option<&str>) -> Refused {
        Refused(
            status,
            ControlError {
                error: error.into(),
                fix: fix.map(Into::into),
            },
        )
    }

    fn ending() -> Refused {
        Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the engine is stopping",
            None,
        )
    }
}

impl From<ControlError> for Refused {
    fn from(error: ControlError) -> Refused {
        Refused(StatusCode::UNPROCESSABLE_ENTITY, error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Shown(self.1)).into_response()
    }
}
