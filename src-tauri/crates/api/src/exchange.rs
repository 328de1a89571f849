use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// One client request with all its attempts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Exchange {
    pub id: i64,
    /// As `x-understudy-exchange`, error sentences and the log name it; None: booked by an older version.
    #[serde(default)]
    pub request_id: Option<String>,
    pub started: DateTime<Utc>,
    pub client: String,
    pub session: Option<String>,
    pub dialect: String,
    pub route: String,
    /// As the client asked.
    pub model: String,
    pub streamed: bool,
    pub rehearsal: bool,
    /// The business flow that it belongs to.
    #[serde(default)]
    pub pipeline: Option<String>,
    /// The piece of work in that flow.
    #[serde(default)]
    pub item: Option<String>,
    pub end: ExchangeEnd,
    /// In words: "answered by openai after anthropic was cut in mid-stream".
    pub story: String,
    /// HTTP status that the client saw; None: it left before there was one.
    pub status: Option<u16>,
    pub total_ms: u64,
    pub ttft_ms: Option<u64>,
    /// Micro-dollars over all attempts; None: unknown.
    pub cost_estimate: Option<i64>,
    /// What of it rests on tokens that are reckoned from bytes, in micro-dollars.
    pub cost_of_estimated_tokens: i64,
    #[serde(default)]
    #[ts(skip)]
    pub cost_estimate_usd: Option<f64>,
    #[serde(default)]
    #[ts(skip)]
    pub cost_of_estimated_tokens_usd: f64,
    /// A stand-in answered, whether its primary failed or was not asked.
    pub stand_in: bool,
    /// How often another answer went on in the message that one left unfinished.
    pub restarts: u32,
    /// The client was to get nothing before the proof, and was shown what had arrived, lest it gave up.
    pub shown_early: bool,
    /// Candidates that could not be asked what this request says, each with the reason.
    pub passed_over: Vec<String>,
    pub attempts: Vec<Attempt>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ExchangeEnd {
    /// A whole answer reached the client (or one that the client itself continues).
    Complete,
    /// The kept answer of an earlier request with the same idempotency key; nobody was asked.
    Replayed,
    /// The provider stopped at a token limit; passed on as such.
    Truncated,
    /// Declined for its content.
    Refused,
    /// Cut after the first byte had been passed on: the client's connection was aborted.
    Cut,
    /// Every candidate failed.
    Exhausted,
    /// The request itself was at fault.
    CallersFault,
    /// The client left.
    ClientLeft,
    /// Refused at our own door: token, host, size …
    TurnedAway,
    /// An error of our own.
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
    /// The client's own subscription paid for it: no bill is known.
    pub by_subscription: bool,
    /// The dialect that it was spoken to in, where that is not the client's: the request and the answer were translated.
    pub spoken: Option<String>,
    /// What it was then not told, or not so exactly, and why.
    pub left_out: Vec<String>,
    /// "complete", "cut", "rate limit" …
    pub outcome: String,
    pub detail: Option<String>,
    pub stop_reason: Option<String>,
    pub input_tokens: Option<u64>,
    pub output_tokens: Option<u64>,
    pub cache_read_tokens: Option<u64>,
    pub cache_write_tokens: Option<u64>,
    /// The provider did not tell (all of) its usage: what is missing is reckoned from bytes.
    pub tokens_estimated: bool,
    /// Micro-dollars; 0: it was not reached, or refused; None: unknown.
    pub cost_estimate: Option<i64>,
    #[serde(default)]
    #[ts(skip)]
    pub cost_estimate_usd: Option<f64>,
}

/// `GET /control/exchanges?limit=&before=&q=&failed=&pipeline=&since=`, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ExchangePage {
    pub exchanges: Vec<Exchange>,
    pub next: Option<i64>,
}
