//! A request of a drill's own session.

use tokio::sync::mpsc;

use crate::Report;
use crate::drill::MadeFailure;
use crate::plan::{Caller, Login};

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
