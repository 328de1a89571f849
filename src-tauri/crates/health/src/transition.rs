use std::collections::{BTreeMap, BTreeSet};

use catalog::{ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use crate::{Level, PageIncident, ProviderVerdict};

/// The owner's providers, and for each the surfaces that count for the tray.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched(pub BTreeMap<ProviderId, BTreeSet<SurfaceId>>);

/// An incident that was open when the engine stopped. A new [`Book`] gets it, so that it is not announced twice.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenIncident {
    pub provider: ProviderId,
    pub since: DateTime<Utc>,
    pub level: Level,
    pub peak: Level,
    /// Its last failed request, where no page and no probe reported it: then it may fade.
    pub last_failure: Option<DateTime<Utc>>,
}

/// A change that is logged and perhaps announced.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// When it happened. An unstable provider's recovery is reported after it has lasted, with its earlier date; a
    /// faded incident has the date of its last evidence.
    pub at: DateTime<Utc>,
    pub provider: ProviderId,
    pub change: Change,
    /// The verdict after the change.
    pub verdict: ProviderVerdict,
    /// False: only logged (unstable provider, or already over when first seen).
    pub announce: bool,
}

/// An entry of an incident's timeline that changes no level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The text of the provider's status page.
    Page(String),
    /// The status page resolved the incident of this title.
    PageResolved(String),
    /// The blame has changed, or the verdict became unknown or known again: see the transition's verdict.
    Verdict,
    /// Unstable: it failed again before its recovery had lasted.
    FailingAgain,
    /// Unstable: it works, and counts as recovered once that lasts.
    RecoveryNotCounted,
    /// The owner no longer watches the provider, so the record ends here.
    NoLongerWatched,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An incident opened at this level. It began at `since`, from which all views and sums count.
    Opened {
        level: Level,
        since: DateTime<Utc>,
    },
    Rose {
        from: Level,
        to: Level,
    },
    Eased {
        from: Level,
        to: Level,
    },
    /// Still open at its level; only its evidence has changed. The record is updated without a timeline entry.
    Updated,
    /// Still open, with a new entry in the timeline.
    Noted(Note),
    /// The incident closed. It had begun at `since`, and its worst level was `peak`.
    Recovered {
        since: DateTime<Utc>,
        peak: Level,
    },
    /// The incident closed without evidence of recovery: the requests that it was based on are too old. It ended at
    /// [`Transition::at`], its last evidence.
    Faded {
        since: DateTime<Utc>,
        peak: Level,
    },
    /// An incident on the page that was already over when first seen.
    Past(PageIncident),
}
