//! The control API for the shell, the CLI and the web UI. Loopback HTTP, JSON, one event stream.

mod connect;
mod drill;
mod effects;
mod exchanges;
mod face;
mod fallbacks;
mod guard;
mod hand_over;
mod health;
mod incidents;
mod keys;
mod pipelines;
mod report;
mod retry_all;
mod review;
mod review_requests;
mod review_secret;
mod review_several;
mod routes;
mod series;
mod shown;
mod tokens;
mod transfer;
mod ui;

use std::sync::Arc;

use api::{ControlError, Snapshot};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use catalog::Secret;
use gateway::Gateway;
use ledger::{Ledger, LedgerError};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::effects::Relay;
use crate::event::{ControlRequest, LoopEvent};
use crate::handover::Successor;
use crate::keys::Keys;
use crate::places::Places;
use crate::reads::{LoopRead, Reads, Unread};
use crate::try_key::KeyTrial;
use crate::view::facts::PageFacts;

pub(crate) use face::Faces;
pub(crate) use routes::router;
pub(crate) use series::warm_charts;
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
    pub relay: Relay,
    pub clock: Clock,
    pub places: Places,
    pub successor: Successor,
    pub reads: Reads,
    /// For the sentences of pages.
    pub facts: watch::Receiver<Arc<PageFacts>>,
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

    fn facts(&self) -> Arc<PageFacts> {
        Arc::clone(&self.facts.borrow())
    }

    /// Reads the ledger beside its writer. Only where there is no file to read, the loop reads.
    async fn read<T: Send + 'static>(
        &self,
        select: impl FnOnce(&Ledger) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, Refused> {
        let found = match self.reads.lease().await {
            Some(lease) => lease.read(move |reader| select(reader.ledger())).await,
            None => {
                self.ask(|reply| {
                    ControlRequest::Read(LoopRead::new(move |ledger| {
                        // A reply whose receiver is gone is not an error.
                        let _ = reply.send(select(ledger));
                    }))
                })
                .await?
            }
        };
        Ok(found?)
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

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Refused {
        tracing::warn!(%error, "the ledger could not be read");
        let status = match error {
            LedgerError::TooSlow | LedgerError::Locked | LedgerError::Full => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            LedgerError::ReadOnly
            | LedgerError::Corrupt
            | LedgerError::SumsDiffer { .. }
            | LedgerError::Sqlite(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let error = format!("the ledger cannot be read: {error}");
        Refused::new(status, error, None)
    }
}

impl From<Unread> for Refused {
    fn from(unread: Unread) -> Refused {
        match unread {
            Unread::Failed(error) => error.into(),
            Unread::NoFile => Refused::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "there are no figures for charts: the ledger is in memory",
                Some(
                    "free space on the disk, or check the permissions of the ledger's file; `understudyd doctor` shows its path",
                ),
            ),
        }
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
