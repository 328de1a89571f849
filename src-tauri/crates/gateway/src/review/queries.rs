//! The query side. Queries use the channel for promises, so that they follow the records of requests that ended before.

use chrono::{DateTime, Utc};
use ledger::{Digest, Fetched};
use tokio::sync::{mpsc, oneshot};

use super::ask::ReviewAsk;
use crate::pending::Pending;
use crate::promise::Promise;
use crate::reports::PATIENCE;
use crate::{Unkept, late};

#[derive(Clone, Debug)]
pub(crate) struct ReviewQueries {
    to: mpsc::Sender<Promise>,
    pending: Pending,
}

impl ReviewQueries {
    pub(crate) fn new(to: mpsc::Sender<Promise>, pending: Pending) -> Self {
        Self { to, pending }
    }

    /// False: the item was settled.
    pub(crate) async fn begin(&self, id: String, at: DateTime<Utc>) -> Result<bool, Unkept> {
        self.ask(|reply| ReviewAsk::Begin { id, at, reply }).await
    }

    pub(crate) async fn fetch(
        &self,
        id: String,
        owner: Digest,
        at: DateTime<Utc>,
    ) -> Result<Fetched, Unkept> {
        self.ask(|reply| ReviewAsk::Fetch {
            id,
            owner,
            at,
            reply,
        })
        .await
    }

    async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<Result<T, Unkept>>) -> ReviewAsk,
    ) -> Result<T, Unkept> {
        let _pending = self.pending.begin();
        let (reply, replied) = oneshot::channel();
        let asking = async {
            self.to.send(Promise::Review(question(reply))).await.ok()?;
            replied.await.ok()
        };
        match late::within(PATIENCE, asking).await {
            Ok(Some(result)) => result,
            Ok(None) => Err(Unkept::stopping()),
            Err(_) => Err(Unkept::disconnected()),
        }
    }
}
