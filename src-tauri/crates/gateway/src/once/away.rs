//! Open requests whose clients have disconnected: those of clients that may retrieve them soon, and those of pipelines.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::Dialect;
use ledger::{Digest, ReplayKey};
use tokio::sync::watch;

use super::identity::RequestIdentity;
use super::tape::{Reader, Tape};

/// The requests whose clients have disconnected and may retrieve them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lingering(Arc<Mutex<HashMap<Digest, Tape>>>);

impl Lingering {
    /// The response to the same request, if its client has left it.
    pub(crate) fn rejoin(&self, identity: &RequestIdentity) -> Option<Reader> {
        let mut all = self.lock();
        if all.is_empty() {
            return None;
        }
        let reader = all.remove(&identity.same_again())?.rejoin();
        if reader.is_some() {
            tracing::debug!("a client came back for a request of its own");
        }
        reader
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Tape>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Requests whose clients have disconnected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unattended(Arc<Mutex<HashMap<Digest, Running>>>);

#[derive(Debug)]
struct Running {
    tape: Tape,
    /// Closed when its response is stored, or there is none.
    over: watch::Receiver<()>,
}

/// The state of its earlier request, for a client that repeats it.
pub(crate) enum Found {
    Nothing,
    /// It is running, and is read from its first byte on.
    Running(Reader),
    /// It has ended; its kept part is stored.
    Ended,
}

impl Unattended {
    pub(crate) async fn find(&self, item: &Digest) -> Found {
        let mut over = {
            let mut all = self.lock();
            let Some(running) = all.get(item) else {
                return Found::Nothing;
            };
            if !running.tape.is_over()
                && let Some(reader) = running.tape.rejoin()
            {
                all.remove(item);
                return Found::Running(reader);
            }
            running.over.clone()
        };
        // An error means that its sender was dropped, which is awaited here.
        while over.changed().await.is_ok() {}
        Found::Ended
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pipeline's request, as identified in the review queue and by its client's next attempt.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) key: ReplayKey,
    pub(crate) dialect: Dialect,
}

/// Its entry in the list of requests without a client.
pub(super) struct Listed {
    all: Unattended,
    item: Digest,
    tape: Tape,
    over: watch::Receiver<()>,
}

impl Listed {
    pub(super) fn new(
        all: Unattended,
        item: Digest,
        tape: Tape,
        over: watch::Receiver<()>,
    ) -> Self {
        Self {
            all,
            item,
            tape,
            over,
        }
    }

    pub(super) fn set(&mut self, listed: bool) {
        let mut all = self.all.lock();
        let own = all
            .get(&self.item)
            .is_some_and(|running| running.tape.is(&self.tape));
        match (listed, own) {
            (true, false) => {
                let running = Running {
                    tape: self.tape.clone(),
                    over: self.over.clone(),
                };
                all.insert(self.item, running);
            }
            (false, true) => {
                all.remove(&self.item);
            }
            (true, true) | (false, false) => {}
        }
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.set(false);
    }
}
