use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catalog::{Catalog, ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use crate::{Level, Observation, PageIncident, ProviderVerdict, Verdicts};

/// When a run of readings counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Consecutive failed calls before an endpoint counts as failing.
    pub failures: u32,
    /// Consecutive good calls before it counts as recovered.
    pub successes: u32,
    /// Seconds after which a page reading is stale.
    pub page_stale_s: u32,
    /// Seconds after which probes and traffic no longer speak for now.
    pub calls_stale_s: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            failures: 3,
            successes: 2,
            page_stale_s: 1800,
            calls_stale_s: 1800,
        }
    }
}

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
}

/// Something that the log and perhaps a person should hear of.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    pub at: DateTime<Utc>,
    pub provider: ProviderId,
    pub change: Change,
    /// The belief after the change.
    pub verdict: ProviderVerdict,
    /// False: for the log only (flapping, already over when first seen).
    pub announce: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// An incident opened at this level.
    Opened(Level),
    Rose {
        from: Level,
        to: Level,
    },
    Eased {
        from: Level,
        to: Level,
    },
    /// Still open; the page or the evidence said something new worth a timeline entry.
    Noted(String),
    /// The incident closed; it had begun at `since` and been as bad as `peak`.
    Recovered {
        since: DateTime<Utc>,
        peak: Level,
    },
    /// An incident on the page that was over when first seen.
    Past(PageIncident),
}

/// Folds observations into beliefs.
#[derive(Debug)]
pub struct Book {
    _catalog: Arc<Catalog>,
    verdicts: Arc<Verdicts>,
}

impl Book {
    pub fn new(
        catalog: Arc<Catalog>,
        _thresholds: Thresholds,
        _watched: Watched,
        _open: Vec<OpenIncident>,
        _now: DateTime<Utc>,
    ) -> Self {
        Self {
            _catalog: catalog,
            verdicts: Arc::default(),
        }
    }

    /// Change which providers count, without forgetting what was seen.
    pub fn watch(&mut self, _watched: Watched, _now: DateTime<Utc>) -> Vec<Transition> {
        Vec::new()
    }

    pub fn observe(&mut self, _now: DateTime<Utc>, _seen: Observation) -> Vec<Transition> {
        Vec::new()
    }

    /// Let time alone have its effect: readings go stale.
    pub fn due(&mut self, _now: DateTime<Utc>) -> Vec<Transition> {
        Vec::new()
    }

    /// When [`Book::due`] next has something to do.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        None
    }

    /// After a suspend: what was fresh before it is stale, and the lost time is nobody's downtime.
    pub fn woke(&mut self, _now: DateTime<Utc>) -> Vec<Transition> {
        Vec::new()
    }

    pub fn verdicts(&self) -> Arc<Verdicts> {
        Arc::clone(&self.verdicts)
    }
}
