//! Plans for the UIs: which candidates a request would get.

use catalog::{Dialect, EndpointId, ModelId};
use wire::RequestFields;

use super::Gateway;
use crate::plan::{Caller, PlanInput};
use crate::{Pin, Plan};

impl Gateway {
    /// The current plan for such a request of this caller.
    pub fn explain(&self, dialect: Dialect, model: &str, caller: &Caller) -> Plan {
        self.0
            .plan(&self.0.config(), PlanInput::any(dialect, model, caller))
    }

    /// The plan for exactly this request.
    ///
    /// # Errors It is not a request of this dialect.
    pub fn explain_request(
        &self,
        dialect: Dialect,
        body: &[u8],
        caller: &Caller,
    ) -> Result<Plan, wire::BadRequest> {
        let ask = RequestFields::read(dialect, body)?;
        let input = PlanInput {
            body: Some(body),
            lacks_required_thinking: ask.lacks_required_thinking,
            ..PlanInput::any(dialect, &ask.model, caller)
        };
        Ok(self.0.plan(&self.0.config(), input))
    }

    /// The plan for a test of this candidate with such a request; empty if it cannot be tested.
    pub fn explain_pinned(
        &self,
        dialect: Dialect,
        model: &str,
        endpoint: &EndpointId,
        with: &ModelId,
    ) -> Plan {
        let (caller, only) = (Pin::caller(), (endpoint.clone(), with.clone()));
        let input = PlanInput {
            only: Some(&only),
            ..PlanInput::any(dialect, model, &caller)
        };
        self.0.plan(&self.0.config(), input)
    }
}
