use std::collections::BTreeMap;

use catalog::{EndpointId, ModelId, ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use crate::Level;

/// One reading from a status page, a probe, a client's request or a check of the local network.
#[derive(Clone, Debug, PartialEq)]
pub enum Observation {
    Page {
        at: DateTime<Utc>,
        provider: ProviderId,
        reading: Result<Page, Unreadable>,
    },
    Call {
        at: DateTime<Utc>,
        provider: ProviderId,
        endpoint: EndpointId,
        model: ModelId,
        source: CallSource,
        outcome: CallOutcome,
    },
    Network {
        at: DateTime<Utc>,
        controls: Controls,
    },
}

/// What a status page reports, reduced to the surfaces in the catalogue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// A surface that is missing here keeps its old state: absence is not recovery.
    pub surfaces: BTreeMap<SurfaceId, Level>,
    pub incidents: Vec<PageIncident>,
    /// The address that responded, as evidence.
    pub read_from: String,
    /// The source (a feed) has no component states: only `incidents` counts.
    pub incidents_only: bool,
    /// The time of the last change, if the page states it.
    pub changed: Option<DateTime<Utc>>,
    /// Component ids of the catalogue that the page no longer lists.
    pub missing: Vec<String>,
}

/// An incident as its page describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageIncident {
    pub id: String,
    pub title: String,
    pub url: Option<String>,
    /// Surfaces of the catalogue that it names; empty: the page names none.
    pub surfaces: Vec<SurfaceId>,
    pub started: DateTime<Utc>,
    pub resolved: Option<DateTime<Utc>>,
    /// Oldest first.
    pub updates: Vec<(DateTime<Utc>, String)>,
}

/// Why a page could not be read. It counts as unknown, neither as an outage nor as operational.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// This machine is offline, so the failure is no evidence about the provider.
    Offline,
    /// The page did not respond, or responded with an error.
    Unreachable(String),
    /// A challenge or a refusal: 403, 405, 429, a CAPTCHA.
    Blocked(String),
    /// A 200 that is not the expected page.
    NotThePage(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallSource {
    Probe,
    Traffic,
}

/// How one call to an endpoint ended, as far as health is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The response passed its completion check. Times in milliseconds.
    Ok { ttft_ms: Option<u64>, total_ms: u64 },
    /// The provider failed.
    Failed { kind: FailureKind, detail: String },
    /// A fault of the account or the settings. It proves that the provider responds, which clears failures to connect
    /// and nothing else.
    Ours(OurFault),
    /// Counts neither way: the client left, or the response stopped at its own token limit.
    Neutral,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// Refused, reset or unresolvable before a byte of the response.
    Connect,
    /// No headers or no first content in time.
    Timeout,
    /// 5xx, 529, 408, 409.
    Status(u16),
    /// The stream began and stopped before its terminal event.
    Cut,
    /// Stalled in mid-stream.
    Stalled,
    /// An error event in the stream.
    ErrorEvent,
    /// A 200 whose body is no model output: empty, HTML, unparsable.
    Malformed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OurFault {
    Credential,
    Quota,
    RateLimit,
    /// A plan, or a quota of more than a minute, is used up.
    Limit {
        /// The reset time, if known.
        until: Option<DateTime<Utc>>,
    },
    Request,
    ModelGone,
}

/// Whether the local network is up, checked against hosts that are no AI provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controls {
    Up,
    /// The checks failed too, so no provider is blamed.
    Down,
}
