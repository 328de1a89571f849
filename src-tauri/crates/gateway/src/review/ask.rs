//! Queries about review items to the ledger. They use the channel for promises, so that they follow the records of requests
//! that ended before.

use chrono::{DateTime, Utc};
use ledger::{Digest, Fetched, Ledger, LedgerError};
use tokio::sync::{mpsc, oneshot};

use crate::pending::Pending;
use crate::promise::Promise;
use crate::reports::PATIENCE;
use crate::{Unkept, late};

#[derive(Debug)]
pub enum ReviewAsk {
    /// An item is about to run without its client.
    Begin {
        id: String,
        at: DateTime<Utc>,
        /// False: it was settled.
        reply: oneshot::Sender<Result<bool, Unkept>>,
    },
    /// Its caller fetches the response.
    Fetch {
        id: String,
        owner: Digest,
        at: DateTime<Utc>,
        reply: oneshot::Sender<Result<Fetched, Unkept>>,
    },
}

impl ReviewAsk {
    /// Runs the query and sends the result back.
    ///
    /// # Errors The ledger's error, which the sender of the query also gets.
    pub fn answer(self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        match self {
            ReviewAsk::Begin { id, at, reply } => give(reply, ledger.drain_begins(&id, at)),
            ReviewAsk::Fetch {
                id,
                owner,
                at,
                reply,
            } => give(reply, ledger.fetch_review(&id, &owner, at)),
        }
    }
}

fn give<T>(
    reply: oneshot::Sender<Result<T, Unkept>>,
    result: Result<T, LedgerError>,
) -> Result<(), LedgerError> {
    let (told, result) = match result {
        Ok(found) => (Ok(found), Ok(())),
        Err(error) => (Err(Unkept::because(error.to_string())), Err(error)),
    };
    // The sender of the query has disconnected meanwhile.
    let _ = reply.send(told);
    result
}

/// The query side.
#[derive(Clone, Debug)]
pub(crate) struct ReviewAsks {
    to: mpsc::Sender<Promise>,
    pending: Pending,
}

impl ReviewAsks {
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
