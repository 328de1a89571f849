use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::MayGoTo;

/// `GET /control/pipelines`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelinePage {
    /// The owner's pipelines, by name.
    pub pipelines: Vec<PipelineEntry>,
    /// Names in recent requests that are not in the settings, each with "did you mean".
    pub unknown: Vec<UnknownPipeline>,
    /// What each place means for a pipeline that runs there.
    #[serde(default)]
    pub places: Vec<PipelinePlace>,
}

/// A place where a pipeline can run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelinePlace {
    pub runs: PipelineRuns,
    /// "n8n Cloud"
    pub name: String,
    /// Why its requests cannot pass through Understudy, and what follows. None: they can.
    pub reach: Option<String>,
    /// What protects a pipeline there.
    pub protection: Option<String>,
}

/// A pipeline as the form shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelineEntry {
    pub form: PipelineForm,
    /// Of its lines in the settings file. `PUT` and `DELETE` send it back as `?version=`, so that a change of the file meanwhile
    /// is not overwritten. None: it has no lines of its own, only a route.
    #[serde(default)]
    pub version: Option<String>,
    /// Base URL that marks its requests: "`…/t/TOKEN/p/Leads/v1`".
    pub base_url: String,
    /// Names of the tokens that mark its requests.
    #[serde(default)]
    pub tokens: Vec<String>,
    /// Distinct items and requests of the last seven days.
    pub seen_items: u64,
    pub seen_requests: u64,
    /// "Last week I saw 57 items." None: nothing was seen.
    pub seen: Option<String>,
    /// For a pipeline that runs elsewhere: what protects it there.
    pub protection: Option<String>,
    /// End to end, with and without fallback; None: no steps, and no requests.
    pub reliability: Option<PipelineReliability>,
}

/// `PUT /control/pipelines/<name>?version=`, or `?new=true` for a new one: writes the pipeline into the settings file and keeps its comments. A field that is None is
/// removed from the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
#[ts(export)]
pub struct PipelineForm {
    pub name: String,
    pub customer: Option<String>,
    pub weekly_items: Option<f64>,
    /// Value of one item, in units of the currency.
    pub value: Option<f64>,
    /// ISO 4217; None: USD.
    pub currency: Option<String>,
    /// When items arrive: "Mon-Fri 09:00-17:00 Europe/Berlin"; None: any time.
    pub schedule: Option<String>,
    /// Factor of a campaign, from low to high.
    pub surge: Option<(f64, f64)>,
    pub providers: Vec<String>,
    /// None: the general rule applies.
    pub may_go_to: Option<MayGoTo>,
    pub runs: PipelineRuns,
    pub steps: Vec<PipelineStep>,
}

/// Where a pipeline runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PipelineRuns {
    /// Its requests pass through Understudy.
    #[default]
    Here,
    /// These cannot reach this computer: their pipelines are watched only.
    N8nCloud,
    Make,
    Zapier,
    Elsewhere,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelineStep {
    pub name: String,
    /// Assumed share of runs that succeed, between 0 and 1. None: measured from the pipeline's own requests.
    pub success: Option<f64>,
}

/// Why a form was not written: nothing was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelineRefused {
    /// The first error.
    pub error: String,
    pub fix: Option<String>,
    /// The errors at their fields, in the order of the form.
    pub fields: Vec<PipelineFieldError>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelineFieldError {
    /// A field of the form: "weekly_items".
    pub field: String,
    pub error: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UnknownPipeline {
    pub name: String,
    /// `The pipeline "leeds" is not in the settings. Did you mean "leads"?`
    pub warning: String,
    pub nearest: Option<String>,
    /// Requests of the last seven days.
    #[serde(default)]
    pub requests: u64,
}

/// End to end: "6 steps at 99 % → 94.1 %".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelineReliability {
    /// Between 0 and 1; None: not enough data.
    pub with_fallback: Option<f64>,
    pub without_fallback: Option<f64>,
    /// One sentence with the method, the number of runs and the interval.
    pub text: String,
}

/// A pipeline, and what happens to its items when its provider fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelineView {
    pub name: String,
    /// "Claude, then OpenAI"; None: no request of it has been seen, and no route names it.
    pub order: Option<String>,
    /// "no fallback: items will wait"
    pub no_fallback: Option<String>,
    /// The customer for whom it works.
    #[serde(default)]
    pub customer: Option<String>,
    /// "continues on GPT", "items wait until Claude is back", "watched only: runs at Make"; None: no known problem.
    #[serde(default)]
    pub state: Option<String>,
    #[serde(default)]
    pub mark: PipelineMark,
}

/// How the state of a pipeline is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PipelineMark {
    #[default]
    Fine,
    /// A fallback answers.
    Carried,
    /// Its items wait or fail.
    Stopped,
    /// Its requests do not pass through Understudy.
    Watched,
    /// The same, and its provider has an outage.
    WatchedOutage,
}
