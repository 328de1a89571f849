//! A pipeline in the settings file.

use serde::Deserialize;
use toml::Spanned;

use super::may_go_to::MayGoTo;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pipeline {
    pub(crate) name: String,
    pub(crate) customer: Option<Spanned<String>>,
    /// This and the value, for an estimate: both, or none.
    pub(crate) weekly_items: Option<Spanned<f64>>,
    pub(crate) value: Option<Spanned<f64>>,
    /// The value as it was written before currencies.
    pub(crate) value_dollars: Option<Spanned<f64>>,
    pub(crate) currency: Option<Spanned<String>>,
    pub(crate) schedule: Option<Spanned<String>>,
    pub(crate) surge: Option<Spanned<(f64, f64)>>,
    #[serde(default)]
    pub(crate) providers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) runs: PipelineRuns,
    #[serde(default)]
    pub(crate) steps: Vec<PipelineStep>,
    pub(crate) may_go_to: Option<Spanned<MayGoTo>>,
    /// Seconds.
    pub(crate) client_waits: Option<Spanned<f64>>,
    pub(crate) delivery: Option<Spanned<PipelineDelivery>>,
    pub(crate) drain: Option<Spanned<bool>>,
    /// Seconds.
    pub(crate) drain_every_s: Option<Spanned<f64>>,
    pub(crate) drain_runs: Option<Spanned<u32>>,
    /// Hours.
    pub(crate) drain_within_h: Option<Spanned<f64>>,
}

/// Who gets a response that came without its client.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "delivery is \"fetch\", \"resume\", or { url = \"…\", secret_env = \"…\" }"
)]
pub(crate) enum PipelineDelivery {
    Word(PipelineDeliveryWord),
    Webhook(PipelineWebhook),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PipelineDeliveryWord {
    Fetch,
    Resume,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PipelineWebhook {
    pub(crate) url: String,
    pub(crate) secret_env: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PipelineRuns {
    #[default]
    Here,
    N8nCloud,
    Make,
    Zapier,
    Elsewhere,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PipelineStep {
    pub(crate) name: String,
    pub(crate) success: Option<Spanned<f64>>,
}
