use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ClientUse, Fallback, IncidentSummary, LastOutage, Level, Notice, Question, ReviewRetry, Spans,
    TrayView,
};

/// Everything that the faces draw, as of one moment. Sent whole on every change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Snapshot {
    /// Grows by one with every snapshot of this engine process.
    pub seq: u64,
    pub at: DateTime<Utc>,
    pub engine: EngineState,
    pub headline: Headline,
    pub tray: TrayView,
    /// Mine first, then the others by name.
    pub providers: Vec<Provider>,
    pub routes: Vec<Route>,
    /// Who answers for whom now: "Opus is failing. Sonnet answers, same plan, no extra cost."
    #[serde(default)]
    pub fallbacks: Vec<String>,
    /// The provider that each client uses now.
    #[serde(default)]
    pub clients: Vec<ClientUse>,
    /// The owner's pipelines, by name.
    #[serde(default)]
    pub pipelines: Vec<PipelineView>,
    /// What waits for the owner's answer.
    #[serde(default)]
    pub questions: Vec<Question>,
    pub open_incidents: Vec<IncidentSummary>,
    /// Requests of pipelines that no provider could answer and that wait for a person.
    pub review_open: u64,
    /// "Retry all" at work, and for some minutes how it ended.
    #[serde(default)]
    pub review_retry: Option<ReviewRetry>,
    /// What the last outage left. None: none that met a request ended within the last day, or left something that waits.
    #[serde(default)]
    pub last_outage: Option<LastOutage>,
    /// Not yet shown by the shell, oldest first.
    pub notices: Vec<Notice>,
    pub today: Today,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EngineState {
    pub version: String,
    pub started: DateTime<Utc>,
    /// `http://127.0.0.1:4747`
    pub address: String,
    /// With the token: what a client is pointed at. `http://127.0.0.1:4747/t/<token>`
    pub base_url: String,
    pub paused: bool,
    /// Stopping: new work passes straight to the primary until the last open exchange ends.
    pub draining: bool,
    /// Agent sessions seen in the last hour.
    pub sessions: Vec<Session>,
    /// Things of ours that need the owner: a bad settings file, a keychain that is locked, a read-only ledger.
    pub problems: Vec<ProblemView>,
    pub settings_file: String,
    pub ledger_file: String,
    /// The engine starts at login by itself; None: this platform has no user service.
    pub starts_at_login: Option<bool>,
    pub paid_stand_ins: PaidStandIns,
    #[serde(default)]
    pub siblings: SiblingModels,
}

/// May another model of the same login answer while one model alone fails?
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct SiblingModels {
    /// None: the owner has not answered yet, and it counts as no.
    pub allowed: Option<bool>,
    /// The settings file decides, whatever was answered.
    pub by_settings_file: bool,
}

/// May a client with a subscription of its own be answered by a stand-in with a key of the owner's, billed by the token?
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PaidStandIns {
    /// None: the owner has not answered yet, and it counts as no.
    pub allowed: Option<bool>,
    /// The settings file decides, whatever was answered.
    pub by_settings_file: bool,
    /// What all stand-ins may cost in a day, in micro-dollars.
    pub cap: i64,
    /// What of it is spent today, micro-dollars, estimated.
    pub spent: i64,
    #[serde(default)]
    #[ts(skip)]
    pub cap_usd: f64,
    #[serde(default)]
    #[ts(skip)]
    pub spent_usd: f64,
    /// The owner stopped those that cost money until midnight.
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProblemView {
    /// "The settings file has an error in line 12: …"
    pub what: String,
    /// What mends it.
    pub fix: String,
}

/// The whole desk in one line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Headline {
    pub level: Level,
    /// "Claude is down: it is them, not you (since 20:04)." In the engine's zone.
    pub sentence: String,
    /// The same, for a face that formats times in its viewer's zone.
    #[serde(default)]
    pub spans: Spans,
    /// What that means for the work: "Claude Code continues on GPT." or "Requests fail until it is back; it isn't your code."
    pub consequence: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Basis {
    /// Only the provider's page speaks; shown as "status page only".
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
    /// Chosen, keyed, or seen in traffic: the tray speaks for these only.
    pub mine: bool,
    pub rehearsal: bool,
    pub level: Level,
    pub since: Option<DateTime<Utc>>,
    pub basis: Basis,
    pub blame: Blame,
    /// The verdict with its evidence, in the engine's zone.
    pub evidence: String,
    /// The same, for a face that formats times in its viewer's zone.
    #[serde(default)]
    pub evidence_spans: Spans,
    pub unstable: bool,
    pub page: Option<PageView>,
    pub surfaces: Vec<Surface>,
    pub endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PageView {
    pub url: String,
    pub read: Option<DateTime<Utc>>,
    /// Why the last read failed, in words.
    pub unreadable: Option<String>,
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
    pub evidence: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Endpoint {
    pub id: String,
    pub base: String,
    pub dialects: Vec<String>,
    pub key: KeyState,
    /// Environment variable that may hold the key.
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
    /// Given to this engine process only, since there is no keychain.
    Memory,
    /// No key of ours, but clients' own logins were seen passing through.
    ClientLogin,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ModelHealth {
    pub model: String,
    pub level: Level,
    pub evidence: String,
    /// "closed", "open until 20:14", "half-open"
    pub breaker: String,
    /// Reset time of the limit that the last call met: a used-up plan, or a quota per hour, day or week.
    pub limit_resets_at: Option<DateTime<Utc>>,
    /// Time to first token of the last good answer, ms.
    pub ttft_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Route {
    pub name: String,
    pub dialect: String,
    /// "claude-*"
    pub models: String,
    pub candidates: Vec<Candidate>,
    /// "Claude Opus → GPT Sol, since 20:06, about $0.31 a turn"; None while the primary serves.
    pub active: Option<String>,
    pub stand_in: StandIn,
    /// The candidates behind the primary, each with the model that it is asked for.
    pub fallbacks: Vec<Fallback>,
}

/// A business flow, and what happens to its items when its provider fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PipelineView {
    pub name: String,
    /// "Claude, then OpenAI"; None: none of its requests has been seen, and no route names it.
    pub order: Option<String>,
    /// "no fallback: items will wait"
    pub no_fallback: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Candidate {
    pub endpoint: String,
    /// None: the model that the client asked for.
    pub model: Option<String>,
    pub usable: bool,
    /// Why it is in this place, or why it cannot be used.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
#[ts(export)]
pub enum StandIn {
    Ready,
    /// Another model of the same login answers while one alone fails; when all fail, no fallback is left. What would add one.
    Siblings {
        mend: String,
    },
    /// There is no fallback when the primary fails; what would add one.
    Missing {
        mend: String,
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
    /// What of it rests on tokens that are reckoned from bytes: answers that were cut, and usage that nobody told.
    pub spent_of_estimated_tokens: i64,
    /// Micro-dollars that probes cost.
    pub probes_estimate: i64,
    #[serde(default)]
    #[ts(skip)]
    pub spent_estimate_usd: f64,
    #[serde(default)]
    #[ts(skip)]
    pub spent_of_estimated_tokens_usd: f64,
    #[serde(default)]
    #[ts(skip)]
    pub probes_estimate_usd: f64,
    /// Exchanges whose cost is unknown (no price, no usage told, or a subscription).
    pub unpriced: u64,
}
