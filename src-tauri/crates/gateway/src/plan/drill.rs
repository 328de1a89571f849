//! A drill: the primary fails on purpose, so that the owner sees what a client would get. Pure.

use catalog::Dialect;
use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

use super::{Caller, Credential, Dropped, Ineligible, Login, Plan};
use crate::Report;

/// How the primary fails. It gets no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeFailure {
    /// Its stream begins, and stops in the middle.
    Cut,
    /// It refuses with status 529.
    Overloaded,
}

/// Live requests of one route meet a made failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveDrill {
    /// The route's name.
    pub route: String,
    pub dialect: Dialect,
    pub failure: MadeFailure,
    /// From then on requests are sent as usual, even if nothing has ended the drill.
    pub until: DateTime<Utc>,
}

/// Marks a request of the drill's own session; it is in the request's extensions, which no network client can set.
///
/// The request is planned, translated and checked like that of a coding agent with this kind of login. It has no login, so a
/// fallback on the client's login is left out. It is never parked, nor counted as one of a loop, and it affects no breaker and
/// no session.
#[derive(Clone, Debug)]
pub struct DrillRequest {
    pub(crate) failure: MadeFailure,
    pub(crate) login: Login,
    pub(crate) reports: mpsc::Sender<Report>,
}

impl DrillRequest {
    /// `login`: of the clients whose route it is. `reports` gets the exchange; the gateway's own receiver does not.
    pub fn new(failure: MadeFailure, login: Login, reports: mpsc::Sender<Report>) -> Self {
        Self {
            failure,
            login,
            reports,
        }
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller::agent(self.login)
    }
}

/// The drill that a request belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Drill<'a> {
    Test(MadeFailure),
    Live(&'a LiveDrill),
}

impl<'a> Drill<'a> {
    pub(crate) fn of(
        request: Option<&DrillRequest>,
        live: Option<&'a LiveDrill>,
        now: DateTime<Utc>,
    ) -> Option<Drill<'a>> {
        match request {
            Some(request) => Some(Drill::Test(request.failure)),
            None => live.filter(|live| now < live.until).map(Drill::Live),
        }
    }

    /// The failure of the primary of this route.
    pub(super) fn failure(self, route: &str, dialect: Dialect) -> Option<MadeFailure> {
        match self {
            Drill::Test(failure) => Some(failure),
            Drill::Live(live) => {
                (live.route == route && live.dialect == dialect).then_some(live.failure)
            }
        }
    }
}

impl Plan {
    /// Its primary fails on purpose.
    pub(crate) fn is_drilled(&self) -> bool {
        let mut candidates = self.candidates.iter();
        candidates.any(|candidate| candidate.made_failure.is_some())
    }

    pub(super) fn drill(&mut self, drill: Drill<'_>) {
        let Some(failure) = drill.failure(&self.route, self.dialect) else {
            return;
        };
        for candidate in self.candidates.iter_mut().filter(|c| c.is_primary()) {
            candidate.made_failure = Some(failure);
            candidate.reason += "; fails on purpose: a drill runs";
        }
        match drill {
            Drill::Live(_) => {}
            Drill::Test(_) => self.leave_out_logins(),
        }
    }

    fn leave_out_logins(&mut self) {
        let all = std::mem::take(&mut self.candidates);
        let (kept, others): (Vec<_>, Vec<_>) = all
            .into_iter()
            .partition(|c| c.is_primary() || c.credential != Credential::ClientLogin);
        self.candidates = kept;
        let others = others.into_iter().map(|candidate| Dropped {
            endpoint: candidate.endpoint,
            model: candidate.model,
            why: Ineligible::NeedsItsClient,
        });
        self.dropped.extend(others);
    }
}

#[cfg(test)]
mod tests;
