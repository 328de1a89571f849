//! The caller's properties that the plan depends on.

use catalog::Dialect;
use http::HeaderMap;
use wire::Client;

use super::login::is_subscription;
use crate::Config;
use crate::attempt::headers::has_login;

/// The kind of client and of its login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub kind: CallerKind,
    pub login: Login,
    /// The user runs a parked request again, or tests a fallback: the client's login is absent, and a fallback may answer
    /// instead of a primary that needs it.
    pub rerun: bool,
    /// The client's name ("Claude Code"); empty if it is unknown.
    pub client: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// A coding agent with a user in front of it.
    Agent,
    /// Any other client without a pipeline: its data has the same scope as a pipeline's.
    Application,
    /// A step of this pipeline.
    Pipeline(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    None,
    /// The client's own API key, billed per token.
    Key,
    /// A subscription, which has no cost per token.
    Subscription,
}

impl Caller {
    /// `pipeline`: of the request ([`tags::pipeline_of`](crate::tags::pipeline_of)).
    pub(crate) fn of(
        headers: &HeaderMap,
        pipeline: Option<String>,
        client: &Client,
        config: &Config,
        dialect: Dialect,
    ) -> Self {
        let kind = match pipeline {
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
