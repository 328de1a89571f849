use std::collections::{BTreeMap, BTreeSet};

use catalog::{ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use crate::{Level, PageIncident, ProviderVerdict};

/// The owner's providers, and of each the surfaces that matter to the tray.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watched(pub BTreeMap<ProviderId, BTreeSet<SurfaceId>>);

/// A story that was open when the engine stopped: told again to a new [`Book`], so that nothing is announced twice.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenIncident {
    pub provider: ProviderId,
    pub since: DateTime<Utc>,
    pub level: Level,
    pub peak: Level,
    /// Its last failed request, where neither a page nor a probe spoke of it: then it may fade.
    pub last_failure: Option<DateTime<Utc>>,
}

/// Something that the log and perhaps a person should hear of.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// When it happened. The recovery of a flapping provider is told only after it has lasted, and dated back; an incident
    /// that fades is dated back to its last evidence.
    pub at: DateTime<Utc>,
    pub provider: ProviderId,
    pub change: Change,
    /// The belief after the change.
    pub verdict: ProviderVerdict,
    /// False: for the log only (flapping, already over when first seen).
    pub announce: bool,
}

/// An entry of an incident's timeline that changes no level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// What the provider wrote on its status page.
    Page(String),
    /// The status page resolved the incident of this title.
    PageResolved(String),
    /// The blame has changed, or the verdict was lost or found again: the transition's verdict says how.
    Verdict,
    /// Unstable: it failed again before its recovery had lasted.
    FailingAgain,
    /// Unstable: it works, and counts as recovered when that lasts.
    RecoveryNotCounted,
    /// The owner no longer watches the provider, so the record ends here.
    NoLongerWatched,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An incident opened at this level. It began at `since`, which every view and every sum counts from.
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
    /// Still open at its level; only its evidence has changed. The record follows it, without an entry.
    Updated,
    /// Still open; something new is worth an entry in the timeline.
    Noted(Note),
    /// The incident closed; it had begun at `since` and been as bad as `peak`.
    Recovered {
        since: DateTime<Utc>,
        peak: Level,
    },
    /// The incident closed without proof that it was over: the requests that it rested on have grown too old. It ended, as far
    /// as anything was observed, at [`Transition::at`].
    Faded {
        since: DateTime<Utc>,
        peak: Level,
    },
    /// An incident on the page that was over when first seen.
    Past(PageIncident),
}
