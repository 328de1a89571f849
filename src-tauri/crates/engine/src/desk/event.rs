//! All that the desk decides on. The main loop stamps each event with the time.

use std::time::Duration;

use chrono::{DateTime, Utc};
use gateway::{Began, BreakerView, Exchange, KeptBreaker, Unfetched};
use health::Transition;
use ledger::Sums;

use crate::settings::{Settings, Wrong};

#[derive(Debug)]
pub(crate) enum Event {
    /// Time alone has passed: readings go stale, the day turns, notifications that were held back are due.
    Due,
    /// A reading, a probe, or how a page was read.
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
        parsed: Result<Box<Settings>, Vec<Wrong>>,
        text: String,
    },
    KeysChanged,
    KeychainFailed(String),
    /// So many trays and windows follow the engine.
    Faces(usize),
    Woke(Duration),
    /// The rehearsed outage lasts until then, or is over.
    Rehearsal(Option<DateTime<Utc>>),
    StartsAtLogin(Option<bool>),
    Paused(bool),
    /// The engine is stopping.
    Drain,
    /// All routes are looked at again: traffic has shown something new.
    Routes,
    /// What became of a notification.
    NoticeTold(u64, api::NoticeOutcome),

    // Answers of the ledger to effects.
    /// `newly`: it was parked, and had not been. `waiting`: parked requests that wait now.
    Booked {
        newly_parked: bool,
        waiting: u64,
    },
    Met {
        open: Vec<(i64, ledger::Met)>,
        last: Option<ledger::Outage>,
    },
    Logged {
        transition: Box<Transition>,
        /// None: it could not be logged, or has no incident.
        incident: Option<i64>,
        /// What it met before it was known.
        met: Box<ledger::Met>,
    },
    Queued {
        id: i64,
        row: ledger::NoticeRow,
        actions: Vec<api::NoticeAction>,
        in_place: bool,
    },
    Summed(Sums),
    /// Parked requests were settled, closed or opened again by hand.
    Waiting(u64),
    LedgerFailed(String),
}
