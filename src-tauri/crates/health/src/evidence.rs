//! The evidence of a verdict, as data. The crate `words` turns it into sentences.

use std::collections::BTreeSet;

use catalog::{EndpointId, ModelId, ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use crate::{FailureKind, Level, OurFault, Unreadable};

/// All evidence for a verdict on a provider, a surface or a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    pub page: PageEvidence,
    /// `None`: no call fails now.
    pub calls: Option<FailedCalls>,
    /// Models that fail now.
    pub failing: BTreeSet<ModelId>,
    /// Models that work now.
    pub answering: BTreeSet<ModelId>,
    /// Surfaces that fail at the same time, each by a separate source. Those that count come first.
    pub together: Vec<SurfaceId>,
    /// Unrelated providers that fail at the same time while the local network is up; empty unless there are many.
    pub shared: Vec<ProviderId>,
    /// The checks show that the local network is up.
    pub network_up: bool,
    /// A fault of the account or the settings, and the endpoint that reported it.
    pub ours: Option<(EndpointId, OurFault)>,
    /// Set where all calls are stale: the last request, however old.
    pub last_request: Option<LastRequest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LastRequest {
    pub at: DateTime<Utc>,
    pub answered: bool,
}

/// What the status page contributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PageEvidence {
    /// The provider has no status page.
    #[default]
    NoPage,
    NotRead,
    /// The latest reading states nothing about these surfaces.
    NoState,
    Claim(PageClaim),
    /// The latest reading is too old.
    Stale,
    Unreadable(Unreadable),
}

/// What the page reports about the surfaces that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageClaim {
    pub level: Level,
    /// The start of an outage, or its end. `None`: no outage was seen.
    pub since: Option<DateTime<Utc>>,
    pub read_at: DateTime<Utc>,
}

/// Calls since the first failure that counts now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedCalls {
    pub probes: Failures,
    pub requests: Failures,
    pub since: DateTime<Utc>,
    pub last: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    pub failed: u32,
    pub total: u32,
    /// `None`: they failed in different ways, or none failed.
    pub kind: Option<FailureKind>,
}

impl PageEvidence {
    pub fn claim(&self) -> Option<PageClaim> {
        match self {
            Self::Claim(claim) => Some(*claim),
            Self::NoPage | Self::NotRead | Self::NoState | Self::Stale | Self::Unreadable(_) => {
                None
            }
        }
    }
}

impl FailedCalls {
    /// Probes and requests together.
    pub fn all(&self) -> Failures {
        self.probes.and(self.requests)
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            probes: self.probes.and(other.probes),
            requests: self.requests.and(other.requests),
            since: self.since.min(other.since),
            last: self.last.max(other.last),
        }
    }
}

impl Failures {
    pub(crate) fn and(self, other: Self) -> Self {
        let kind = match (self.failed, other.failed) {
            (_, 0) => self.kind,
            (0, _) => other.kind,
            _ => self.kind.filter(|kind| other.kind == Some(*kind)),
        };
        Self {
            failed: self.failed.saturating_add(other.failed),
            total: self.total.saturating_add(other.total),
            kind,
        }
    }
}
