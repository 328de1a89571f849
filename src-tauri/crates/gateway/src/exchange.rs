use std::sync::Arc;
use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use chrono::{DateTime, Utc};
use http::StatusCode;

use crate::{
    BadName, Dropped, ExchangeId, Fault, LocalCause, Loop, Review, Storm, Unfetched, UnknownCoding,
    UsedUp,
};

/// The gateway's reports. Exactly one [`Report::Ended`] follows each [`Report::Began`]; a request that was rejected before its
/// plan has only an end.
#[derive(Clone, Debug, PartialEq)]
pub enum Report {
    Began(Began),
    Ended(Box<Exchange>),
    /// Sent after the end of an exchange with [`Review::Unfetched`].
    Unfetched(Unfetched),
}

/// A request was admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Began {
    pub id: ExchangeId,
    pub started: DateTime<Utc>,
    pub client: wire::Client,
    pub dialect: Dialect,
    /// The client's model.
    pub model: String,
    pub rehearsal: bool,
}

/// One client request with all its attempts.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    pub id: ExchangeId,
    pub started: DateTime<Utc>,
    /// The client and its session.
    pub client: wire::Client,
    pub dialect: Dialect,
    pub kind: ExchangeKind,
    /// The route's name; empty if the request was rejected before one was chosen.
    pub route: String,
    /// The client's model.
    pub model: String,
    /// The client requested a stream.
    pub streamed: bool,
    /// The rehearsal provider answered: excluded from incidents, uptime and costs.
    pub rehearsal: bool,
    /// `x-understudy-pipeline`, at most 256 characters, else the route's pipeline.
    pub pipeline: Option<String>,
    /// `x-understudy-item`, at most 200 characters.
    pub item: Option<String>,
    /// Name of its token; `None`: this installation's own.
    pub token: Option<Arc<str>>,
    /// Number of times that another response continued an unfinished message.
    pub restarts: u32,
    /// The bytes should have waited for the completion check, but were released early because the client's timeout was near.
    pub shown_early: bool,
    /// Candidates that do not support this request, each with the reason.
    pub passed_over: Vec<Dropped>,
    /// In chronological order.
    pub attempts: Vec<Attempt>,
    pub end: End,
    /// Status of the client's response; `None`: it disconnected before.
    pub status: Option<StatusCode>,
    /// From the request's arrival to the first byte of a response that was sent to the client.
    pub ttft: Option<Duration>,
    pub total: Duration,
    /// Bytes of the body sent to the client.
    pub bytes_out: u64,
    /// The closing event of a tool call waits for the completion check, so that a client never starts a tool of a broken
    /// response.
    pub tools_held: bool,
    /// Ids of the tool calls whose results are in this request.
    pub tool_results: Vec<String>,
    /// `None`: the request is not one that a user could finish by hand, or nothing is left to do.
    pub review: Option<Review>,
}

/// The kind of a client's request. Only model responses are evidence about a model's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExchangeKind {
    Generate,
    CountTokens,
    /// Forwarded to its vendor unparsed: embeddings, files, images. Its path replaces the model.
    Passed,
}

impl From<wire::Kind> for ExchangeKind {
    fn from(kind: wire::Kind) -> Self {
        match kind {
            wire::Kind::Generate => ExchangeKind::Generate,
            wire::Kind::CountTokens => ExchangeKind::CountTokens,
        }
    }
}

/// One request to one provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    /// As sent.
    pub model: ModelId,
    /// After the exchange's start.
    pub started_after: Duration,
    pub total: Duration,
    /// From the attempt's start to the first content.
    pub ttft: Option<Duration>,
    /// `None`: no response headers arrived.
    pub status: Option<StatusCode>,
    /// Bytes of the body sent to the provider; 0: it was never reached.
    pub request_bytes: u64,
    /// The body contains the complete prompt, as text: it has no more tokens than bytes, except those that the provider adds.
    pub prompt_is_text: bool,
    /// The client's own subscription paid: no cost per token.
    pub by_subscription: bool,
    /// The dialect of the provider's request, if it is not the client's.
    pub spoken: Option<Dialect>,
    /// Fields that it did not get, or not exactly, with the reasons.
    pub left_out: Vec<String>,
    pub outcome: Outcome,
    /// The known parts of the response, tokens included, also if it failed.
    pub report: wire::Report,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The provider's response was released. Never [`wire::Completion::Broken`], except for a second empty response, or an
    /// empty one after its thinking was released.
    Answered(wire::Completion),
    Failed {
        class: wire::FailureClass,
        fault: Fault,
        message: String,
        /// The reset time of a [`wire::FailureClass::Limit`], if known.
        resets_at: Option<DateTime<Utc>>,
    },
    /// This machine or its network was the cause: neutral for health.
    Local { cause: LocalCause, message: String },
    /// The client disconnected during it: neutral for health.
    ClientLeft,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A complete response reached the client, or one that the client itself continues.
    Complete,
    /// The stored response of an earlier request with the same idempotency key; no provider got a request.
    Replayed,
    /// The provider stopped at a token limit; released unchanged.
    Truncated,
    /// Declined because of its content.
    Refused,
    /// Cut after the first bytes were released: the client's connection was aborted.
    Cut,
    /// Every candidate failed.
    Exhausted,
    /// The provider reports an error in the request itself; returned unchanged.
    CallersFault,
    ClientLeft,
    /// Rejected by the gateway.
    TurnedAway(TurnedAway),
    /// An error in Understudy.
    OurFault,
}

