use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Dialect;

/// One client request with all its attempts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Exchange {
    pub id: i64,
    /// Id of the exchange in `x-understudy-exchange`, error texts and the log; None: recorded by an older version.
    #[serde(default)]
    pub request_id: Option<String>,
    pub started: DateTime<Utc>,
    pub client: String,
    pub session: Option<String>,
    pub dialect: Dialect,
    pub route: String,
    /// Model name in the client's request.
    pub model: String,
    pub streamed: bool,
    pub rehearsal: bool,
    /// The pipeline of the request.
    #[serde(default)]
    pub pipeline: Option<String>,
    /// The pipeline's item.
    #[serde(default)]
    pub item: Option<String>,
    /// Name of the client's token; None: this computer's own.
    #[serde(default)]
    pub token: Option<String>,
    pub end: ExchangeEnd,
    /// One sentence: "answered by openai after anthropic was cut in mid-stream".
    pub story: String,
    /// HTTP status that the client received; None: it disconnected before.
    pub status: Option<u16>,
    pub total_ms: u64,
    pub ttft_ms: Option<u64>,
    /// Micro-dollars over all attempts; None: unknown.
    pub cost_estimate: Option<i64>,
    /// Part of the cost that comes from tokens estimated from bytes, in micro-dollars.
    pub cost_of_estimated_tokens: i64,
    #[serde(default)]
    #[ts(skip)]
    pub cost_estimate_usd: Option<f64>,
    #[serde(default)]
    #[ts(skip)]
    pub cost_of_estimated_tokens_usd: f64,
    /// A fallback responded, because the primary failed or was skipped.
    pub stand_in: bool,
    /// Number of restarts in place: another response continued an unfinished message.
    pub restarts: u32,
    /// The response was to be held until its completion check, but was released early to prevent a client timeout.
    pub shown_early: bool,
    /// Candidates that do not support the content of this request, each with the reason.
    pub passed_over: Vec<String>,
    pub attempts: Vec<Attempt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ExchangeEnd {
    /// The client received a complete response (or one that the client itself continues).
    Complete,
    /// Stored response of an earlier request with the same idempotency key; no attempt was made.
    Replayed,
    /// The provider stopped at a token limit; passed on unchanged.
    Truncated,
    /// The provider refused the content.
    Refused,
    /// Truncated after the first released byte; the client's connection was aborted.
    Cut,
    /// Every candidate failed.
    Exhausted,
    /// The request itself was invalid.
    CallersFault,
    /// The client disconnected.
    ClientLeft,
    /// Rejected by the gateway: token, host, size …
    TurnedAway,
    /// Internal error of the gateway.
    OurFault,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Attempt {
    pub number: u32,
    pub provider: String,
    pub endpoint: String,
    pub model: String,
    /// ms after the exchange began.
    pub started_ms: u64,
    pub total_ms: u64,
    pub ttft_ms: Option<u64>,
    /// HTTP status; None: there was none.
    pub status: Option<u16>,
    /// The client's own subscription paid; the cost is unknown.
    pub by_subscription: bool,
    /// The provider's dialect, if it differs from the client's: request and response were translated.
    pub spoken: Option<Dialect>,
    /// Fields that were dropped or changed in translation, and why.
    pub left_out: Vec<String>,
    pub outcome: AttemptOutcome,
    pub detail: Option<String>,
    pub stop_reason: Option<String>,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub cache_read_tokens: Option<u64>,
    pub cache_write_tokens: Option<u64>,
    /// The provider did not report all of its usage; missing counts are estimated from bytes.
    pub tokens_estimated: bool,
    /// Micro-dollars; 0: not reached, or refused; None: unknown.
    pub cost_estimate: Option<i64>,
    #[serde(default)]
    #[ts(skip)]
    pub cost_estimate_usd: Option<f64>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub enum AttemptOutcome {
    #[serde(rename = "complete")]
    Complete,
    /// The client continues the turn with its next request.
    #[serde(rename = "continues")]
    Continues,
    #[serde(rename = "unknown stop reason")]
    UnknownStopReason,
    #[serde(rename = "token limit")]
    TokenLimit,
    /// The model declined because of the content.
    #[serde(rename = "declined")]
    Declined,
    /// The response was truncated or malformed.
    #[serde(rename = "broken")]
    Broken,
    /// An error of the provider, or a lost connection.
    #[serde(rename = "failed")]
    Failed,
    #[serde(rename = "rate limit")]
    RateLimit,
    /// A limit with a known reset, or a used-up plan.
    #[serde(rename = "limit")]
    Limit,
    /// No response before the timeout.
    #[serde(rename = "silent")]
    TimedOut,
    #[serde(rename = "out of quota")]
    OutOfQuota,
    #[serde(rename = "key refused")]
    KeyRefused,
    #[serde(rename = "model not served")]
    ModelNotServed,
    /// The provider rejected the request itself.
    #[serde(rename = "request at fault")]
    RequestAtFault,
    #[serde(rename = "context too long")]
    ContextTooLong,
    /// The provider rejected the request because of its content.
    #[serde(rename = "content policy")]
    ContentPolicy,
    #[serde(rename = "not reached: offline")]
    Offline,
    #[serde(rename = "not reached: certificate not trusted")]
    CertificateNotTrusted,
    /// The certificate is not valid by this machine's clock.
    #[serde(rename = "not reached: certificate dates")]
    CertificateDates,
    /// This process had no descriptor, port or memory for a connection.
    #[serde(rename = "not reached: out of resources")]
    OutOfResources,
    /// The connection answered no ping: this machine's network.
    #[serde(rename = "dead connection")]
    DeadConnection,
    /// A drill made the failure; no request was sent.
    #[serde(rename = "made by a drill")]
    Drill,
    #[serde(rename = "client left")]
    ClientLeft,
    /// An outcome that this version does not know: the engine is newer than the reader, or the ledger's row was edited.
    #[serde(rename = "other", other)]
    Other,
}

/// `GET /control/exchanges?limit=&before=&q=&failed=&pipeline=&since=&token=`, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExchangePage {
    pub exchanges: Vec<Exchange>,
    /// Rows of this page that are left out: another program or a damaged disk has changed them, and they cannot be read.
    #[serde(default)]
    pub unreadable: u64,
    pub next: Option<i64>,
}
