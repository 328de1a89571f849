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
}

/// A pipeline as the form shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelineEntry {
    pub form: PipelineForm,
    /// Ways to mark its requests: "`…/t/TOKEN/p/Leads/v1`", "header `x-understudy-pipeline: Leads`".
    pub base_url: String,
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

/// `PUT /control/pipelines/<name>`: writes the pipeline into the settings file and keeps its comments. A field that is None is
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UnknownPipeline {
    pub name: String,
    /// `The pipeline "leeds" is not in the settings. Did you mean "leads"?`
    pub warning: String,
    pub nearest: Option<String>,
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
