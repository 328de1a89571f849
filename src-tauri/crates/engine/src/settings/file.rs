//! The settings file: every value optional, unknown keys rejected, each value with its position.

mod may_go_to;
mod pipeline;

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::path::PathBuf;

use catalog::{
    Allow, Auth, CallIds, ChatLimit, Dialect, ReasoningContent, StreamUsage, ThoughtSignatures,
    WrittenHours, WrittenLongPrompt,
};
use gateway::{Consent, Delivery, Restart, Siblings};
use serde::Deserialize;
use toml::Spanned;

use super::weight::Weight;
pub(super) use may_go_to::{MayGoTo, MayGoToWord};
pub(super) use pipeline::{
    Pipeline, PipelineDelivery, PipelineDeliveryWord, PipelineRuns, PipelineStep,
};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) listen: Listen,
    pub(super) watch: Watch,
    pub(super) timers: Timers,
    pub(super) fallback: Fallback,
    pub(super) notifications: Notifications,
    pub(super) history: History,
    pub(super) retention: Retention,
    pub(super) report: Report,
    pub(super) endpoint: Vec<Endpoint>,
    pub(super) route: Vec<Route>,
    /// For a model or a pattern: each endpoint's model that can replace it.
    pub(super) equivalents: BTreeMap<String, BTreeMap<String, Spanned<String>>>,
    pub(super) price: Vec<Price>,
    pub(super) rule: Vec<Rule>,
    pub(super) pipeline: Vec<Pipeline>,
    pub(super) effect: Vec<Effect>,
    pub(super) update: Update,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Update {
    pub(super) url: Option<Spanned<String>>,
    pub(super) public_key: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Listen {
    pub(super) address: Option<Spanned<String>>,
    pub(super) port: Option<u16>,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) allowed_origins: Vec<Spanned<String>>,
    pub(super) drain_s: Option<Spanned<f64>>,
    pub(super) also: Vec<Also>,
}

