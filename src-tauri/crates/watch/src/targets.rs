use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{Endpoint, EndpointId, MicroDollars, ModelId, ProviderId, Secret, Source};

use crate::online::DEFAULT_CONTROLS;

/// The targets of watching. A new value replaces the old one completely.
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    /// Providers whose status page is polled.
    pub pages: BTreeMap<ProviderId, PageTarget>,
    pub probes: Vec<ProbeTarget>,
    /// `name:port` of hosts for the network check; empty: the network is assumed to be up.
    pub controls: Vec<String>,
    /// Limit for the cost of all probes in a day (UTC). Zero: only free ones run.
    pub probe_budget: MicroDollars,
}

impl Default for Targets {
    /// No targets, the usual controls, and five cents a day.
    fn default() -> Self {
        Self {
            pages: BTreeMap::new(),
            probes: Vec::new(),
            controls: DEFAULT_CONTROLS.map(str::to_owned).to_vec(),
            probe_budget: MicroDollars(50_000),
        }
    }
}

/// How to poll one provider's page. The default follows the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageTarget {
    /// Replaces the catalogue's: a mirror, or a recording.
    pub sources: Option<Vec<Source>>,
    /// Replaces the catalogue's interval.
    pub every: Option<Duration>,
}

/// An endpoint's model to probe. If a needed key is missing, only reachability is tested.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeTarget {
    pub endpoint: Endpoint,
    pub model: ModelId,
    pub key: Option<Secret>,
    pub every: Duration,
}

impl ProbeTarget {
    pub const DEFAULT_EVERY: Duration = Duration::from_secs(300);

    pub(crate) fn may_complete(&self) -> bool {
        self.key.is_some() || self.endpoint.key_env.is_none()
    }
}

/// Events that change the time of the next check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nudge {
    /// The owner requests a check: a [`Round`](crate::Round) of this number is reported, at the latest after
    /// [`ROUND_LONGEST`](crate::ROUND_LONGEST).
    CheckNow {
        round: u64,
    },
    /// A client's request got a complete response: the probe of that model can wait.
    TrafficCompleted {
        endpoint: EndpointId,
        model: ModelId,
    },
    /// A provider responded to a client's request, with any status: the network is up.
    TrafficAnswered {
        endpoint: EndpointId,
    },
    /// A client's request reached no provider: the network is checked soon.
    TrafficUnreached,
    /// The machine resumed from suspend: everything is due.
    Woke,
    IncidentOpen {
        provider: ProviderId,
        open: bool,
    },
    /// No client has sent a request for a long time (true), or one has sent a request again (false).
    Idle(bool),
}
