use std::collections::BTreeMap;

use catalog::{EndpointId, ModelId, ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use crate::Evidence;

/// How well something works, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Operational,
    Maintenance,
    Degraded,
    PartialOutage,
    MajorOutage,
}

/// What we believe. Unknown is neither green nor red, and does not compare with levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Known(Level),
    Unknown(Unknown),
}

/// Why we do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    NotYetLooked,
    Offline,
    PageUnreadable,
    /// The last reading is too old to speak for now.
    Stale,
    /// Requests failed, nothing has answered since, and that is too long ago to speak for now.
    Faded {
        last_failure: DateTime<Utc>,
    },
}

/// What a belief rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Only the provider's own page: labelled so wherever it is shown.
    PageOnly,
    /// Our own probes or traffic, with or without the page.
    Measured,
    Nothing,
}

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Theirs: a declared outage, or two surfaces together, with our network up.
    Them,
    /// Ours: the network controls failed.
    Us,
    /// Many unrelated providers fail at once while the controls are up.
    SharedInfrastructure,
    /// Too little evidence to point at anybody.
    Undetermined,
}

/// A belief about one surface or one endpoint's model.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub verdict: Verdict,
    /// None: its beginning was not observed.
    pub since: Option<DateTime<Utc>>,
    pub basis: Basis,
    pub evidence: Evidence,
}

/// The joined belief about one provider.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderVerdict {
    pub verdict: Verdict,
    /// When it began; a bad time has one beginning through all its levels. None: that was not observed, as of a provider that
    /// was well when it was first seen.
    pub since: Option<DateTime<Utc>>,
    pub basis: Basis,
    pub blame: Blame,
    pub evidence: Evidence,
    /// Flapping: changes are recorded, not announced.
    pub unstable: bool,
    pub surfaces: BTreeMap<SurfaceId, Finding>,
    pub models: BTreeMap<(EndpointId, ModelId), Finding>,
}

/// Everything believed at one moment. Published whole, read by the gateway and the views.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdicts {
    pub providers: BTreeMap<ProviderId, ProviderVerdict>,
    pub offline: bool,
}
