//! Figures over time, for charts: `GET /control/series/…`. They are computed on request and change nothing.
//!
//! `bounds` has one instant more than there are slots: slot `n` begins at `bounds[n]` and ends before `bounds[n + 1]`.
//! A slot without data has no point.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// `GET /control/series/uptime?days=90&zone=Europe/Berlin`: calls to each provider, requests and probes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UptimeSeries {
    pub bounds: Vec<DateTime<Utc>>,
    pub providers: Vec<ProviderUptime>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProviderUptime {
    pub provider: String,
    pub points: Vec<UptimePoint>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UptimePoint {
    pub slot: u32,
    /// Calls that show if the provider works: answered ones, and those that failed because of the provider.
    pub calls: u64,
    pub failed: u64,
}

/// `GET /control/series/latency?hours=24` or `?days=30&zone=Europe/Berlin`: response times of each provider, requests and
/// probes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LatencySeries {
    pub bounds: Vec<DateTime<Utc>>,
    pub providers: Vec<ProviderLatency>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProviderLatency {
    pub provider: String,
    pub points: Vec<LatencyPoint>,
}

/// Percentiles by nearest rank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LatencyPoint {
    pub slot: u32,
    pub measure: LatencyMeasure,
    /// Complete responses that were measured.
    pub responses: u64,
    pub p50_ms: u64,
    pub p95_ms: u64,
    /// From daily sums, whose times are rounded by less than 1 %.
    #[serde(default)]
    pub rounded: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LatencyMeasure {
    FirstToken,
    /// From the start of the call to the end of the response.
    Total,
}

/// `GET /control/series/cost?days=30&zone=Europe/Berlin`: cost at list prices or the owner's, with probes and tests of fallbacks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CostSeries {
    pub bounds: Vec<DateTime<Utc>>,
    pub providers: Vec<ProviderCost>,
    /// Requests that billed a key, and whose cost is not known: in no point.
    pub unpriced: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProviderCost {
    pub provider: String,
    pub points: Vec<CostPoint>,
}

/// Micro-dollars. The two parts do not overlap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CostPoint {
    pub slot: u32,
    /// From tokens that the provider reported.
    pub measured_micro_usd: i64,
    /// From tokens that are estimated from bytes.
    pub estimated_micro_usd: i64,
}

/// `GET /control/series/incidents/<id>`: requests that an incident affected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IncidentSeries {
    pub bounds: Vec<DateTime<Utc>>,
    pub points: Vec<IncidentPoint>,
}

/// Requests by the slot in which they ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IncidentPoint {
    pub slot: u32,
    /// Failed, and not put in the review queue.
    pub failed: u64,
    /// Answered by a fallback.
    pub carried: u64,
    /// In the review queue at the end of the slot.
    pub waiting: u64,
}
