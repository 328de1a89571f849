use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use catalog::{
    Dialect, Endpoint, EndpointId, Equivalent, MicroDollars, Model, ModelId, ProviderId, Rank,
    Secret, Tier,
};
use serde::Deserialize;

use crate::{Demand, LiveDrill, Tokens};

/// The gateway's configuration; replaced completely when the settings change.
#[derive(Clone, Debug)]
pub struct Config {
    /// A client must send one of them.
    pub token: Tokens,
    /// Allowed host names without a port, in addition to the loopback names.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may use the port, in addition to its own: `https://flows.example`.
    pub allowed_origins: Vec<String>,
    /// The first match applies.
    pub routes: Vec<Route>,
    pub endpoints: BTreeMap<EndpointId, EndpointConfig>,
    pub timers: Timers,
    pub limits: Limits,
    /// The owner's failure rules: the first match applies, before the table of failure classes.
    pub rules: Arc<[wire::Rule]>,
    pub spending: Spending,
    /// Where requests of pipelines and applications may go if their pipeline or route has no setting; `None`: [`Scope::Named`].
    pub may_go_to: Option<Scope>,
    /// The pipelines with a scope in the settings.
    pub pipelines: BTreeMap<String, Scope>,
    /// The client timeouts of these pipelines.
    pub client_waits: BTreeMap<String, Duration>,
    /// The owner's general setting; a route's own setting has priority.
    pub sibling: Siblings,
    /// There is no tray and no window: a response of a fallback announces it.
    pub announce: bool,
    /// The owner's choices, by the client's name.
    pub use_now: BTreeMap<String, UseNow>,
    /// Live requests of a route meet a made failure.
    pub drill: Option<LiveDrill>,
    /// Reports contain tool arguments.
    pub keep_tool_arguments: bool,
    /// Content to which stateful clients may refer later is stored for a day.
    pub keep_conversations: bool,
    /// Forward everything to the primary, without holding or retrying.
    pub paused: bool,
    /// Stopping: as `paused`, until the last open exchange ends.
    pub draining: bool,
    /// The addresses of this process: an endpoint with one of them is refused.
    pub own_addresses: Vec<SocketAddr>,
}

/// Requests of one client go to this provider first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseNow {
    pub provider: ProviderId,
    /// "first by your choice until 00:00"
    pub reason: String,
}

/// Limits for the cost of fallbacks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    pub subscription_to_paid_key: Consent,
    /// `Some`: the daily cap for fallbacks is used up, by the recorded costs.
    pub used_up: Option<UsedUp>,
    /// A paid key may also answer while a plan or a quota is used up, not only in an outage.
    pub for_limits: bool,
}

/// The owner's consent to switch from a client's own subscription to a key that is billed per token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// Not without consent.
    #[default]
    Ask,
    Yes,
    No,
}

/// Where a request's content may go in addition to its primary, which is always allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Only other endpoints of the primary's own provider.
    SameVendor,
    /// The endpoints that the owner's route names.
    Named,
    Endpoints(BTreeSet<EndpointId>),
    Any,
}

/// May another model of the same login answer if only one model fails?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Siblings {
    Off,
    /// Not before the owner has answered.
    #[default]
    Ask,
    On,
}

/// A daily cap, and the amount spent so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedUp {
    pub cap: MicroDollars,
    pub spent: MicroDollars,
}

/// An ordered list of candidates for a kind of request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub name: String,
    pub dialect: Dialect,
    /// The models to which it applies.
    pub models: Pattern,
    /// In order of preference.
    pub candidates: Vec<CandidateRule>,
    /// Accept only a clean end: a response truncated by a token limit is a failed attempt. `None`: only for pipelines.
    pub strict: Option<bool>,
    /// A fallback that does not support every field with an effect on the response is skipped.
    pub exact: bool,
    /// `None`: [`Delivery::Verified`] if the request belongs to a pipeline, or has tools or a schema and comes from a client
    /// that does not retry; else [`Delivery::Guarded`].
    pub delivery: Option<Delivery>,
    /// `None`: depends on the client.
    pub restart: Option<Restart>,
    /// Untagged requests belong to this pipeline, and requests that no provider could answer are parked for review.
    pub pipeline: Option<String>,
    /// A response that does not fulfil it is a failed attempt. If it is set, the delivery is [`Delivery::Verified`].
    pub demand: Option<Demand>,
    /// The owner's setting for this route; [`Consent::Ask`]: as in [`Spending`].
    pub subscription_to_paid_key: Consent,
    /// Where its requests may go; `None`: depends on the kind of client.
    pub may_go_to: Option<Scope>,
    /// `None`: as in [`Config::sibling`].
    pub sibling: Option<Siblings>,
    /// Its clients' timeout; `None`: from their requests, from measurements, or from their disconnects.
    pub client_waits: Option<Duration>,
}

