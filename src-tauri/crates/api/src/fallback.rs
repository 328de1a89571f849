use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Dialect, Spans};

/// A fallback of a route, the cost of a test, and the last test result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Fallback {
    /// The route's name.
    pub route: String,
    pub dialect: Dialect,
    /// The model in the requests of the route's clients.
    #[serde(rename = "asked_model")]
    pub requested_model: String,
    pub endpoint: String,
    /// The model name that is sent to the endpoint.
    pub model: String,
    /// "GPT Sol", or "GPT Sol (OpenRouter)" where several endpoints serve it.
    pub name: String,
    /// "tested 29 Nov, tool turn complete, $0.002", "never tested"; with the date in the engine's zone.
    #[serde(rename = "said")]
    pub message: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub spans: Spans,
    pub cost: TestCost,
    /// Why it cannot be tested now; None: it can.
    pub untestable: Option<String>,
    /// None: it was never tested.
    pub last: Option<FallbackTest>,
}

/// Expected cost of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TestCost {
    /// The test needs the owner's consent. False: it is free, because the server is on this machine.
    pub needs_yes: bool,
    /// Micro-dollars at the list price; None: the price is not known.
    pub likely: Option<i64>,
    /// The same, if the model uses the test's entire token limit.
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
    /// "tool turn complete", "failed at step 2: the provider refused the request: …"
    #[serde(rename = "said")]
    pub message: String,
    /// Cause of the failure.
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
    /// The endpoint's entry in the catalogue or the settings has changed since, so the result is outdated.
    pub outdated: bool,
}

/// Cause of a failed test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum TestFault {
    Provider,
    /// The owner's account at the provider: key, credit, limits.
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

/// `POST /control/fallbacks/test`: the response is the [`Fallback`] with its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TestFallback {
    pub dialect: Dialect,
    pub endpoint: String,
    pub model: String,
    /// The owner's consent to the cost.
    pub yes: bool,
}
