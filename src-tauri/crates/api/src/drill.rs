use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Spans, TestCost};

/// `POST /control/drill`: the primary of a route fails for a test session, or for live requests too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DrillEntry {
    /// A model of the route, "claude-opus-5-5". None: the model of the latest request, or the rehearsal's.
    #[serde(default)]
    pub model: Option<String>,
    /// Live requests of that route meet the failure as well. Only where the owner ticks it.
    #[serde(default)]
    pub live: bool,
    /// The owner accepts the cost of the test request.
    #[serde(default)]
    pub yes: bool,
}

/// `GET /control/drill/offer?model=`: what a drill would do and cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DrillOffer {
    /// "anthropic/claude-opus-5-5"
    pub route: String,
    /// It would run on the rehearsal models, because there is no fallback that a test request could use.
    pub rehearsal: bool,
    /// "Claude fails on purpose, and GPT Sol gets one short test request."
    pub message: String,
    pub cost: TestCost,
    /// What would happen with the present settings.
    pub today: Vec<SetUpLine>,
    pub fix: Option<String>,
}

/// `GET /control/drill`: the drill that runs, or the last one since the engine started. `DELETE` ends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Drill {
    pub running: bool,
    pub began: DateTime<Utc>,
    pub ended: Option<DateTime<Utc>>,
    /// It ends at this time at the latest.
    pub until: DateTime<Utc>,
    /// "anthropic/claude-opus-5-5"
    pub route: String,
    /// It ran on the rehearsal models: nothing was billed and no provider got a request.
    pub rehearsal: bool,
    pub live: bool,
    /// What happened, oldest first.
    pub steps: Vec<DrillStep>,
    pub report: Option<DrillReport>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DrillStep {
    pub at: DateTime<Utc>,
    pub sentence: Spans,
    /// The step is a failure that the drill made.
    pub failure: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DrillReport {
    /// "Claude failed at its first word; GPT Sol answered completely after 2.1 s."
    pub message: String,
    pub passed: bool,
    /// What the client saw, one line per request: "200, complete, from OpenAI, first word after 1.4 s".
    pub client_saw: Vec<String>,
    /// Micro-dollars; None: not known.
    pub cost: Option<i64>,
    #[serde(default)]
    #[ts(skip)]
    pub cost_usd: Option<f64>,
    /// What would happen with the present settings.
    pub today: Vec<SetUpLine>,
    /// "Add a fallback: Settings → Keys", or "Allow a fallback: Settings → General".
    pub fix: Option<String>,
}

/// "All of Claude fails" → "a clear error".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SetUpLine {
    pub failure: String,
    pub outcome: String,
    /// A complete response follows.
    pub carried: bool,
}
