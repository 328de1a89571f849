use std::collections::BTreeMap;

use catalog::{EndpointId, ModelId, ProviderId, SurfaceId};
use chrono::{DateTime, Utc};

use crate::Level;

/// One reading from a status page, a probe, live traffic, or of our own network.
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

/// What a status page says, reduced to the surfaces we know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// A surface that is missing here keeps its old state: absence is not recovery.
    pub surfaces: BTreeMap<SurfaceId, Level>,
    pub incidents: Vec<PageIncident>,
    /// The address that answered, as evidence.
    pub read_from: String,
    /// The source cannot tell component states (a feed): only `incidents` speaks.
    pub incidents_only: bool,
}

/// An incident as its page tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageIncident {
    pub id: String,
    pub title: String,
    pub url: Option<String>,
    /// Surfaces of ours that it names; empty: the page does not say.
    pub surfaces: Vec<SurfaceId>,
    pub started: DateTime<Utc>,
    pub resolved: Option<DateTime<Utc>>,
    /// Oldest first.
    pub updates: Vec<(DateTime<Utc>, String)>,
}

/// Why a page could not be read. Never an outage, never green.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// We are offline: says nothing about anybody.
    Offline,
    /// The page did not answer or answered with an error.
    Unreachable(String),
    /// A challenge or a refusal: 403, 405, 429, a CAPTCHA.
    Blocked(String),
    /// A 200 that is not the page we expected.
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
    /// The answer was proven complete. Milliseconds.
    Ok { ttft_ms: Option<u64>, total_ms: u64 },
    /// The provider failed.
    Failed { kind: FailureKind, detail: String },
    /// A problem of ours: tells that somebody answers, nothing more. It takes back failures to connect and no other.
    Ours(OurFault),
    /// The client left, or the answer was cut by its own limit: neutral.
    Neutral,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// Refused, reset or unresolvable before a byte of answer.
    Connect,
    /// No headers or no first content in time.
    Silent,
    /// 5xx, 529, 408, 409.
    Status(u16),
    /// The stream began and stopped before its terminal event.
    Cut,
    /// Stalled in mid-stream.
    Stalled,
    /// An error event in the stream.
    ErrorEvent,
    /// A 200 that is no answer: empty, HTML, unparsable.
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

/// Is our own network up? Asked of things that are no AI provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controls {
    Up,
    /// The controls failed too: blame nobody.
    Down,
}
