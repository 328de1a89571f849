//! The candidates of a request, their order, and why. Pure.

pub(crate) mod lineup;
pub(crate) mod login;
pub(crate) mod patience;

mod caller;
mod candidate;
mod carriage;
mod choice;
mod drilled;
mod eligible;
mod explain;
pub(crate) mod fallback_model;
mod ineligible;
mod loss;
mod order;
mod pin;
mod plan_input;
mod scope;
pub(crate) mod session;
mod sibling;
mod speech;

use std::fmt;

use catalog::{Dialect, EndpointId, ModelId};
use translate::Fidelity;

pub use caller::{Caller, CallerKind, Login};
pub(crate) use candidate::Answerer;
pub use candidate::{Candidate, Credential, Dropped, Role};
pub use carriage::Carriage;
pub use fallback_model::ANY_MODEL;
pub use ineligible::Ineligible;
pub(crate) use ineligible::Remedy;
pub use loss::Loss;
pub(crate) use order::{fitting, plan};
pub use pin::Pin;
pub(crate) use plan_input::PlanInput;

use candidate::reason;
use speech::Way;

use crate::{Delivery, Demand, EndpointConfig, Restart, Standing};

/// The candidates of a request, their order, and why. Printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub route: String,
    pub dialect: Dialect,
    /// The client's model.
    pub model: String,
    /// In the order of use.
    pub candidates: Vec<Candidate>,
    /// Ineligible candidates.
    pub dropped: Vec<Dropped>,
    /// A response truncated by a token limit is a failed attempt.
    pub strict: bool,
    /// How much of the request may be dropped for a candidate of another vendor.
    pub fidelity: Fidelity,
    /// `None`: depends on the client and the request.
    pub delivery: Option<Delivery>,
    /// `None`: depends on the client.
    pub restart: Option<Restart>,
    /// The pipeline of untagged requests.
    pub pipeline: Option<String>,
    pub demand: Option<Demand>,
    pub rehearsal: bool,
    /// The client's own login, if a candidate gets it, is a subscription's.
    pub subscription: bool,
    /// A fallback is first, because it began this turn and the primary would refuse it.
    pub stays: bool,
    /// The owner's choice for this client is first.
    pub chosen: bool,
}

impl Plan {
    pub(super) fn add(
        &mut self,
        endpoint: &EndpointConfig,
        model: ModelId,
        way: Way,
        credential: Credential,
        standing: &dyn Fn(&EndpointId, &ModelId) -> Standing,
        why: Option<String>,
    ) {
        let place = self.candidates.len();
        let role = if place == 0 {
            Role::Primary
        } else {
            Role::Fallback
        };
        self.push(endpoint, model, way, credential, standing, (role, why));
    }

    /// Inserts another model of the same login directly after the first candidate.
    pub(super) fn add_sibling(
        &mut self,
        endpoint: &EndpointConfig,
        model: ModelId,
        way: Result<Way, Ineligible>,
        credential: Credential,
        standing: &dyn Fn(&EndpointId, &ModelId) -> Standing,
    ) {
        match way {
            Ok(way) => {
                let why = "used where the primary's model alone fails".to_owned();
                let as_sibling = (Role::Sibling, Some(why));
                self.push(endpoint, model, way, credential, standing, as_sibling);
            }
            Err(why) => self.dropped.push(Dropped {
                endpoint: endpoint.endpoint.id.clone(),
                model,
                why,
            }),
        }
    }

    fn push(
        &mut self,
        endpoint: &EndpointConfig,
        model: ModelId,
        way: Way,
        credential: Credential,
        standing: &dyn Fn(&EndpointId, &ModelId) -> Standing,
        (role, why): (Role, Option<String>),
    ) {
        let standing = standing(&endpoint.endpoint.id, &model);
        let place = self.candidates.len();
        let Way {
            dialect,
            carriage,
            dropped,
        } = way;
        let passes = match carriage {
            Carriage::Own | Carriage::Family => String::new(),
            Carriage::Translated if dialect == self.dialect => {
                ", translated for another model family".to_owned()
            }
            Carriage::Translated => format!(", translated to {dialect}"),
        };
        self.candidates.push(Candidate {
            provider: endpoint.endpoint.provider.clone(),
            endpoint: endpoint.endpoint.id.clone(),
            model,
            dialect,
            carriage,
            drops: dropped,
            credential,
            standing,
            place,
            role,
            made_failure: None,
            reason: reason((role, place), credential, standing, &passes, why),
        });
    }

    /// It was made for any request, and at least the first candidate supports this one.
    pub(crate) fn may_begin_unread(&self) -> bool {
        let first = self.candidates.first();
        first.is_some_and(|first| first.carriage == Carriage::Own)
    }

    pub(crate) fn primary(&self) -> Option<&Candidate> {
        self.candidates
            .iter()
            .find(|candidate| candidate.is_primary())
    }

    /// Candidates that are ineligible for this request, or for this caller.
    pub(crate) fn passed_over(&self) -> impl Iterator<Item = &Dropped> {
        let excluded = |dropped: &&Dropped| {
            matches!(
                dropped.why,
                Ineligible::Untranslatable(_) | Ineligible::OutOfScope { .. }
            )
        };
        self.dropped.iter().filter(excluded)
    }

    /// A session that moved stays with its fallback while that one is eligible.
    pub(crate) fn stay_with(&mut self, (endpoint, model): &Answerer) {
        let is_there = |c: &Candidate| c.endpoint == *endpoint && c.model == *model;
        let mut there = self.candidates.iter();
        let Some(at) = there.position(|c| is_there(c) && c.standing.admits()) else {
            return;
        };
        let mut candidate = self.candidates.remove(at);
        candidate.reason += "; this session stays here";
        self.stays = !candidate.is_primary();
        self.candidates.insert(0, candidate);
    }

    /// A turn that another vendor's model began ends with it: the vendor of this dialect would refuse it.
    pub(super) fn stay_with_fallback(&mut self) {
        let is_own = |candidate: &Candidate| !candidate.is_translated();
        let admitted = |candidate: &Candidate| candidate.standing.admits();
        if !self.candidates.iter().any(|c| admitted(c) && !is_own(c)) {
            return;
        }
        for candidate in self.candidates.iter_mut().filter(|c| is_own(c)) {
            candidate.reason += "; put after the fallback that began this turn without thinking";
        }
        self.candidates
            .sort_by_key(|candidate| (!admitted(candidate), is_own(candidate)));
        self.stays = self
            .candidates
            .first()
            .is_some_and(|first| first.place > 0 && !is_own(first));
    }
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
                drops,
                ..
            } = candidate;
            writeln!(f, "{}. {endpoint} with {model}: {reason}", place + 1)?;
            for dropped in drops {
                writeln!(f, "   not sent: {dropped}")?;
            }
        }
        for dropped in &self.dropped {
            writeln!(f, "-  {dropped}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
