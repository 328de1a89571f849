use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ClientUse, Dialect, Drill, Fallback, IncidentSummary, Installed, LastOutage, Level,
    Notification, PageView, PipelineView, Question, ReviewRetry, Spans, TrayView, UsedUpLimit,
    View,
};

/// All content of the UIs at one moment, sent in full on every change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Snapshot {
    /// Grows by one with every snapshot of this engine process.
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub engine: EngineState,
    pub headline: Headline,
    pub tray: TrayView,
    /// The owner's providers first, then the others by name.
    pub providers: Vec<Provider>,
    /// Used-up limits of the owner's logins and keys. They are no outage.
    #[serde(default)]
    pub limits: Vec<UsedUpLimit>,
    pub routes: Vec<Route>,
    /// Fallbacks in use: "Opus is failing. Sonnet answers, same plan, no extra cost."
    #[serde(default)]
    pub fallbacks: Vec<String>,
    /// The provider that each client uses now.
    #[serde(default)]
    pub clients: Vec<ClientUse>,
    /// The owner's pipelines, by name.
    #[serde(default)]
    pub pipelines: Vec<PipelineView>,
    /// Open questions to the owner.
    #[serde(default)]
    pub questions: Vec<Question>,
    pub open_incidents: Vec<IncidentSummary>,
    /// Number of parked requests.
    pub review_open: u64,
    /// Number of side effects that need the owner's decision.
    #[serde(default)]
    #[ts(as = "Option<u64>", optional)]
    pub effects_open: u64,
    /// "Retry all" while it runs, and its result for some minutes.
    #[serde(default)]
    pub review_retry: Option<ReviewRetry>,
    /// The last outage's effects. None: no outage of the last day affected a request, and nothing is parked.
    #[serde(default)]
    pub last_outage: Option<LastOutage>,
    /// The drill that runs, or the last one since the engine started.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub drill: Option<Drill>,
    /// Not yet shown by the shell, oldest first.
    #[serde(rename = "notices")]
    pub notifications: Vec<Notification>,
    pub today: Today,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EngineState {
    pub version: String,
    /// Name of its computer; empty: unknown.
    #[serde(default)]
    pub computer: String,
    pub started: DateTime<Utc>,
    /// `http://127.0.0.1:4747`
    pub address: String,
    /// The base URL for clients, with the token: `http://127.0.0.1:4747/t/<token>`
    pub base_url: String,
    pub paused: bool,
    /// Stopping: new work passes straight to the primary until the last open exchange ends.
    pub draining: bool,
    /// Sessions of the last hour, the latest first: at most 100, those with open requests before others.
    pub sessions: Vec<Session>,
    /// Number of sessions of the last hour that are not listed.
    #[serde(default)]
    pub more_sessions: u64,
    /// Number of their open requests.
    #[serde(default)]
    pub more_open: u64,
    /// Problems of the engine that need the owner: an invalid settings file, a locked keychain, a read-only ledger.
    pub problems: Vec<ProblemView>,
    pub settings_file: String,
    pub ledger_file: String,
    /// The engine starts at login; None: this platform has no user service.
    pub starts_at_login: Option<bool>,
    #[serde(rename = "paid_stand_ins")]
    pub paid_fallbacks: PaidFallbacks,
    #[serde(default)]
    pub siblings: SiblingModels,
    #[serde(default)]
    pub history: History,
    /// Number of named tokens, besides this computer's own.
    #[serde(default)]
    pub named_tokens: u32,
    /// The questions of the first run are neither answered nor skipped.
    #[serde(default)]
    pub first_run: bool,
    /// The owner turned probes off on this computer.
    #[serde(default)]
    pub probes_off: bool,
    #[serde(default)]
    pub installed: Installed,
}

/// How long the ledger keeps its rows. Days; None: without a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct History {
    pub exchanges_days: Option<u32>,
    pub incidents_days: Option<u32>,
    pub daily_days: Option<u32>,
    /// The same as a sentence.
    pub kept: String,
    /// The ledger's size, "12.3 MB". None: not read yet.
    pub size: Option<String>,
    /// What the first deletion will delete, and when. None: nothing, or it has begun.
    pub first_deletion: Option<String>,
}

/// May another model of the same login serve requests if only one model fails?
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SiblingModels {
    /// None: not answered yet, which counts as no.
    pub allowed: Option<bool>,
    /// The settings file overrides the answer.
    pub by_settings_file: bool,
}

