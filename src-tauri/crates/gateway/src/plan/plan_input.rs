//! The parts of a request that its plan depends on.

use catalog::{Dialect, ProviderId};
use wire::Kind;

use super::{Answerer, Caller};
use crate::drill::Drill;

/// The properties of a request that its plan depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlanInput<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) model: &'a str,
    pub(crate) caller: &'a Caller,
    pub(crate) kind: Kind,
    /// `None`: the plan is for any request.
    pub(crate) body: Option<&'a [u8]>,
    /// As in [`wire::RequestFields`].
    pub(crate) lacks_required_thinking: bool,
    /// Only this candidate is used, for a test.
    pub(crate) only: Option<&'a Answerer>,
    /// The owner is about to choose this provider for the client. `None`: as in the settings.
    pub(crate) choice: Option<&'a ProviderId>,
    /// Its primary may fail on purpose.
    pub(crate) drill: Option<Drill<'a>>,
}

impl<'a> PlanInput<'a> {
    /// Any request for this model.
    pub(crate) fn any(dialect: Dialect, model: &'a str, caller: &'a Caller) -> Self {
        Self {
            dialect,
            model,
            caller,
            kind: Kind::Generate,
            body: None,
            lacks_required_thinking: false,
            only: None,
            choice: None,
            drill: None,
        }
    }
}
