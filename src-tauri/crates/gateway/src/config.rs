use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use catalog::{
    Dialect, Endpoint, EndpointId, Equivalent, MicroDollars, Model, ModelId, Rank, Secret, Tier,
};
use serde::Deserialize;

use crate::{Demand, UseNow};

/// Everything that the gateway may be told; replaced as a whole when the settings change.
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
    /// Where requests of pipelines and applications may go whose pipeline and route say nothing; None: [`Scope::Named`].
    pub may_go_to: Option<Scope>,
    /// The pipelines whose scope the settings name.
    pub pipelines: BTreeMap<String, Scope>,
    /// How long the clients of these pipelines wait.
    pub client_waits: BTreeMap<String, Duration>,
    /// The owner's general word; a route's own goes first.
    pub sibling: Siblings,
    /// No tray and no window shows who answers: a response of a fallback has to say it.
    pub announce: bool,
    /// The owner's choices, by the client's name.
    pub use_now: BTreeMap<String, UseNow>,
    /// What tools are told to do is kept in reports.
    pub keep_tool_arguments: bool,
    /// What stateful clients refer to later is kept for a day.
    pub keep_conversations: bool,
    /// Pass everything to the primary, unheld and without a second try.
    pub paused: bool,
    /// Stopping: as `paused`, until the last open exchange ends.
    pub draining: bool,
    /// Where this process listens: an endpoint that leads here is refused.
    pub own_addresses: Vec<SocketAddr>,
}

/// What a stand-in may cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spending {
    pub subscription_to_paid_key: Consent,
    /// Some: what stand-ins may cost in a day is spent, as far as it has been booked.
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
    /// None: [`Delivery::Verified`] where the request belongs to a pipeline, or has tools or a schema and comes from a client
    /// that does not ask again by itself; else [`Delivery::Guarded`].
    pub delivery: Option<Delivery>,
    /// None: by the client.
    pub restart: Option<Restart>,
    /// Untagged requests belong to this pipeline, and those that nobody can answer are kept for a person.
    pub pipeline: Option<String>,
    /// An answer without it is a failed attempt. Where it is set, the delivery is [`Delivery::Verified`].
    pub demand: Option<Demand>,
    /// The owner's word for this route; [`Consent::Ask`]: as [`Spending`] says.
    pub subscription_to_paid_key: Consent,
    /// Where its requests may go; None: by the kind of client.
    pub may_go_to: Option<Scope>,
    /// None: as [`Config::sibling`] says.
    pub sibling: Option<Siblings>,
    /// How long its clients wait; None: as they say, as was measured, or as their exits show.
    pub client_waits: Option<Duration>,
}

/// When a client gets what has arrived of a streamed answer. An answer that is not streamed is always proven first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Nothing before the answer is proven whole: for automations, to which a half is worse than a wait.
    Verified,
    /// Everything as it comes, from the first content on, save what makes a client start a tool: for coding agents.
    Guarded,
    /// Everything as it comes, from the first content on.
    Live,
}

/// Is an answer that breaks off continued by another one, in the same message?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Restart {
    /// The connection is broken off, and the client asks again or tells its user.
    Never,
    /// Once a whole block has been given: some agents take the answer for ended then, and never ask again.
    AfterBlock,
    Always,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateRule {
    pub endpoint: EndpointId,
    /// None: the model that the client asked for, or the endpoint's own that stands in for it.
    pub model: Option<ModelId>,
    /// It comes in behind somebody who serves the model, and never instead: nobody named it.
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
    /// Which of its models stand in for models that it does not serve.
    pub equivalents: Vec<Equivalent>,
    /// The tiers of its provider's models.
    pub tiers: BTreeMap<Tier, Rank>,
}

impl EndpointConfig {
    /// One of its models, as translation has to know it.
    pub fn target(&self, model: &ModelId) -> translate::Target {
        translate::Target::of(&self.endpoint, &self.models, model.as_str())
    }

    /// A model's context window in tokens, where the catalogue or the endpoint's settings say it.
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
    /// The whole of an attempt whose request is not streamed.
    pub total: Duration,
    /// How long a model that failed again and again is spared before one request tries it again.
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
    /// All answers together, as far as they are kept to be given again.
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
