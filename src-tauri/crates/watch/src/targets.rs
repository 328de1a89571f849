use std::collections::BTreeMap;
use std::time::Duration;

use catalog::{Endpoint, EndpointId, MicroDollars, ModelId, ProviderId, Secret, Source, Tokens};
use chrono::{DateTime, Utc};
use health::{CallOutcome, Observation};

use crate::online::{Connectivity, DEFAULT_CONTROLS};
use crate::round::Round;

/// What to look at. A new value replaces the old one whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Targets {
    /// Providers whose status page is polled.
    pub pages: BTreeMap<ProviderId, PageTarget>,
    pub probes: Vec<ProbeTarget>,
    /// `name:port` of machines that tell whether our own network is up; empty: it is taken to be up.
    pub controls: Vec<String>,
    /// What all probes together may cost in a day (UTC). Zero: only free ones run.
    pub probe_budget: MicroDollars,
}

impl Default for Targets {
    /// Nothing to look at, the usual controls, and five cents a day.
    fn default() -> Self {
        Self {
            pages: BTreeMap::new(),
            probes: Vec::new(),
            controls: DEFAULT_CONTROLS.map(str::to_owned).to_vec(),
            probe_budget: MicroDollars(50_000),
        }
    }
}

/// How to poll one provider's page. The default is what the catalogue says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageTarget {
    /// Instead of the catalogue's: a mirror, or a recording.
    pub sources: Option<Vec<Source>>,
    /// Instead of the catalogue's interval.
    pub every: Option<Duration>,
}

/// An endpoint's model to try. Without a key, where the endpoint needs one, only whether it can be reached is tried.
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

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    Observed(Observation),
    /// A completion probe ended; its [`Observation`] has been reported just before.
    Probed {
        at: DateTime<Utc>,
        provider: ProviderId,
        endpoint: EndpointId,
        model: ModelId,
        outcome: CallOutcome,
        ttft_ms: Option<u64>,
        total_ms: u64,
        tokens: Tokens,
        /// False: the provider told no usage; `tokens` is then zero, not an estimate.
        usage_told: bool,
        /// From the catalogue's price, an estimate; `None` where price or usage is not known.
        cost: Option<MicroDollars>,
    },
    /// What [`Nudge::CheckNow`] asked for.
    Round(Round),
    /// Our own network was checked.
    Checked {
        at: DateTime<Utc>,
        connectivity: Connectivity,
    },
    /// A page was polled. `error`: why it could not be read, in words for people.
    PageRead {
        at: DateTime<Utc>,
        provider: ProviderId,
        url: String,
        error: Option<String>,
    },
}

/// News that changes when to look next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nudge {
    /// The owner wants to know now: a [`Round`] of this number is reported, at the latest after
    /// [`ROUND_LONGEST`](crate::ROUND_LONGEST).
    CheckNow {
        round: u64,
    },
    /// Live traffic got a whole answer: the probe of that model can wait.
    TrafficProved {
        endpoint: EndpointId,
        model: ModelId,
    },
    /// A provider answered a client's request, with whatever status: the network is up.
    TrafficAnswered {
        endpoint: EndpointId,
    },
    /// A client's request reached no provider: the network is checked soon.
    TrafficUnreached,
    /// The machine slept: everything is due.
    Woke,
    IncidentOpen {
        provider: ProviderId,
        open: bool,
    },
    /// No client has sent anything for long (true), or one has again (false).
    Idle(bool),
}