/// May a fallback with the owner's key, billed per token, serve a client that has a subscription?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PaidFallbacks {
    /// None: not answered yet, which counts as no.
    pub allowed: Option<bool>,
    /// The settings file overrides the answer.
    pub by_settings_file: bool,
    /// Daily cost cap of all fallbacks, in micro-dollars.
    pub cap: i64,
    /// Estimated amount spent today, in micro-dollars.
    pub spent: i64,
    #[serde(default)]
    #[ts(skip)]
    pub cap_usd: f64,
    #[serde(default)]
    #[ts(skip)]
    pub spent_usd: f64,
    /// The owner stopped paid fallbacks until midnight.
    #[serde(default)]
    pub stopped_today: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Session {
    /// "Claude Code"
    pub client: String,
    pub id: String,
    pub last_seen: DateTime<Utc>,
    /// Exchanges in flight now.
    pub open: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProblemView {
    /// "The settings file has an error in line 12: …"
    pub what: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub what_spans: Spans,
    /// How to fix it.
    pub fix: String,
    /// The view in which it is fixed.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub view: Option<View>,
}

/// The state of the entire desk in one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Headline {
    pub level: Level,
    /// "Claude is down: it is them, not you (since 20:04)." With times in the engine's zone.
    pub sentence: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub spans: Spans,
    /// Effect on the owner's work: "Claude Code continues on GPT." or "Requests fail until it is back; it isn't your code."
    pub consequence: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Basis {
    /// The status page is the only evidence; shown as "status page only".
    PageOnly,
    Measured,
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Blame {
    Them,
    Us,
    SharedInfrastructure,
    Undetermined,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Provider {
    pub id: String,
    pub name: String,
    pub product: String,
    /// The page on which the owner creates a key.
    #[serde(default)]
    pub keys_page: Option<String>,
    /// In the settings, with a key, or seen in traffic. The tray covers only these.
    pub mine: bool,
    pub rehearsal: bool,
    pub level: Level,
    pub since: Option<DateTime<Utc>>,
    pub basis: Basis,
    pub blame: Blame,
    /// The verdict with its evidence, with times in the engine's zone.
    pub evidence: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub evidence_spans: Spans,
    pub unstable: bool,
    pub page: Option<PageView>,
    pub surfaces: Vec<Surface>,
    pub endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Surface {
    pub id: String,
    pub name: String,
    pub watched: bool,
    pub level: Level,
    pub since: Option<DateTime<Utc>>,
    pub basis: Basis,
    /// With times in the engine's zone.
    pub evidence: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub evidence_spans: Spans,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Endpoint {
    pub id: String,
    pub base: String,
    pub dialects: Vec<Dialect>,
    pub key: KeyState,
    /// Environment variable that may contain the key.
    pub key_env: Option<String>,
    pub models: Vec<ModelHealth>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum KeyState {
    NotNeeded,
    Missing,
    Keychain,
    Environment,
    /// Stored in the memory of this engine process only, because there is no keychain.
    Memory,
    /// No stored key, but clients' own logins appeared in traffic.
    ClientLogin,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ModelHealth {
    pub model: String,
    pub level: Level,
    /// With times in the engine's zone.
    pub evidence: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub evidence_spans: Spans,
    /// "closed", "open until 20:14", "half-open"; with times in the engine's zone.
    pub breaker: String,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub breaker_spans: Spans,
    /// Time to first token of the last complete response, ms.
    pub ttft_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Route {
    pub name: String,
    pub dialect: Dialect,
    /// "claude-*"
    pub models: String,
    pub candidates: Vec<Candidate>,
    /// "Claude Opus → GPT Sol, since 20:06, about $0.31 a turn"; None while the primary is in use.
    pub active: Option<String>,
    /// The same as spans, for a UI that formats times in its viewer's zone.
    #[serde(default)]
    pub active_spans: Spans,
    pub stand_in: FallbackState,
    /// The candidates after the primary, each with the model name that it receives.
    pub fallbacks: Vec<Fallback>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Candidate {
    pub endpoint: String,
    /// None: the model in the client's request.
    pub model: Option<String>,
    pub usable: bool,
    /// Reason for its place in the order, or for its exclusion.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum FallbackState {
    Ready,
    /// Another model of the same login is the fallback if only one model fails; if all fail, there is none. The text names how
    /// to add one.
    Siblings {
        #[serde(rename = "mend")]
        remedy: String,
    },
    /// There is no fallback when the primary fails. The text names how to add one.
    Missing {
        #[serde(rename = "mend")]
        remedy: String,
    },
    /// A fallback that costs money is available, and the owner has not decided about it. The text names how to allow it.
    NeedsConsent {
        #[serde(rename = "mend")]
        remedy: String,
    },
}

/// Since local midnight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Today {
    pub exchanges: u64,
    pub failed: u64,
    pub carried_by_fallback: u64,
    /// Micro-dollars, estimated from tokens × list price.
    pub spent_estimate: i64,
    /// Part of the cost that comes from tokens estimated from bytes: truncated responses, and usage that was not reported.
    pub spent_of_estimated_tokens: i64,
    /// Part of the cost for the own requests of drills.
    #[serde(default)]
    pub drills_estimate: i64,
    /// Cost of probes, in micro-dollars.
    pub probes_estimate: i64,
    #[serde(default)]
    #[ts(skip)]
    pub spent_estimate_usd: f64,
    #[serde(default)]
    #[ts(skip)]
    pub spent_of_estimated_tokens_usd: f64,
    #[serde(default)]
    #[ts(skip)]
    pub drills_estimate_usd: f64,
    #[serde(default)]
    #[ts(skip)]
    pub probes_estimate_usd: f64,
    /// Exchanges that billed a key, and whose cost is not known: no price, or no reported usage.
    pub unpriced: u64,
}
