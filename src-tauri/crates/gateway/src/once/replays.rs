//! The gateway's side of the channel for stored responses.

use chrono::{DateTime, Utc};
use ledger::{Begun, ReplayAnswer, ReplayKey};
use tokio::sync::{mpsc, oneshot};

use super::identity::KeyedRequest;
use crate::pending::{Pending, PendingWork};
use crate::promise::Promise;
use crate::reports::PATIENCE;
use crate::{ReplayAsk, Unkept};

/// The query side.
#[derive(Clone, Debug)]
pub(crate) struct Replays {
    to: mpsc::Sender<Promise>,
    pending: Pending,
}

impl Replays {
    pub(crate) fn new(to: mpsc::Sender<Promise>, pending: Pending) -> Self {
        Self { to, pending }
    }

    /// A run for whose end a stop waits.
    pub(super) fn pending(&self) -> PendingWork {
        self.pending.begin()
    }

    /// Records that a request is about to run, unless its response is known.
    pub(crate) async fn begin(
        &self,
        key: KeyedRequest,
        at: DateTime<Utc>,
    ) -> Result<(ReplayKey, Begun), Unkept> {
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
        let _pending = self.pending.begin();
        let (reply, replied) = oneshot::channel();
        let asking = async {
            let question = Promise::Replay(question(reply));
            self.to.send(question).await.ok()?;
            replied.await.ok()
        };
        match crate::late::within(PATIENCE, asking).await {
            Ok(Some(result)) => result,
            Ok(None) => Err(Unkept::stopping()),
            Err(_) => Err(Unkept::disconnected()),
        }
    }
}