/// When the bytes of a streamed response are released. A document always passes the completion check first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Nothing before the completion check: for pipelines, for which a wait is better than an incomplete response.
    Verified,
    /// Everything as it arrives, from the first content on, except the event that makes a client start a tool: for coding
    /// agents.
    Guarded,
    /// Everything as it arrives, from the first content on.
    Live,
}

/// Whether another response continues a truncated one in the same message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// The connection is aborted, and the client retries or reports an error.
    Never,
    /// After a completed block: some agents then accept the response, and never retry.
    AfterBlock,
    Always,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateRule {
    pub endpoint: EndpointId,
    /// `None`: the client's model, or the endpoint's own equivalent of it.
    pub model: Option<ModelId>,
    /// Only a fallback after a candidate that serves the model, and never alone: no route names it.
    pub only_behind: bool,
    /// A route of the owner names it.
    pub named: bool,
}

impl CandidateRule {
    pub fn new(endpoint: EndpointId) -> CandidateRule {
        CandidateRule {
            endpoint,
            model: None,
            only_behind: false,
            named: true,
        }
    }
}

/// An endpoint with the data that the gateway needs.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    pub endpoint: Endpoint,
    /// Product name of its provider in status texts: "Claude".
    pub product: String,
    /// The company, for "No key for Anthropic".
    pub name: String,
    pub key: Option<Secret>,
    /// Serves only `rehearsal/*` models.
    pub rehearsal: bool,
    /// Known models, for `GET /v1/models` and for context windows.
    pub models: Vec<Model>,
    /// Its models that are equivalent to models that it does not serve.
    pub equivalents: Vec<Equivalent>,
    /// The tiers of its provider's models.
    pub tiers: BTreeMap<Tier, Rank>,
}

impl EndpointConfig {
    /// One of its models with the facts for translation.
    pub fn target(&self, model: &ModelId) -> translate::Target {
        translate::Target::of(&self.endpoint, &self.models, model.as_str())
    }

    /// A model's context window in tokens, if the catalogue or the endpoint's settings have it.
    pub(crate) fn context(&self, model: &ModelId) -> Option<u64> {
        let known = Model::known(&self.models, model.as_str());
        known
            .and_then(|known| known.context)
            .or(self.endpoint.context)
    }
}

/// The timers of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// TCP, TLS and any proxy.
    pub connect: Duration,
    /// Streamed requests only: from the request, including the connection, to the response's headers.
    pub headers: Duration,
    /// Streamed requests only: from the request to the first content.
    pub first_content: Duration,
    /// The same if no candidate is left after this one.
    pub last_candidate_first_content: Duration,
    /// Between two content events; pings and comments do not count, nor does time for which the client is slow.
    pub idle: Duration,
    /// From the semantic end to the end of the body.
    pub grace: Duration,
    /// The total time of an attempt whose request is not streamed.
    pub total: Duration,
    /// How long a failing model's breaker stays open before one request probes it.
    pub cooldown: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            headers: Duration::from_secs(30),
            first_content: Duration::from_secs(45),
            last_candidate_first_content: Duration::from_secs(180),
            idle: Duration::from_secs(90),
            grace: Duration::from_secs(10),
            total: Duration::from_secs(15 * 60),
            cooldown: Duration::from_secs(30),
        }
    }
}

/// Limits of memory, in bytes, and of open requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One request's body.
    pub body: usize,
    /// All admitted bodies together.
    pub bodies: usize,
    /// All held bytes of responses together.
    pub answers: usize,
    /// Bytes of all recorded responses that may be replayed.
    pub recorded: usize,
    /// Open requests. Each streamed one needs about 70 KB and two connections: to its client and to a provider.
    pub exchanges: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 32 << 20,
            bodies: 256 << 20,
            answers: 256 << 20,
            recorded: 256 << 20,
            exchanges: 2_000,
        }
    }
}

/// A model pattern; `*` matches any number of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Arc<str>);

impl Pattern {
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(text.as_ref().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn matches(&self, model: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(rest) = parts.next().and_then(|first| model.strip_prefix(first)) else {
            return false;
        };
        let mut rest = rest;
        let mut last = None;
        for part in parts {
            // A part between two stars may match at the first place; only the last part must match at the end.
            if let Some(middle) = last.replace(part) {
                let Some(at) = rest.find(middle) else {
                    return false;
                };
                rest = &rest[at + middle.len()..];
            }
        }
        match last {
            None => rest.is_empty(),
            Some(last) => rest.ends_with(last),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
