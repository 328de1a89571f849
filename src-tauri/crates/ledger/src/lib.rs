//! What happened: one SQLite file with incidents, exchanges and their attempts, and answers to be given again, written
//! by one writer.
//!
//! Everything is synchronous and meant for one dedicated thread. Time is an argument and is stored as whole
//! milliseconds since the Unix epoch, UTC; money is whole micro-dollars. Each table's file begins with its schema.
//!
//! What the rehearsal provider does never enters incidents, observations, probes or sums: exchanges with it are
//! kept, flagged, for the traffic view alone.

mod breakers;
mod column;
mod conversations;
mod error;
mod exchanges;
mod fallback_tests;
mod incidents;
mod interruptions;
mod met;
mod meta;
mod notices;
mod observations;
mod open;
mod probes;
mod reader;
mod replays;
mod review;
mod schema;
mod series;
mod sums;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use breakers::BreakerRow;
pub use conversations::{CONVERSATION_BYTES, CONVERSATIONS_KEPT, ConversationPart};
pub use error::{LedgerError, OpenError};
pub use exchanges::{AttemptRow, Candidate, End, ExchangeFilter, ExchangeRow, PASSED};
pub use fallback_tests::{FailedTest, FallbackTestRow, TestFault};
pub use incidents::{IncidentRow, IncidentStory, LoggedTransition, TimelineRow};
pub use interruptions::{DeliveredCall, Interrupted, InterruptionRow};
pub use met::{LevelStretch, Met, OUTAGE_SHOWN, Outage, PipelineMet};
pub use notices::{NoticeKind, NoticeRow, Outcome, Urgency};
pub use probes::ProbeRow;
pub use reader::Reader;
pub use replays::{Begun, Digest, REPLAY_BYTES, REPLAYS_KEPT, ReplayAnswer, ReplayKey};
pub use review::{
    Closing, FailedRequest, Parked, REVIEW_BYTES, REVIEW_KEPT, REVIEW_STANDS, ReviewItem,
    ReviewRow, ReviewRun, ReviewState, Settled, Which,
};
pub use series::{
    CostPoint, IncidentPoint, IncidentSeries, LatencyMeasure, LatencyPoint, SLOTS, Slots,
    UptimePoint,
};
pub use sums::{IncidentTraffic, Sums};

/// The open ledger. Its one connection is the only writer; dropping it leaves a single, complete file behind.
#[derive(Debug)]
pub struct Ledger {
    conn: Connection,
    file: Option<PathBuf>,
}

/// Rows newest first, each with its id.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub rows: Vec<(i64, T)>,
    /// Pass as `before` to go on; `None`: that was all.
    pub next: Option<i64>,
}

/// However many rows are asked for, a page holds no more than this.
pub const PAGE_LIMIT: u32 = 500;

impl Ledger {
    /// The file behind it; `None`: in memory only, gone when the engine ends.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// A write transaction. It takes the write lock at once: one that read first could fail half way.
    fn write(&mut self) -> Result<Transaction<'_>, LedgerError> {
        Ok(self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

impl<T> Page<T> {
    /// From up to `limit + 1` rows: the one too many only tells that there are more.
    fn cut(mut rows: Vec<(i64, T)>, limit: usize) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(id, _)| *id);
        Self { rows, next }
    }
}

fn page_limit(asked: u32) -> usize {
    asked.clamp(1, PAGE_LIMIT) as usize
}

#[cfg(test)]
mod tests;
