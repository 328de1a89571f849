use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Level, Spans};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IncidentSummary {
    pub id: i64,
    pub provider: String,
    /// "Claude: partial outage"
    pub title: String,
    pub level: Level,
    pub peak: Level,
    pub opened: DateTime<Utc>,
    pub closed: Option<DateTime<Utc>>,
    /// Exchanges that met it, and how many of them a stand-in answered.
    pub exchanges_hit: u64,
    pub carried_by_fallback: u64,
    pub at_risk: AtRisk,
}

/// Dollars at risk, always with the method; never a bare number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum AtRisk {
    /// "Add a pipeline to see what outages cost you."
    NoEstimate { why: String },
    /// Counted, and nothing is left: "Nothing of yours was hit."
    Nothing { why: String },
    /// A range. What of it is measured, from items that wait or failed, is `known`; the rest is estimated. `low`, `high` and
    /// `known` are in micro-dollars.
    Estimate {
        low: i64,
        high: i64,
        #[serde(default)]
        known: i64,
        #[serde(default)]
        #[ts(skip)]
        low_usd: f64,
        #[serde(default)]
        #[ts(skip)]
        high_usd: f64,
        method: String,
    },
}

/// The last outage that ended and that requests of the owner met, with what is left of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LastOutage {
    pub incident: i64,
    pub provider: String,
    /// "Claude"
    pub product: String,
    pub peak: Level,
    pub opened: DateTime<Utc>,
    pub closed: DateTime<Utc>,
    pub duration_s: u64,
    /// Requests that met it; the next three are parts of it.
    pub hit: u64,
    pub carried: u64,
    /// Products that carried them: "OpenAI".
    pub carried_by: Vec<String>,
    /// Failed, and waiting in the review queue for a retry.
    pub waiting: u64,
    /// Failed, and not waiting.
    pub failed: u64,
    /// What the fallbacks cost, in micro-dollars, estimated.
    pub cost: i64,
    pub at_risk: AtRisk,
    /// "Claude was down for 4 min: 57 requests answered by OpenAI, 28 waiting, 23 failed. The fallback cost about $0.42."
    pub said: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Incident {
    pub summary: IncidentSummary,
    pub blame: String,
    /// In the engine's zone.
    pub evidence: String,
    /// The same, for a face that formats times in its viewer's zone.
    #[serde(default)]
    pub evidence_spans: Spans,
    /// Oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Agents' sessions that it cut in mid-turn, latest first.
    pub interrupted: Vec<Interruption>,
}

/// A session that lost its provider in the middle of the work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Interruption {
    /// For `POST /control/interruptions/<id>/checked`.
    pub id: i64,
    pub client: String,
    pub session: String,
    pub model: String,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    /// "Cut in the middle of an answer, 3 requests failed; it went on at 20:19."
    pub said: String,
    /// The session was answered again.
    pub resumed: Option<DateTime<Utc>>,
    /// A person said that they looked at it.
    pub checked: Option<DateTime<Utc>>,
    /// The tool calls that it was given last, oldest first.
    pub calls: Vec<DeliveredCall>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DeliveredCall {
    /// "`Bash: alembic upgrade head` delivered, no result seen"
    pub said: String,
    /// When its result came back; None: none was seen.
    pub result: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TimelineEntry {
    pub at: DateTime<Utc>,
    pub level: Option<Level>,
    /// In the engine's zone.
    pub text: String,
    /// The same, for a face that formats times in its viewer's zone.
    #[serde(default)]
    pub spans: Spans,
}

/// `GET /control/incidents?limit=&before=`, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IncidentPage {
    pub incidents: Vec<IncidentSummary>,
    /// Pass as `before` to go on; None: that was all.
    pub next: Option<i64>,
}
