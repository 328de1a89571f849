//! Channel to the ledger, which has its own thread: each query contains its reply channel.

use std::time::Duration;

use chrono::{DateTime, Utc};
use ledger::{Begun, Ledger, LedgerError, ReplayAnswer, ReplayKey};
use tokio::sync::{mpsc, oneshot};

/// The ledger waits five seconds for another process that holds its file; a longer wait is an error.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// A query to the ledger.
#[derive(Debug)]
pub enum ReplayAsk {
    Begin {
        key: ReplayKey,
        at: DateTime<Utc>,
        reply: oneshot::Sender<Result<Begun, Unkept>>,
    },
    Complete {
        key: ReplayKey,
        /// `None`: it was too large to store.
        answer: Option<ReplayAnswer>,
        at: DateTime<Utc>,
        reply: oneshot::Sender<Result<(), Unkept>>,
    },
    /// A response that is delivered once.
    Take {
        key: ReplayKey,
        at: DateTime<Utc>,
        reply: oneshot::Sender<Result<Option<ReplayAnswer>, Unkept>>,
    },
    /// It ended without a response.
    Fail {
        key: ReplayKey,
        reply: oneshot::Sender<Result<(), Unkept>>,
    },
}

/// Why a response cannot be stored, as text for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unkept(String);

impl Unkept {
    pub(crate) fn disconnected() -> Self {
        Self("The ledger does not respond.".to_owned())
    }
}

impl ReplayAsk {
    /// Runs the query and sends the result back.
    ///
    /// # Errors The ledger's error, which the sender of the query also gets.
    pub fn answer(self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        let lasting = ledger.file().is_some();
        match self {
            ReplayAsk::Begin { reply, .. } if !lasting => send(reply, Err(in_memory())),
            ReplayAsk::Complete { reply, .. } | ReplayAsk::Fail { reply, .. } if !lasting => {
                send(reply, Err(in_memory()));
            }
            ReplayAsk::Begin { key, at, reply } => {
                log_failure(reply, ledger.begin_replay(&key, at))?
            }
            ReplayAsk::Complete {
                key,
                answer,
                at,
                reply,
            } => log_failure(reply, ledger.complete_replay(&key, answer.as_ref(), at))?,
            ReplayAsk::Take { key, at, reply } => log_failure(reply, ledger.take_replay(&key, at))?,
            ReplayAsk::Fail { key, reply } => log_failure(reply, ledger.fail_replay(&key))?,
        }
        Ok(())
    }
}

fn in_memory() -> Unkept {
    Unkept("The ledger's file could not be opened, so nothing is kept after a restart. `understudyd doctor` shows the reason.".to_owned())
}

fn log_failure<T>(
    reply: oneshot::Sender<Result<T, Unkept>>,
    result: Result<T, LedgerError>,
) -> Result<(), LedgerError> {
    match result {
        Ok(found) => send(reply, Ok(found)),
        Err(error) => {
            send(reply, Err(Unkept(error.to_string())));
            return Err(error);
        }
    }
    Ok(())
}

fn send<T>(reply: oneshot::Sender<T>, result: T) {
    // The reader has disconnected meanwhile: the written row stays valid.
    let _ = reply.send(result);
}

/// The query side.
#[derive(Clone, Debug)]
pub(crate) struct Replays(mpsc::Sender<ReplayAsk>);

impl Replays {
    pub(crate) fn new(to: mpsc::Sender<ReplayAsk>) -> Self {
        Self(to)
    }

    /// Records that a request is about to run, unless its response is known.
    pub(crate) async fn begin(&self, key: ReplayKey, at: DateTime<Utc>) -> Result<Begun, Unkept> {
        self.ask(|reply| ReplayAsk::Begin { key, at, reply }).await
    }

    /// When this returns, the response is on the disk.
    pub(crate) async fn complete(
        &self,
        key: ReplayKey,
        answer: Option<ReplayAnswer>,
        at: DateTime<Utc>,
    ) -> Result<(), Unkept> {
        self.ask(|reply| ReplayAsk::Complete {
            key,
            answer,
            at,
            reply,
        })
        .await
    }

    /// The stored response, which is deleted when this returns.
    pub(crate) async fn take(
        &self,
        key: ReplayKey,
        at: DateTime<Utc>,
    ) -> Result<Option<ReplayAnswer>, Unkept> {
        self.ask(|reply| ReplayAsk::Take { key, at, reply }).await
    }

    /// Its key is free again. If this cannot be written, the key is blocked for a day, with no other effect.
    pub(crate) async fn fail(&self, key: ReplayKey) {
        if let Err(unkept) = self.ask(|reply| ReplayAsk::Fail { key, reply }).await {
            tracing::warn!(%unkept, "the end of a request without a response could not be recorded");
        }
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<Result<T, Unkept>>) -> ReplayAsk,
    ) -> Result<T, Unkept> {
        let (reply, replied) = oneshot::channel();
        let asking = async {
            self.0.send(question(reply)).await.ok()?;
            replied.await.ok()
        };
        match crate::late::within(PATIENCE, asking).await {
            Ok(Some(result)) => result,
            Ok(None) => Err(Unkept("The engine is stopping.".to_owned())),
            Err(_) => Err(Unkept::disconnected()),
        }
    }
}
