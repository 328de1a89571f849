//! A request for only one candidate: a test of a fallback. Pure.

use catalog::{EndpointId, ModelId};
use tokio::sync::mpsc;

use super::{Answerer, Caller, Dropped, Ineligible, Login, Plan, Role};
use crate::Report;

/// Marks a test of one fallback; it is in the request's extensions, which no network client can set.
///
/// The request is planned, translated and checked like that of a coding agent without a login. The plan contains only the named
/// candidate, the route's demand does not apply, and the request is never parked, nor counted as one of a loop.
#[derive(Clone, Debug)]
pub struct Pin {
    pub(crate) answerer: Answerer,
    pub(crate) reports: mpsc::Sender<Report>,
}

impl Pin {
    /// `model`: the id that is sent to the endpoint. `reports` gets the exchange; the gateway's own receiver does not.
    pub fn new(endpoint: EndpointId, model: ModelId, reports: mpsc::Sender<Report>) -> Self {
        Self {
            answerer: (endpoint, model),
            reports,
        }
    }

    /// A test has no client: a fallback is used instead of a primary that needs its client's login.
    pub(crate) fn caller() -> Caller {
        Caller {
            rerun: true,
            ..Caller::agent(Login::None)
        }
    }
}

impl Plan {
    /// Only this candidate is used.
    pub(super) fn keep_only(&mut self, (endpoint, model): &Answerer) {
        let is_pinned = |of: &EndpointId, with: &ModelId| of == endpoint && with == model;
        let all = std::mem::take(&mut self.candidates);
        let (kept, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|candidate| is_pinned(&candidate.endpoint, &candidate.model));
        self.candidates = kept;
        self.candidates.truncate(1);
        self.dropped
            .extend(others.into_iter().map(|candidate| Dropped {
                endpoint: candidate.endpoint,
                model: candidate.model,
                why: Ineligible::NotTested,
            }));
        // Otherwise a sibling is used only if its primary fails.
        self.stays = self.candidates.iter().any(|one| one.role == Role::Sibling);
        self.demand = None;
    }
}
