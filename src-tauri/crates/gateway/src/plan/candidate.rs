//! One candidate of a plan, or one that the plan excludes. Pure.

use std::fmt;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use translate::LeftOut;

use super::{Carriage, Ineligible};
use crate::{MadeFailure, Standing};

/// An endpoint's model to which a session stays bound.
pub(crate) type Answerer = (EndpointId, ModelId);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    /// The model as it is sent.
    pub model: ModelId,
    /// The dialect in which it gets requests.
    pub dialect: Dialect,
    pub carriage: Carriage,
    /// The parts of this request that it does not get, or not exactly; empty if the plan is for any request.
    pub drops: Vec<LeftOut>,
    pub credential: Credential,
    pub standing: Standing,
    /// Its index among the eligible candidates, in the route's order: 0 is the primary.
    pub place: usize,
    pub role: Role,
    /// It fails so on purpose, and gets no request: a drill runs.
    pub made_failure: Option<MadeFailure>,
    /// The reason for its position.
    pub reason: String,
}

/// The role of a candidate in the route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Primary,
    /// Another model of the primary's provider, with the same login.
    Sibling,
    Fallback,
}

/// The credential that a candidate gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The stored key for it.
    OurKey,
    /// The client's credential for its own vendor, unchanged.
    ClientLogin,
    /// It needs none.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    pub endpoint: EndpointId,
    pub model: ModelId,
    pub why: Ineligible,
}

impl Candidate {
    /// The first eligible one in the route's order, whatever its breaker's state.
    pub fn is_primary(&self) -> bool {
        self.role == Role::Primary
    }

    /// It does not get the client's own bytes.
    pub(crate) fn is_translated(&self) -> bool {
        self.carriage == Carriage::Translated
    }

    pub(crate) fn answerer(&self) -> Answerer {
        (self.endpoint.clone(), self.model.clone())
    }
}

pub(super) fn reason(
    (role, place): (Role, usize),
    credential: Credential,
    standing: Standing,
    passes: &str,
    why: Option<String>,
) -> String {
    let place = match role {
        Role::Primary => "the primary".to_owned(),
        Role::Sibling => "the sibling on the same login".to_owned(),
        Role::Fallback => format!("fallback {place}"),
    };
    let place = format!("{place}{passes}");
    let credential = match credential {
        Credential::OurKey => "with your key",
        Credential::ClientLogin => "with the client's own login",
        Credential::None => "needs no key",
    };
    let credential = match why {
        None => credential.to_owned(),
        Some(why) => format!("{credential}; {why}"),
    };
    match standing {
        Standing::Closed => format!("{place}, {credential}"),
        Standing::HalfOpen => {
            format!("{place}, {credential}; the next request tests whether it has recovered")
        }
        Standing::Probing => format!(
            "{place}, {credential}; put last while another request tests whether it has recovered"
        ),
        Standing::Open { until } => format!(
            "{place}, {credential}; put last until {} UTC because it failed",
            until.format("%H:%M:%S")
        ),
    }
}

impl fmt::Display for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Dropped {
            endpoint,
            model,
            why,
        } = self;
        write!(f, "{endpoint} with {model}: {why}")
    }
}