/// Why the gateway rejected a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TurnedAway {
    #[error(
        "This port requires Understudy's token, and the request has none or a wrong one. Use the URL that `understudyd url` prints in your client"
    )]
    Token,
    #[error(
        "This token is valid only on the computer of Understudy itself. Create one for this device there: `understudyd token add NAME`"
    )]
    OwnToken,
    #[error(
        "The host name `{0}` is not allowed on this port. Use 127.0.0.1 or localhost, or add the name to `allowed_hosts` in the settings"
    )]
    Host(String),
    #[error(
        "A web page at `{0}` may not use this port. Add it to `allowed_origins` in the settings if it is yours"
    )]
    Origin(String),
    #[error(
        "Nothing is served at `{0}`. {hint}There are POST /v1/messages, /v1/messages/count_tokens, /v1/chat/completions and /v1/responses, and GET /v1/models",
        hint = other_api(.0)
    )]
    Path(String),
    #[error("`{path}` requires {wanted}, not {method}")]
    Method {
        path: String,
        method: String,
        wanted: &'static str,
    },
    #[error(
        "{0} have this path, and the request's login does not identify one of them: send the login of one of them, or `anthropic-version` for Anthropic"
    )]
    AmbiguousVendor(String),
    #[error(
        "`{path}` is forwarded to {vendors} with the client's own login, and this request has none. Give the client its API key; Understudy's token stays in the URL"
    )]
    NeedsLogin { path: String, vendors: String },
    #[error("The daily cap of {cap} is used up ({spent}): `dollars_a_day` under [fallback] in the settings", cap = .0.cap, spent = .0.spent)]
    CapReached(UsedUp),
    #[error("WebSocket is not supported; use plain HTTP")]
    WebSocket,
    #[error("The body must be sent with `content-type: application/json`")]
    ContentType,
    #[error(
        "The body's `content-encoding: {}` is not supported. Send it uncompressed, or as gzip, deflate, br or zstd", .0.names()
    )]
    Coding(UnknownCoding),
    #[error("The body is larger than {0} bytes")]
    TooLarge(usize),
    #[error(
        "Too many large requests are in flight (over {0} bytes in all), so this one was not started: nothing was sent to a provider, stored or parked. No provider is the cause. Send it again in a second"
    )]
    Busy(usize),
    #[error("The body is incomplete: {0}")]
    Unreadable(String),
    #[error(
        "Understudy has {0} requests open, which is its limit, so this one was not started: nothing was sent to a provider, stored or parked, and an `Idempotency-Key` stays free. No provider is the cause. Send the request again in a few seconds. If it stays so, look for a client or a proxy that sends requests in a loop; if the limit is below 2,000, the limit of open files is the reason: raise it (`ulimit -n`, LimitNOFILE) and restart the engine"
    )]
    Full(usize),
    /// A client that sends the same request in a loop.
    #[error(transparent)]
    Storm(#[from] Storm),
    /// Another proxy sent the request back.
    #[error(transparent)]
    Loop(#[from] Loop),
    #[error("The request cannot be read: {0}")]
    BadRequest(#[from] wire::BadRequest),
    #[error(transparent)]
    Name(#[from] BadName),
    #[error(
        "No route matches model `{model}` in the {dialect} dialect. `understudyd doctor` lists the routes"
    )]
    NoRoute { model: String, dialect: Dialect },
    #[error("{0}")]
    Login(String),
    #[error("{0}")]
    NoKey(String),
    #[error("{0}")]
    NoCandidate(String),
    /// It is not a valid request, or no candidate supports it.
    #[error("{0}")]
    Unsupported(String),
    #[error("The `Idempotency-Key` header {0}; send one key of 1 to 255 ASCII characters")]
    IdempotencyKey(&'static str),
    #[error(
        "This `Idempotency-Key` belongs to another request, which was sent within the last 24 hours. Send a new request with a new key: each turn of an agent is a separate request, and `x-understudy-item` names their common item"
    )]
    OtherRequest,
    #[error(
        "The request with this `Idempotency-Key` was answered, and its response is not stored: it was larger than 16 MiB, or newer ones replaced it. It is not run again automatically; to run it again, send a new key"
    )]
    AnswerGone,
    #[error("The parked request does not run now: {0}")]
    NotDrained(&'static str),
    #[error(
        "A request with an `Idempotency-Key` is answered only if its response can be stored, which is not possible now: {0} Try again later, or without the key"
    )]
    Unkept(String),
}

/// A client of another API cannot be connected, whatever its address. Sources: ai.google.dev, "API reference"; docs.ollama.com,
/// "API"; platform.openai.com, "Completions (legacy)".
const OTHER_APIS: &[(&str, &str)] = &[
    (":generateContent", "Gemini's own API"),
    (":streamGenerateContent", "Gemini's own API"),
    (":countTokens", "Gemini's own API"),
    (":embedContent", "Gemini's own API"),
    ("/api/chat", "Ollama's own API"),
    ("/api/generate", "Ollama's own API"),
    ("/v1/completions", "The older Completions API"),
];

/// Ends with a space, or is empty.
fn other_api(path: &str) -> String {
    let found = OTHER_APIS.iter().find(|(end, _)| path.ends_with(end));
    found.map_or_else(String::new, |(_, api)| {
        format!(
            "{api} is not supported: use a client, or a client setting, for one of the following. "
        )
    })
}
