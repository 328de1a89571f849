//! Who sends a request, as far as the plan depends on it.

use catalog::Dialect;
use http::HeaderMap;
use wire::Client;

use super::login::is_subscription;
use crate::attempt::headers::has_login;
use crate::{Config, tags};

/// What kind of client it is, and what login it brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub kind: CallerKind,
    pub login: Login,
    /// A person runs a waiting request again, or tests a fallback: the client's login is absent, and a fallback may answer in
    /// place of a primary that needs it.
    pub rerun: bool,
    /// The client's name ("Claude Code"); empty where it is not known.
    pub client: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// A coding agent, whose user watches it work.
    Agent,
    /// Any other client that names no pipeline: its data goes no further than a pipeline's.
    Application,
    /// A step of this business flow.
    Pipeline(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    None,
    /// An API key of the client's own, billed by the token.
    Key,
    /// A subscription, which has no bill by the token.
    Subscription,
}

impl Caller {
    /// `pipeline`: as the path names it; the header goes first, since it is the request's own.
    pub(crate) fn of(
        headers: &HeaderMap,
        pipeline: Option<String>,
        client: &Client,
        config: &Config,
        dialect: Dialect,
    ) -> Self {
        let kind = match tags::pipeline(headers).or(pipeline) {
            Some(name) => CallerKind::Pipeline(name),
            None if client.is_agent() => CallerKind::Agent,
            None => CallerKind::Application,
        };
        let login = if !has_login(headers, &config.token) {
            Login::None
        } else if is_subscription(headers, config, dialect) {
            Login::Subscription
        } else {
            Login::Key
        };
        Self {
            kind,
            login,
            rerun: false,
            client: client.name.clone(),
        }
    }

    pub fn agent(login: Login) -> Self {
        Self {
            kind: CallerKind::Agent,
            login,
            rerun: false,
            client: String::new(),
        }
    }

    pub(crate) fn pipeline(&self) -> Option<&str> {
        match &self.kind {
            CallerKind::Pipeline(name) => Some(name),
            CallerKind::Agent | CallerKind::Application => None,
        }
    }
}

impl Login {
    pub(crate) fn is_some(self) -> bool {
        self != Login::None
    }
}
