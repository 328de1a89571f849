use std::time::Duration;

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, Utc};

/// A breaker as faces show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerView {
    pub endpoint: EndpointId,
    pub model: ModelId,
    pub standing: Standing,
    /// Consecutive failures.
    pub failures: u32,
    /// The last failure, in words; None while there was none.
    pub reason: Option<String>,
}

/// May a request go there?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Closed,
    /// Only where nothing better is left.
    Open {
        until: DateTime<Utc>,
        for_: Duration,
    },
    /// The time is up: the next request is the probe.
    HalfOpen,
    /// One request is finding out; others go elsewhere.
    Probing,
}
