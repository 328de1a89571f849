//! What must not be lost: responses under a key, and requests that may be parked. The channel for it waits when it is full, and
//! a client learns of it only after it is stored.

use tokio::sync::oneshot;

use crate::pending::PendingWork;
use crate::{ReplayAsk, Report, ReviewAsk, Unkept};

/// An entry of the channel for promises, in the order of their writes.
#[derive(Debug)]
pub enum Promise {
    /// Store or look up a response.
    Replay(ReplayAsk),
    /// Begin an item's run, or look its response up.
    Review(ReviewAsk),
    /// A report of an exchange whose request may be parked.
    Report(PromisedReport),
}

/// A report that is recorded whatever the load.
#[derive(Debug)]
pub struct PromisedReport {
    report: Report,
    receipt: Receipt,
}

/// Returned after the report is recorded. Until then, a stop waits.
#[derive(Debug)]
pub struct Receipt {
    reply: Option<oneshot::Sender<Result<(), Unkept>>>,
    _pending: PendingWork,
}

impl PromisedReport {
    pub(crate) fn new(
        report: Report,
        reply: Option<oneshot::Sender<Result<(), Unkept>>>,
        pending: PendingWork,
    ) -> Self {
        let receipt = Receipt {
            reply,
            _pending: pending,
        };
        Self { report, receipt }
    }

    pub fn open(self) -> (Report, Receipt) {
        (self.report, self.receipt)
    }
}

impl Receipt {
    /// `kept`: whether the parked request is on the disk; then its client receives the id.
    pub fn give(self, kept: Result<(), Unkept>) {
        if let Some(reply) = self.reply {
            // An error means that the client disconnected: the written row stays valid.
            let _ = reply.send(kept);
        }
    }
}
