use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Impact, ImpactItem, Level, Spans};

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
    /// Exchanges that the incident affected, and how many of them a fallback answered.
    pub exchanges_hit: u64,
    pub carried_by_fallback: u64,
    /// For shells of an earlier version; `impact` has more.
    pub at_risk: AtRisk,
    /// None: the engine is of an earlier version.
    #[serde(default)]
    pub impact: Option<Impact>,
    /// "2 Claude Code sessions were interrupted within a turn." None: none that needs the owner.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub interrupted_sessions: Option<String>,
}

/// Dollars at risk, always with the method of the estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum AtRisk {
    /// "Add a pipeline to see what outages cost you."
    NoEstimate { why: String },
    /// Counted, with nothing at risk: "None of your requests was affected."
    Nothing { why: String },
    /// A range. `known` is the measured part, from items that are parked or failed; the rest is estimated. `low`, `high` and
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

/// The last closed outage that affected the owner's requests, and its remaining effects.
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
    /// Affected requests; the next three fields are parts of this number.
    pub hit: u64,
    pub carried: u64,
    /// Products that answered them: "OpenAI".
    pub carried_by: Vec<String>,
    /// Failed, and parked in the review queue.
    pub waiting: u64,
    /// Failed, and not parked.
    pub failed: u64,
    /// Estimated cost of the fallbacks, in micro-dollars.
    pub cost: i64,
    /// For shells of an earlier version; `impact` has more.
    pub at_risk: AtRisk,
    /// None: the engine is of an earlier version.
    #[serde(default)]
    pub impact: Option<Impact>,
    /// The latest agent sessions that it interrupted, without those that continued or were marked as checked: at most five.
    #[serde(default)]
    #[ts(as = "Option<Vec<Interruption>>", optional)]
    pub interrupted: Vec<Interruption>,
    /// Number of those that are not listed; the incident lists all.
    #[serde(default)]
    #[ts(as = "Option<u64>", optional)]
    pub more_interrupted: u64,
    /// As in the incident's summary.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub interrupted_sessions: Option<String>,
    /// "Claude was down for 4 min: 57 requests answered by OpenAI, 28 waiting, 23 failed. The fallback cost about $0.42. Pipelines:
    /// 28 items, $11,200, wait for one click. $11,200 at risk. 2 Claude Code sessions were interrupted within a turn."
    #[serde(rename = "said")]
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Incident {
    pub summary: IncidentSummary,
    pub blame: String,
    /// With times in the engine's zone.
    pub evidence: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub evidence_spans: Spans,
    /// Oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Agent sessions that it interrupted within a turn, latest first.
    pub interrupted: Vec<Interruption>,
    /// The same as in the summary.
    #[serde(default)]
    pub impact: Option<Impact>,
    /// Items of pipelines that failed during it.
    #[serde(default)]
    pub items: Vec<ImpactItem>,
}

/// An agent session that an outage interrupted within a turn.
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
    /// One sentence: how the session was cut, how many requests failed, and when it continued; with times in the engine's zone.
    #[serde(rename = "said")]
    pub message: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub spans: Spans,
    /// When the session received a response again.
    pub resumed: Option<DateTime<Utc>>,
    /// When the user marked it as checked.
    pub checked: Option<DateTime<Utc>>,
    /// The command that continues it, in the folder where it began: `claude --resume …`. None: it continued already, the incident
    /// is still open, or the client has no such command.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub resume: Option<String>,
    /// The tool calls of the last response, oldest first.
    pub calls: Vec<DeliveredCall>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DeliveredCall {
    /// "`Bash: alembic upgrade head` delivered, no result seen"; with times in the engine's zone.
    #[serde(rename = "said")]
    pub message: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub spans: Spans,
    /// When its result arrived; None: no result was seen.
    pub result: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TimelineEntry {
    pub at: DateTime<Utc>,
    pub level: Option<Level>,
    #[serde(default)]
    pub source: TimelineSource,
    /// With times in the engine's zone.
    pub text: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub spans: Spans,
}

/// Origin of a timeline entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TimelineSource {
    /// Understudy: a verdict, or a note of the record. Also every entry of an engine that does not send the origin.
    #[default]
    Understudy,
    /// A post of the provider's status page.
    StatusPage,
}

/// `GET /control/incidents?limit=&before=`, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct IncidentPage {
    pub incidents: Vec<IncidentSummary>,
    /// Rows of this page that are left out: another program or a damaged disk has changed them, and they cannot be read.
    #[serde(default)]
    pub unreadable: u64,
    /// Pass as `before` to get the next page; None: this is the last page.
    pub next: Option<i64>,
    /// Crashes of Understudy, newest first, on the first page only. They are no incident of a provider.
    #[serde(default)]
    pub unexpected_ends: Vec<UnexpectedEnd>,
}

/// A run of the engine that ended in a crash.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UnexpectedEnd {
    /// Accurate to 30 s.
    pub ended: DateTime<Utc>,
    pub started: DateTime<Utc>,
}
