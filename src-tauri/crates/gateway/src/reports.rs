//! Reports of exchanges, and their counts. Two channels: one may drop reports and counts them; reports of requests that may be
//! parked wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::exchange_id::{ExchangeIds, LazyId};
use crate::pending::Pending;
use crate::promise::{Promise, PromisedReport};
use crate::review::Unfetched;
use crate::{Began, Exchange, Report, Unkept};

/// The ledger waits five seconds for another process that holds its file; a longer wait is an error.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

type Reply = oneshot::Sender<Result<(), Unkept>>;

/// The channels for reports, and the counters.
#[derive(Clone, Debug)]
pub(crate) struct Reports {
    to: mpsc::Sender<Report>,
    promises: mpsc::Sender<Promise>,
    pending: Pending,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    ids: ExchangeIds,
    open: AtomicUsize,
    dropped: AtomicU64,
    unrecorded: AtomicU64,
}

impl Reports {
    pub(crate) fn new(
        to: mpsc::Sender<Report>,
        promises: mpsc::Sender<Promise>,
        pending: Pending,
    ) -> Self {
        Self {
            to,
            promises,
            pending,
            counts: Arc::default(),
        }
    }

    /// The same counters with another receiver.
    pub(crate) fn to(&self, to: mpsc::Sender<Report>) -> Self {
        Self { to, ..self.clone() }
    }

    /// The id of the exchange that a request begins, if it begins one.
    pub(crate) fn next_id(&self, now: DateTime<Utc>) -> LazyId {
        self.counts.ids.lazy(now)
    }

    pub(crate) fn open(&self) -> usize {
        self.counts.open.load(Ordering::Relaxed)
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.counts.dropped.load(Ordering::Relaxed)
    }

    /// Number of exchanges whose end was not reported.
    pub(crate) fn unrecorded(&self) -> u64 {
        self.counts.unrecorded.load(Ordering::Relaxed)
    }

    /// Reports a response that arrived after its client had disconnected.
    pub(crate) fn unfetched(&self, unfetched: Unfetched) {
        self.promise(Report::Unfetched(unfetched), None);
    }

    /// `promised`: its end is reported through the channel that waits. Both reports keep their order.
    pub(crate) fn began(&self, began: Began, promised: bool) {
        self.opened();
        let report = Report::Began(began);
        if promised {
            self.promise(report, None);
        } else if self.to.try_send(report).is_err() {
            self.drop_one();
        }
    }

    /// A request that was rejected: it has an end, and no begin that opens a session.
    pub(crate) fn opened(&self) {
        self.counts.open.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self, exchange: Box<Exchange>, promised: bool) {
        let report = Report::Ended(exchange);
        if promised {
            self.promise(report, None);
        } else if self.to.try_send(report).is_err() {
            self.counts.unrecorded.fetch_add(1, Ordering::Relaxed);
            self.drop_one();
        }
        self.counts.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Reports the end of an exchange, and waits until its parked request is on the disk.
    ///
    /// # Errors It cannot be stored; the reason.
    pub(crate) async fn parked(&self, exchange: Box<Exchange>) -> Result<(), Unkept> {
        let (reply, replied) = oneshot::channel();
        self.promise(Report::Ended(exchange), Some(reply));
        self.counts.open.fetch_sub(1, Ordering::Relaxed);
        match timeout(PATIENCE, replied).await {
            Ok(Ok(kept)) => kept,
            Ok(Err(_)) => Err(Unkept::stopping()),
            Err(_) => Err(Unkept::disconnected()),
        }
    }

    /// Queues it; if the channel is full, a task waits. The stop waits for both.
    fn promise(&self, report: Report, reply: Option<Reply>) {
        let promised = PromisedReport::new(report, reply, self.pending.begin());
        let full = match self.promises.try_send(Promise::Report(promised)) {
            Ok(()) => return,
            Err(TrySendError::Full(promise)) => promise,
            Err(TrySendError::Closed(_)) => return self.drop_one(),
        };
        let Ok(runtime) = Handle::try_current() else {
            return self.drop_one();
        };
        let reports = self.clone();
        runtime.spawn(async move {
            if reports.promises.send(full).await.is_err() {
                reports.drop_one();
            }
        });
    }

    fn drop_one(&self) {
        let dropped = self.counts.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::warn!(
            dropped,
            "a report was dropped: its receiver is too slow or closed"
        );
    }
}
