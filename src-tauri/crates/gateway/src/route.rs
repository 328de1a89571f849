use std::fmt;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};

use crate::Standing;

/// Who is asked, in which order, and why. Printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub route: String,
    pub dialect: Dialect,
    /// As the client asked.
    pub model: String,
    /// In the order in which they are asked.
    pub candidates: Vec<Candidate>,
    /// Those that cannot be asked.
    pub dropped: Vec<Dropped>,
    pub strict: bool,
    pub rehearsal: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    /// As it will be sent.
    pub model: ModelId,
    pub credential: Credential,
    pub standing: Standing,
    /// Why it stands in this place.
    pub reason: String,
}

/// What a candidate is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// The key that we hold for it.
    OurKey,
    /// What the client sent for its own vendor, untouched.
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

/// Why a candidate cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    #[error("no endpoint of this name is configured")]
    Unknown,
    #[error("it does not speak the {0} dialect")]
    Dialect(Dialect),
    #[error("there is no key for {0}")]
    NoKey(String),
    #[error("it would lead back to this port")]
    Loop,
    #[error("its base address is not a URL: {0}")]
    BadAddress(String),
    #[error("the rehearsal never stands in for a real model")]
    Rehearsal,
    #[error("Understudy is paused: only the primary is asked")]
    Paused,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} ({}), route {}:",
            self.model, self.dialect, self.route
        )?;
        for (place, candidate) in self.candidates.iter().enumerate() {
            let Candidate {
                endpoint,
                model,
                reason,
                ..
            } = candidate;
            writeln!(f, "{}. {endpoint} with {model}: {reason}", place + 1)?;
        }
        for Dropped {
            endpoint,
            model,
            why,
        } in &self.dropped
        {
            writeln!(f, "-  {endpoint} with {model}: {why}")?;
        }
        Ok(())
    }
}
