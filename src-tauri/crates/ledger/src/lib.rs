//! The record: one SQLite file with incidents, exchanges, attempts and kept responses, written by one writer.
//!
//! All calls are synchronous and meant for one dedicated thread. Time is an argument, stored as milliseconds since the
//! Unix epoch, UTC; money is stored as integer micro-dollars. Each table's file begins with its schema.
//!
//! The rehearsal provider never enters incidents, observations, probes or sums. Exchanges with it are kept and flagged, only
//! for the list of requests.

mod affected;
mod breakers;
mod carry;
mod column;
mod conversations;
mod daily;
mod drills;
mod effects;
mod error;
mod exchanges;
mod fallback_tests;
mod figures;
mod files;
mod impact_items;
mod incidents;
mod interruptions;
mod items;
mod marks;
mod meta;
mod notifications;
mod observations;
mod open;
mod outages;
mod parked;
mod pipelines;
mod presence;
mod probes;
mod reader;
mod replays;
mod report;
mod retention;
mod review;
mod schema;
mod search_text;
mod series;
mod sums;
mod tables;
mod vacuum;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use affected::{EarlierIncident, LevelStretch, Met, PipelineMet};
pub use breakers::BreakerRow;
pub use conversations::{CONVERSATION_BYTES, CONVERSATIONS_KEPT, ConversationPart};
pub use effects::{
    EffectBegun, EffectRow, EffectSettled, EffectState, KeptEffect, NewEffect, OwnersWord,
    ReceiverResponse, Settlement, Unfinished,
};
pub use error::{LedgerError, OpenError};
pub use exchanges::{
    AttemptOutcome, AttemptRow, ByToken, Candidate, End, ExchangeFilter, ExchangeRow, PASSED,
};
pub use fallback_tests::{FailedTest, FallbackTestRow, TestFault};
pub use figures::Figures;
pub use incidents::{
    IncidentRow, IncidentWithTimeline, LoggedTransition, TimelineRow, TimelineSource,
};
pub use interruptions::{DeliveredCall, Interrupted, InterruptionRow, OpenInterruptions};
pub use items::{ImpactItem, ItemState};
pub use marks::{Mark, Peak};
pub use notifications::{NotificationKind, NotificationRow, Outcome, Urgency};
pub use observations::OBSERVATIONS_KEPT;
pub use outages::{OUTAGE_SHOWN, Outage};
pub use pipelines::PipelineUse;
pub use presence::Presence;
pub use probes::ProbeRow;
pub use reader::{Interrupt, Reader};
pub use replays::{Begun, Digest, REPLAY_BYTES, REPLAYS_KEPT, ReplayAnswer, ReplayKey};
pub use report::{
    ReportCaller, ReportCalls, ReportCarried, ReportCost, ReportEvidence, ReportIncident,
    ReportItems, ReportPrimaryUse, ReportProviderUse, ReportRequests, ReportReview, ReportSpending,
};
pub use retention::{DayOf, Deleted, Expired, Limits, Progress};
pub use review::{
    Closing, Delivery, Drainable, DrainedAnswer, FailedRequest, Fetched, NextDelivery, Parked,
    REVIEW_BYTES, REVIEW_KEPT, REVIEW_STANDS, Resume, ReviewAttempt, ReviewItem, ReviewRow,
    ReviewRun, ReviewState, Settled, Unattended, Which,
};
pub use series::{
    CallPoint, CostPoint, IncidentLanes, IncidentPoint, IncidentSeries, LANE_REQUESTS, Lane,
    LaneCount, LaneOf, LaneOutcome, LaneRequest, LatencyMeasure, LatencyPoint, PagePoint, Quarters,
    Ribbon, SLOTS, Slots, UptimePoint,
};
pub use sums::{IncidentTraffic, Sums};
pub use vacuum::{Compacted, FileSize, compact};

/// The open ledger. Its one connection is the only writer. Dropping it leaves one complete file.
#[derive(Debug)]
pub struct Ledger {
    conn: Connection,
    file: Option<PathBuf>,
    /// The file at its opening; `None`: in memory, or read-only.
    identity: Option<files::Identity>,
}

/// Rows newest first, each with its id.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub rows: Vec<(i64, T)>,
    /// Rows of this page that are left out, because a value in them is not of its column's kind.
    pub unreadable: u64,
    /// Pass it as `before` to get the next page; `None`: this is the last page.
    pub next: Option<i64>,
}

/// The most rows of a page, whatever limit is requested.
pub const PAGE_LIMIT: u32 = 500;

impl Ledger {
    /// The file behind it; `None`: in memory only, lost when the engine ends.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Runs a write on which a client relies as soon as this returns: it is synced to the disk. Others may lose their last
    /// entries in a power cut.
    fn durably<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        self.conn.pragma_update(None, "synchronous", "FULL")?;
        let written = write(self);
        self.conn.pragma_update(None, "synchronous", "NORMAL")?;
        written
    }

    /// A write transaction that takes the write lock at once. One that reads first could fail to get it later.
    fn write(&mut self) -> Result<Transaction<'_>, LedgerError> {
        Ok(self
            .conn
            .transaction_with_behavior(TransactionBehavior::Immediate)?)
    }
}

impl<T> Page<T> {
    /// Takes up to `limit + 1` rows; one row above the limit shows that there is a next page. `None`: it cannot be read.
    fn cut(mut rows: Vec<(i64, Option<T>)>, limit: usize) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(id, _)| *id);
        let all = rows.len();
        let rows: Vec<_> = rows
            .into_iter()
            .filter_map(|(id, row)| Some((id, row?)))
            .collect();
        Self {
            unreadable: (all - rows.len()) as u64,
            rows,
            next,
        }
    }
}

fn page_limit(requested: u32) -> usize {
    requested.clamp(1, PAGE_LIMIT) as usize
}

#[cfg(test)]
mod tests;