/// An address of a network.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Also {
    pub(super) address: Spanned<String>,
    /// Default: the port of `[listen]`.
    pub(super) port: Option<u16>,
    #[serde(default)]
    pub(super) plain_http: bool,
    pub(super) certificate: Option<Spanned<PathBuf>>,
    pub(super) key: Option<Spanned<PathBuf>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Watch {
    pub(super) mine: Vec<Spanned<String>>,
    pub(super) pages: Option<bool>,
    pub(super) probes: Option<bool>,
    pub(super) probe_every_s: Option<Spanned<u32>>,
    pub(super) probe_budget_dollars: Option<Spanned<f64>>,
    pub(super) online_hosts: Option<Vec<Spanned<String>>>,
    /// Another URL for a provider's status page: a mirror or a recording.
    pub(super) pages_from: BTreeMap<String, Spanned<String>>,
    /// Seconds between two reads of a page, if the catalogue's interval is not suitable.
    pub(super) page_every_s: Option<Spanned<u32>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Timers {
    pub(super) connect: Option<Spanned<f64>>,
    pub(super) headers: Option<Spanned<f64>>,
    pub(super) first_content: Option<Spanned<f64>>,
    pub(super) idle: Option<Spanned<f64>>,
    pub(super) grace: Option<Spanned<f64>>,
    pub(super) total: Option<Spanned<f64>>,
    pub(super) cooldown: Option<Spanned<f64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Notifications {
    pub(super) desktop: Option<bool>,
    pub(super) when: Option<When>,
    pub(super) quiet: Option<Spanned<String>>,
}

/// The lowest weight that opens a pop-up.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum When {
    Act,
    Outages,
    Everything,
}

impl From<When> for Weight {
    fn from(when: When) -> Weight {
        match when {
            When::Act => Weight::Act,
            When::Outages => Weight::Outage,
            When::Everything => Weight::Note,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct History {
    pub(super) keep_tool_arguments: Option<bool>,
    pub(super) keep_conversations: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Retention {
    pub(super) exchanges_days: Option<Spanned<u32>>,
    pub(super) incidents_days: Option<Spanned<u32>>,
    pub(super) daily_days: Option<Spanned<u32>>,
    pub(super) effects_days: Option<Spanned<u32>>,
}

/// Whose reports these are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Report {
    pub(super) name: Option<Spanned<String>>,
    pub(super) logo: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoint {
    pub(super) id: Spanned<String>,
    pub(super) name: Option<String>,
    /// If this or a later field is absent, the value of the catalogue's endpoint with this id applies.
    pub(super) base: Option<Spanned<String>>,
    pub(super) dialects: Option<Spanned<Vec<Dialect>>>,
    pub(super) serves: Option<Vec<String>>,
    pub(super) key_env: Option<String>,
    pub(super) chat_limit: Option<ChatLimit>,
    pub(super) call_ids: Option<CallIds>,
    pub(super) stream_usage: Option<StreamUsage>,
    pub(super) reasoning_content: Option<ReasoningContent>,
    pub(super) thought_signatures: Option<ThoughtSignatures>,
    pub(super) file_addresses: Option<bool>,
    pub(super) family: Option<Spanned<String>>,
    pub(super) allow: Option<Allow>,
    pub(super) context: Option<NonZeroU64>,
    pub(super) max_output: Option<NonZeroU64>,
    pub(super) auth: Option<Auth>,
    pub(super) accepts_client_login: Option<Spanned<bool>>,
    pub(super) account_base: Option<Spanned<String>>,
    pub(super) probe_model: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    pub(super) name: Spanned<String>,
    pub(super) dialect: Dialect,
    pub(super) models: Option<Spanned<String>>,
    pub(super) pipeline: Option<Spanned<String>>,
    pub(super) candidates: Spanned<Vec<Spanned<Candidate>>>,
    pub(super) delivery: Option<Delivery>,
    pub(super) restart: Option<Restart>,
    pub(super) client_waits: Option<Spanned<f64>>,
    pub(super) strict: Option<bool>,
    #[serde(default)]
    pub(super) exact: bool,
    pub(super) demand: Option<Spanned<Demand>>,
    pub(super) subscription_to_paid_key: Option<Consent>,
    pub(super) may_go_to: Option<Spanned<MayGoTo>>,
    pub(super) sibling: Option<Siblings>,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a demand is \"text\", \"json\", or { schema = '{ … a JSON schema … }' }"
)]
pub(super) enum Demand {
    Word(DemandWord),
    Schema(DemandSchema),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DemandWord {
    Text,
    Json,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DemandSchema {
    pub(super) schema: String,
}

#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "a candidate is an endpoint's id, or { endpoint = \"…\", model = \"…\" }"
)]
pub(super) enum Candidate {
    Endpoint(String),
    WithModel(CandidateWithModel),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CandidateWithModel {
    pub(super) endpoint: String,
    pub(super) model: String,
}

/// Cost limits of fallbacks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Fallback {
    pub(super) subscription_to_paid_key: Option<Consent>,
    pub(super) dollars_a_day: Option<Spanned<f64>>,
    pub(super) for_limits: Option<bool>,
    pub(super) may_go_to: Option<Spanned<MayGoTo>>,
    pub(super) sibling: Option<Siblings>,
}

/// The owner's price of a model, or a discount on all list prices of a provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    pub(super) provider: Spanned<String>,
    pub(super) model: Option<Spanned<String>>,
    /// US dollars per million tokens.
    pub(super) input: Option<f64>,
    pub(super) output: Option<f64>,
    pub(super) cache_read: Option<f64>,
    pub(super) cache_write: Option<f64>,
    pub(super) cache_write_hour: Option<f64>,
    pub(super) long_prompt: Option<WrittenLongPrompt>,
    pub(super) hours: Option<WrittenHours>,
    pub(super) discount: Option<Spanned<f64>>,
}

/// The owner's rule for a failure.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) status: Option<Spanned<u16>>,
    pub(super) contains: Option<Spanned<String>>,
    pub(super) class: Spanned<String>,
}

/// A receiver of side effects.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Effect {
    pub(super) name: Spanned<String>,
    pub(super) url: Spanned<String>,
    #[serde(default)]
    pub(super) method: EffectMethod,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Spanned<EffectHeader>>,
    #[serde(default)]
    pub(super) honours_key: bool,
    pub(super) keeps_keys_h: Option<Spanned<f64>>,
    pub(super) timeout_s: Option<Spanned<f64>>,
    pub(super) pipeline: Option<String>,
    pub(super) after: Option<EffectAfter>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum EffectMethod {
    #[default]
    Post,
    Put,
    Patch,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EffectAfter {
    Completion,
}

/// Where the value of a header comes from. It is never written into the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EffectHeader {
    pub(super) env: Option<String>,
    pub(super) keychain: Option<String>,
    /// Text before the value.
    pub(super) before: Option<String>,
}
