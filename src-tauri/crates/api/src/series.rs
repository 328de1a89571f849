//! Figures over time, for charts: `GET /control/series/…`. They are computed on request and change nothing.
//!
//! `bounds` has one instant more than there are slots: slot `n` begins at `bounds[n]` and ends before `bounds[n + 1]`.
//! A slot without data has no point.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Level;

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
    /// Incidents that were open in this time, oldest first.
    #[serde(default)]
    pub incidents: Vec<UptimeIncident>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UptimeIncident {
    pub id: i64,
    pub opened: DateTime<Utc>,
    /// None: still open.
    pub closed: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UptimePoint {
    pub slot: u32,
    /// Calls that show if the provider works: answered ones, and those that failed because of the provider.
    pub calls: u64,
    pub failed: u64,
    /// Of the failed ones: not of this provider's requests that a fallback answered.
    #[serde(default)]
    pub uncarried: u64,
    /// Requests of this provider that a fallback answered, also those that made no call to it.
    #[serde(default)]
    pub carried: u64,
    /// Calls that met a rate limit, or a used-up plan or balance.
    #[serde(default)]
    pub limits: u64,
    /// Calls and requests that failed because of this computer, its network or its settings.
    #[serde(default)]
    pub local: u64,
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
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProviderCost {
    pub provider: String,
    pub points: Vec<CostPoint>,
}

/// Micro-dollars. The first three parts do not overlap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CostPoint {
    pub slot: u32,
    pub own_micro_usd: i64,
    /// With tests of fallbacks, drills, and requests that were forwarded with a kept key.
    pub fallback_micro_usd: i64,
    pub probes_micro_usd: i64,
    /// Of all: from tokens that are estimated from bytes.
    pub estimated_micro_usd: i64,
    /// Requests that billed a key, and whose cost is not known.
    pub unpriced: u64,
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

/// `GET /control/series/incidents/<id>/requests`: the requests that an incident affected, one by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IncidentLanes {
    /// Slots of the lanes that have counts; they cover the incident.
    pub bounds: Vec<DateTime<Utc>>,
    /// Most requests first; the others are last. Empty: no request was affected.
    pub lanes: Vec<IncidentLane>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IncidentLane {
    pub of: LaneOf,
    /// The pipeline or the client; none for the others.
    pub name: Option<String>,
    pub requests: u64,
    /// Empty if the lane has more than 400 requests.
    pub bars: Vec<LaneRequest>,
    /// Else: by slot and outcome.
    pub counts: Vec<LaneCount>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LaneOf {
    Pipeline,
    Client,
    Others,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LaneRequest {
    /// The exchange.
    pub id: i64,
    pub began: DateTime<Utc>,
    pub ended: DateTime<Utc>,
    pub outcome: LaneOutcome,
    /// When its review item was closed.
    pub closed: Option<DateTime<Utc>>,
}

/// Requests by the slot in which they ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LaneCount {
    pub slot: u32,
    pub outcome: LaneOutcome,
    pub requests: u64,
}

/// Each request has one. The first three are requests that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum LaneOutcome {
    Failed,
    /// The response ended in the middle.
    Interrupted,
    /// Failed, and was put in the review queue.
    Waiting,
    /// Answered by a fallback.
    Carried,
    /// Answered by its provider, after a failure.
    Answered,
    /// The client disconnected, or the request was rejected.
    Other,
}

/// `GET /control/series/ribbon/<provider>`: what its status page, probes and requests showed in the last 24 hours, in slots of 15
/// minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RibbonSeries {
    pub bounds: Vec<DateTime<Utc>>,
    /// By surface, then by slot.
    pub page: Vec<RibbonPage>,
    pub probes: Vec<RibbonCalls>,
    pub traffic: Vec<RibbonCalls>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RibbonPage {
    /// Empty: the page itself, which could not be read.
    pub surface: String,
    pub slot: u32,
    /// The worst one that the page showed.
    pub level: Level,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct RibbonCalls {
    pub slot: u32,
    pub answered: u64,
    pub failed: u64,
    pub limits: u64,
    /// Failed because of this computer, its network or its settings.
    pub local: u64,
}
