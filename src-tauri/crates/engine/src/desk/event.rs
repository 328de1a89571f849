//! All inputs of the desk. The main loop stamps each event with the time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use gateway::{Began, BreakerView, Exchange, KeptBreaker, Unfetched};
use health::Transition;
use ledger::Sums;

use super::LedgerFailure;
use super::reviews::RunResult;
use crate::logging::LogLoss;
use crate::named_tokens::NamedTokens;
use crate::network::Addresses;
use crate::settings::{Settings, SettingsError};

#[derive(Debug)]
pub(crate) enum Event {
    /// Only time has passed: readings become stale, the day changes, delayed notifications are due.
    Due,
    /// A reading, a probe result, or the result of a page read.
    Watched(watch::Report),
    Began(Began),
    Ended(Box<Exchange>),
    Unfetched(Unfetched),
    /// The gateway's circuit breakers have changed.
    Breakers {
        views: Vec<BreakerView>,
        kept: Vec<KeptBreaker>,
    },
    /// The settings file was read; `text` is its content.
    Settings {
        parsed: Result<Box<Settings>, Vec<SettingsError>>,
        text: String,
    },
    /// The named tokens were changed.
    Tokens(NamedTokens),
    /// Addresses of networks, with the reason if one is not open.
    Network(Addresses),
    KeysChanged,
    KeychainFailed(String),
    /// Number of trays and windows on the event stream.
    Faces(usize),
    Woke(Duration),
    /// End of the rehearsed outage; None: it has ended.
    Rehearsal(Option<DateTime<Utc>>),
    StartsAtLogin(Option<bool>),
    Paused(bool),
    /// The engine is stopping.
    Drain,
    /// Recompute all routes after a change in traffic.
    Routes,
    /// Result of a notification.
    NotificationDelivered(u64, api::NotificationOutcome),
    /// The owner marked an interrupted session as checked.
    SessionChecked,

    // Results of ledger effects.
    /// `newly`: the request was parked, and was not before. `waiting`: number of parked requests.
    Booked {
        newly_parked: bool,
        waiting: u64,
    },
    IncidentImpact {
        open: Vec<(i64, ledger::Met)>,
        last: Option<ledger::Outage>,
    },
    Logged {
        transition: Box<Transition>,
        /// None: it was not logged, or has no incident.
        incident: Option<i64>,
        /// Exchanges that it affected before it was detected.
        met: Box<ledger::Met>,
        /// The incident that it closes.
        ended: Option<Box<ledger::Outage>>,
    },
    Queued {
        id: i64,
        row: ledger::NotificationRow,
        actions: Vec<api::NotificationAction>,
        in_place: bool,
    },
    Summed(Sums),
    /// Rows beyond the owner's limits, and the file's size.
    HistoryRead {
        expired: ledger::Expired,
        size: ledger::FileSize,
    },
    /// One step of a deletion.
    Deleted(ledger::Deleted),
    /// `more`: the file has more free pages to return to the disk.
    Shrunk {
        more: bool,
    },
    /// Number of side effects that the owner must settle. `newest`: of the unfinished ones.
    EffectsOpen {
        open: u64,
        newest: Option<Box<ledger::EffectRow>>,
    },
    /// Number of parked requests after a manual change.
    Waiting(u64),
    /// The open items of pipelines.
    Drainable(Vec<ledger::Drainable>),
    /// A run of the drain has ended.
    Drained {
        id: String,
        result: RunResult,
    },
    /// A delivery did not begin.
    NotSent(String),
    DeliveryEnded {
        id: String,
        next: ledger::NextDelivery,
    },
    /// The files by which other programs find the engine were written, or why not.
    Published(Option<String>),
    LedgerFailed(LedgerFailure),
    /// It was deleted or replaced, and is not back at its path.
    LedgerAstray(String),
    /// It is written to its path again; the text reports what had happened to it.
    LedgerWorks(Option<String>),
    /// Lines of the log could not be written; None: the last one was.
    LogLoss(Option<LogLoss>),
    /// Number of requests that are missing in the history, because the ledger was too slow.
    Unrecorded(u64),
}
