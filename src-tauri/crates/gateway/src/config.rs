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

use crate::Demand;

/// The gateway's configuration; replaced completely when the settings change.
#[derive(Clone, Debug)]
pub struct Config {
    /// What a client must show.
    pub token: Secret,
    /// Host names that the port answers to, without a port, beside the loopback names.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may use the port, beside its own: `https://flows.example`.
    pub allowed_origins: Vec<String>,
    /// The first that matches counts.
    pub routes: Vec<Route>,
    pub endpoints: BTreeMap<EndpointId, EndpointConfig>,
    pub timers: Timers,
    pub limits: Limits,
    /// The owner's own words on failures: the first that fits decides, before the table of failure classes.
    pub rules: Arc<[wire::Rule]>,
    pub spending: Spending,
    /// Where requests of pipelines and applications may go without a setting of their pipeline or route; `None`:
    /// [`Scope::Named`].
    pub may_go_to: Option<Scope>,
    /// The pipelines whose scope the settings name.
    pub pipelines: BTreeMap<String, Scope>,
    /// How long the clients of these pipelines wait.
    pub client_waits: BTreeMap<String, Duration>,
    /// The owner's general word; a route's own goes first.
    pub sibling: Siblings,
    /// There is no tray and no window: a response of a fallback announces it.
    pub announce: bool,
    /// The owner's choices, by the client's name.
    pub use_now: BTreeMap<String, UseNow>,
    /// Reports keep tools' arguments.
    pub keep_tool_arguments: bool,
    /// What stateful clients refer to later is kept for a day.
    pub keep_conversations: bool,
    /// Pass everything to the primary, without holding or retrying.
    pub paused: bool,
    /// Stopping: as `paused`, until the last open exchange ends.
    pub draining: bool,
    /// Where this process listens: an endpoint that leads here is refused.
    pub own_addresses: Vec<SocketAddr>,
}

/// Requests of one client go to this provider first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseNow {
    pub provider: ProviderId,
    /// "first by your choice until 00:00"
    pub reason: String,
}

/// What fallbacks may cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    pub subscription_to_paid_key: Consent,
    /// Some: the day's cap for fallbacks is used up, by the recorded costs.
    pub used_up: Option<UsedUp>,
    /// A paid key may also answer while a plan or an allowance is used up, and not in an outage alone.
    pub for_limits: bool,
}

/// The owner's word on going from a client's own subscription to a key that is billed by the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// Not without a yes.
    #[default]
    Ask,
    Yes,
    No,
}

/// Where a request's content may go beside its primary, which is always allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Other endpoints of the primary's own provider alone.
    SameVendor,
    /// Those that the owner's route names.
    Named,
    Endpoints(BTreeSet<EndpointId>),
    Any,
}

/// May another model of the same login answer while one alone fails?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Siblings {
    Off,
    /// Not before the owner has answered.
    #[default]
    Ask,
    On,
}

/// A day's cap, and what was spent by then.
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
    /// Which models it is for.
    pub models: Pattern,
    /// Best first.
    pub candidates: Vec<CandidateRule>,
    /// Reject everything but a clean end: an answer cut by a token limit is a failed attempt. None: where the request
    /// belongs to a pipeline.
    pub strict: Option<bool>,
    /// A fallback that cannot be sent everything that bears on the answer is passed over.
    pub exact: bool,
    /// `None`: [`Delivery::Verified`] where the request belongs to a pipeline, or has tools or a schema and comes from a client
    /// that does not retry; else [`Delivery::Guarded`].
    pub delivery: Option<Delivery>,
    /// None: by the client.
    pub restart: Option<Restart>,
    /// Untagged requests belong to this pipeline, and requests that no provider could answer are parked for review.
    pub pipeline: Option<String>,
    /// An answer without it is a failed attempt. Where it is set, the delivery is [`Delivery::Verified`].
    pub demand: Option<Demand>,
    /// The owner's setting for this route; [`Consent::Ask`]: as in [`Spending`].
    pub subscription_to_paid_key: Consent,
    /// Where its requests may go; None: by the kind of client.
    pub may_go_to: Option<Scope>,
    /// `None`: as in [`Config::sibling`].
    pub sibling: Option<Siblings>,
    /// Its clients' patience; `None`: by their requests, by measurement, or by their exits.
    pub client_waits: Option<Duration>,
}

/// When the bytes of a streamed response are released. A document always passes the completion check first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Nothing before the completion check: for automations, which are better off with a wait than with an incomplete response.
    Verified,
    /// Everything as it comes, from the first content on, save what makes a client start a tool: for coding agents.
    Guarded,
    /// Everything as it comes, from the first content on.
    Live,
}

/// Does another response continue a truncated one, in the same message?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// The connection is aborted, and the client retries or reports an error.
    Never,
    /// After a finished block: some agents accept the response then, and never retry.
    AfterBlock,
    Always,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateRule {
    pub endpoint: EndpointId,
    /// `None`: the client's model, or the endpoint's own equivalent of it.
    pub model: Option<ModelId>,
    /// Only a fallback for a candidate that serves the model, and never instead: no route names it.
    pub only_behind: bool,
    /// A route of the owner's names it.
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

/// An endpoint with what is ours to know about it.
#[derive(Clone, Debug)]
pub struct EndpointConfig {
    pub endpoint: Endpoint,
    /// What people call its provider when it is down: "Claude".
    pub product: String,
    /// The company, for "No key for Anthropic".
    pub name: String,
    pub key: Option<Secret>,
    /// Answers `rehearsal/*` models, and nothing else.
    pub rehearsal: bool,
    /// Known models, for `GET /v1/models` and for context windows.
    pub models: Vec<Model>,
    /// Which of its models are equivalent to models that it does not serve.
    pub equivalents: Vec<Equivalent>,
    /// The tiers of its provider's models.
    pub tiers: BTreeMap<Tier, Rank>,
}

impl EndpointConfig {
    /// One of its models, as translation has to know it.
    pub fn target(&self, model: &ModelId) -> translate::Target {
        translate::Target::of(&self.endpoint, &self.models, model.as_str())
    }

    /// A model's context window in tokens, where the catalogue or the endpoint's settings have it.
    pub(crate) fn context(&self, model: &ModelId) -> Option<u64> {
        let known = Model::known(&self.models, model.as_str());
        known
            .and_then(|known| known.context)
            .or(self.endpoint.context)
    }
}

/// How long what may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// TCP, TLS and whatever stands between.
    pub connect: Duration,
    /// Streamed requests only: from the request, connecting included, to the response's headers.
    pub headers: Duration,
    /// Streamed requests only: from the request to the first content.
    pub first_content: Duration,
    /// The same where no candidate is left after this one.
    pub last_candidate_first_content: Duration,
    /// Between two content events; pings and comments do not count, nor does time that the client takes.
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

/// How much is held in memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One request's body.
    pub body: usize,
    /// All admitted bodies together.
    pub bodies: usize,
    /// All answers together, as far as they are held back.
    pub answers: usize,
    /// Bytes of all recorded responses that may be replayed.
    pub recorded: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 32 << 20,
            bodies: 256 << 20,
            answers: 256 << 20,
            recorded: 256 << 20,
        }
    }
}

/// A model pattern; `*` stands for any run of characters.
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
            // What stands between two stars may be found at the first place; only the last part is bound to the end.
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
