//! A query to the ledger, which has its own thread: each query contains its reply channel.

use chrono::{DateTime, Utc};
use ledger::{Begun, Ledger, LedgerError, ReplayAnswer, ReplayKey};
use tokio::sync::oneshot;

use super::identity::KeyedRequest;
use crate::Unkept;

/// A query to the ledger.
#[derive(Debug)]
pub enum ReplayAsk {
    Begin {
        key: KeyedRequest,
        at: DateTime<Utc>,
        /// With the key under which the request is stored.
        reply: oneshot::Sender<Result<(ReplayKey, Begun), Unkept>>,
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

impl ReplayAsk {
    /// Runs the query and sends the result back.
    ///
    /// # Errors The ledger's error, which the sender of the query also gets.
    pub fn answer(self, ledger: &mut Ledger) -> Result<(), LedgerError> {
        let lasting = ledger.file().is_some();
        match self {
            ReplayAsk::Begin { reply, .. } if !lasting => send(reply, Err(Unkept::in_memory())),
            ReplayAsk::Complete { reply, .. } | ReplayAsk::Fail { reply, .. } if !lasting => {
                send(reply, Err(Unkept::in_memory()));
            }
            ReplayAsk::Begin { key, at, reply } => log_failure(
                reply,
                ledger.begin_replay(&key.key, key.former.as_ref(), at),
            )?,
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

fn log_failure<T>(
    reply: oneshot::Sender<Result<T, Unkept>>,
    result: Result<T, LedgerError>,
) -> Result<(), LedgerError> {
    match result {
        Ok(found) => send(reply, Ok(found)),
        Err(error) => {
            send(reply, Err(Unkept::because(error.to_string())));
            return Err(error);
        }
    }
    Ok(())
}

fn send<T>(reply: oneshot::Sender<T>, result: T) {
    // The reader has disconnected meanwhile: the written row stays valid.
    let _ = reply.send(result);
}
