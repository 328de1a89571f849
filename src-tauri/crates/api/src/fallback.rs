use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A fallback of a route, what a test of it costs, and what the last one said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Fallback {
    /// The route's name.
    pub route: String,
    pub dialect: String,
    /// The model that a client of the route asks for.
    pub asked_model: String,
    pub endpoint: String,
    /// As it is sent to the endpoint.
    pub model: String,
    /// "GPT Sol", or "GPT Sol (OpenRouter)" where several endpoints serve it.
    pub name: String,
    /// "tested 29 Nov, tool turn complete, $0.002", "never tested"
    pub said: String,
    pub cost: TestCost,
    /// Why it cannot be tested now; None: it can.
    pub untestable: Option<String>,
    /// None: it was never tested.
    pub last: Option<FallbackTest>,
}

/// What a test is expected to cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TestCost {
    /// It is not sent without the owner's yes. False: it costs nothing, since the server is on this machine.
    pub needs_yes: bool,
    /// Micro-dollars at the list price; None: the price is not known.
    pub likely: Option<i64>,
    /// The same, should the model use up the test's limit.
    pub most: Option<i64>,
    #[serde(default)]
    #[ts(skip)]
    pub likely_usd: Option<f64>,
    #[serde(default)]
    #[ts(skip)]
    pub most_usd: Option<f64>,
    /// "about $0.002: 700 tokens in and 300 out at the list price of 2026-11-26; at most $0.02"
    pub method: String,
}

/// The result of a test: one tool turn of two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct FallbackTest {
    pub at: DateTime<Utc>,
    pub passed: bool,
    /// The step that failed, from 1.
    pub failed_step: Option<u32>,
    /// "tool turn complete", "failed at step 2: it refused the request: …"
    pub said: String,
    /// Where the fault is that it failed.
    pub fault: Option<TestFault>,
    /// What to do.
    pub fix: Option<String>,
    pub total_ms: u64,
    pub input_tokens: u64,
    pub output_tokens: u64,
    /// Some of the tokens are estimated from bytes.
    pub tokens_estimated: bool,
    /// Micro-dollars: measured tokens at the list price; None: the price is not known.
    pub cost: Option<i64>,
    #[serde(default)]
    #[ts(skip)]
    pub cost_usd: Option<f64>,
    /// The endpoint's entry in the catalogue or its settings have changed since, so that the result no longer describes it.
    pub outdated: bool,
}

/// Where the fault is that a test failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TestFault {
    Provider,
    /// The owner's account there: its key, its money, its limits.
    Account,
    Model,
    /// The owner's settings.
    Settings,
    Understudy,
}

/// `GET /control/fallbacks?of=…`: each fallback once, or those of one route or endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Fallbacks {
    pub fallbacks: Vec<Fallback>,
}

/// `POST /control/fallbacks/test`: the answer is the [`Fallback`] with its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TestFallback {
    pub dialect: String,
    pub endpoint: String,
    pub model: String,
    /// The owner's yes to what it costs.
    pub yes: bool,
}
