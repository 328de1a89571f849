//! Starts reads of the loop that end beside it; their results are events.

use std::path::Path;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::event::LoopEvent;
use crate::reads::Reads;

/// Starts reads, whose results are events of the loop.
#[derive(Debug)]
pub(crate) struct Beside {
    pub(super) reads: Reads,
    /// Weak: a read must not keep the loop alive.
    events: mpsc::WeakSender<LoopEvent>,
    runtime: Handle,
    /// Effects of incidents are being read; the read in progress makes the next one wait.
    pub(super) reading: bool,
    pub(super) next: Option<(Vec<i64>, DateTime<Utc>)>,
    pub(super) counting: bool,
    pub(super) count_at: DateTime<Utc>,
}

impl Beside {
    pub(crate) fn new(reads: Reads, events: &mpsc::Sender<LoopEvent>, runtime: Handle) -> Beside {
        Beside {
            reads,
            events: events.downgrade(),
            runtime,
            reading: false,
            next: None,
            counting: false,
            count_at: DateTime::UNIX_EPOCH,
        }
    }

    /// The ledger was in memory and is now this file.
    pub(super) fn opened(&self, file: &Path) {
        self.reads.opened(file);
    }

    /// Before the ledger is closed.
    pub(super) async fn close(&self) {
        self.reads.close().await;
    }

    pub(super) fn send(&self, read: impl Future<Output = LoopEvent> + Send + 'static) {
        let events = self.events.clone();
        self.runtime.spawn(async move {
            let event = read.await;
            if let Some(events) = events.upgrade() {
                // An error means that the loop has ended.
                let _ = events.send(event).await;
            }
        });
    }
}
