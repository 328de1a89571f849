//! Reports of exchanges, and their counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use crate::exchange_id::{ExchangeId, ExchangeIds};
use crate::review::Unfetched;
use crate::{Began, Exchange, Report};

/// The channel for reports, and the counters.
#[derive(Clone, Debug)]
pub(crate) struct Reports {
    to: mpsc::Sender<Report>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    ids: ExchangeIds,
    open: AtomicUsize,
    dropped: AtomicU64,
}

impl Reports {
    pub(crate) fn new(to: mpsc::Sender<Report>) -> Self {
        Self {
            to,
            counts: Arc::default(),
        }
    }

    /// The same counters with another receiver.
    pub(crate) fn to(&self, to: mpsc::Sender<Report>) -> Self {
        Self {
            to,
            counts: Arc::clone(&self.counts),
        }
    }

    /// The id of the exchange that a request begins, if it begins one.
    pub(crate) fn next_id(&self, now: DateTime<Utc>) -> ExchangeId {
        self.counts.ids.next(now)
    }

    pub(crate) fn open(&self) -> usize {
        self.counts.open.load(Ordering::Relaxed)
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Reports a response that arrived after its client had disconnected.
    pub(crate) fn unfetched(&self, unfetched: Unfetched) {
        self.send(Report::Unfetched(unfetched));
    }

    pub(crate) fn began(&self, began: Began) {
        self.opened();
        self.send(Report::Began(began));
    }

    /// A request that was rejected: it has an end, and no begin that opens a session.
    pub(crate) fn opened(&self) {
        self.counts.open.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self, exchange: Box<Exchange>) {
        self.counts.open.fetch_sub(1, Ordering::Relaxed);
        self.send(Report::Ended(exchange));
    }

    fn send(&self, report: Report) {
        if self.to.try_send(report).is_err() {
            let dropped = self.counts.dropped.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::warn!(
                dropped,
                "a report was dropped: its receiver is too slow or closed"
            );
        }
    }
}
