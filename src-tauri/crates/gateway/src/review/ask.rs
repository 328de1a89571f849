//! Queries about review items to the ledger.

use chrono::{DateTime, Utc};
use ledger::{Digest, Fetched, Ledger, LedgerError};
use tokio::sync::oneshot;

use crate::Unkept;

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
    let (sent, result) = match result {
        Ok(found) => (Ok(found), Ok(())),
        Err(error) => (Err(Unkept::because(error.to_string())), Err(error)),
    };
    // The sender of the query has disconnected meanwhile.
    let _ = reply.send(sent);
    result
}
