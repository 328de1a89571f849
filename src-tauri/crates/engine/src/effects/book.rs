//! The ledger, for effects: every write is on the disk before its result is used.

use chrono::{DateTime, Utc};
use ledger::{Ledger, LedgerError};
use tokio::sync::{mpsc, oneshot};

/// Why something is not written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotKept {
    #[error("the ledger is in memory only: `understudyd doctor` shows why")]
    InMemory,
    #[error("{0}")]
    Failed(String),
    #[error("the engine is stopping")]
    Stopping,
}

type Work = dyn FnOnce(Option<&mut Ledger>, DateTime<Utc>) -> Result<(), LedgerError> + Send;

/// Work on the ledger, for its thread.
pub(crate) struct LedgerWork(Box<Work>);

impl std::fmt::Debug for LedgerWork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LedgerWork")
    }
}

impl LedgerWork {
    /// `ledger`: None if it is not a file.
    ///
    /// # Errors
    /// Also sent to the caller.
    pub(crate) fn run(
        self,
        ledger: Option<&mut Ledger>,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        (self.0)(ledger, now)
    }
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Book(mpsc::Sender<LedgerWork>);

impl Book {
    pub(crate) fn new(work: mpsc::Sender<LedgerWork>) -> Book {
        Book(work)
    }

    pub(crate) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Ledger, DateTime<Utc>) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, NotKept> {
        let (reply, result) = oneshot::channel();
        let work = move |ledger: Option<&mut Ledger>, now| {
            let (sent, outcome) = match ledger.map(|ledger| work(ledger, now)) {
                None => (Err(NotKept::InMemory), Ok(())),
                Some(Ok(done)) => (Ok(done), Ok(())),
                Some(Err(error)) => (Err(NotKept::Failed(error.to_string())), Err(error)),
            };
            // Without a receiver the write stays valid.
            let _ = reply.send(sent);
            outcome
        };
        let work = LedgerWork(Box::new(work));
        self.0.send(work).await.map_err(|_| NotKept::Stopping)?;
        result.await.map_err(|_| NotKept::Stopping)?
    }
}
