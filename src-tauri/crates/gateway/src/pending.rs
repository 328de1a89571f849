//! Counts work that a stop waits for: writes that were promised, and readers of recorded responses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Debug, Default)]
pub(crate) struct Pending(Arc<AtomicUsize>);

/// One piece of work, which ends when this is dropped.
#[derive(Debug)]
pub(crate) struct PendingWork(Pending);

impl Pending {
    pub(crate) fn begin(&self) -> PendingWork {
        self.0.fetch_add(1, Ordering::Relaxed);
        PendingWork(self.clone())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for PendingWork {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}
