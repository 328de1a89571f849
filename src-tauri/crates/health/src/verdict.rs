use std::collections::BTreeMap;

use catalog::{EndpointId, ModelId, ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use crate::{Evidence, Level};

/// A known level, or unknown, which is neither green nor red and cannot be compared with levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Known(Level),
    Unknown(Unknown),
}

/// Why the level is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    NotYetRead,
    Offline,
    PageUnreadable,
    /// The last reading is stale.
    Stale,
    /// Requests failed, none has succeeded since, and the failures are too old to count.
    Faded {
        last_failure: DateTime<Utc>,
    },
}

/// The sources of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Only the provider's status page. Every view labels this.
    PageOnly,
    /// Probes or requests, with or without the page.
    Measured,
    Nothing,
}

/// Who is responsible for a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The provider: a declared outage, or two surfaces failing together while the local network is up.
    Them,
    /// This machine: the checks of the local network failed.
    Us,
    /// Many unrelated providers fail at once while the local network is up.
    SharedInfrastructure,
    /// Not enough evidence to blame anything.
    Undetermined,
}

/// The verdict on one surface or one endpoint's model.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub verdict: Verdict,
    /// `None`: its beginning was not observed.
    pub since: Option<DateTime<Utc>>,
    pub basis: Basis,
    pub evidence: Evidence,
}

/// The combined verdict on one provider.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderVerdict {
    pub verdict: Verdict,
    /// When it began. A bad period has one beginning through all its levels. `None`: the beginning was not observed, as
    /// when a provider was operational at the first reading.
    pub since: Option<DateTime<Utc>>,
    pub basis: Basis,
    pub blame: Blame,
    pub evidence: Evidence,
    /// Unstable: changes are recorded, not announced.
    pub unstable: bool,
    pub surfaces: BTreeMap<SurfaceId, Finding>,
    pub models: BTreeMap<(EndpointId, ModelId), Finding>,
}

/// All verdicts at one moment. Published as one value for the gateway and the views.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdicts {
    pub providers: BTreeMap<ProviderId, ProviderVerdict>,
    pub offline: bool,
}
