//! Computes plans without a gateway, from the settings and the breakers. Pure.

use catalog::{Dialect, EndpointId, ModelId, ProviderId};

use super::{Caller, Pin, Plan, PlanInput, plan};
use crate::drill::{Drill, MadeFailure};
use crate::{BreakerView, Config, Standing};

impl Plan {
    /// The plan for any request of this caller for this model, with these breaker states.
    pub fn explain(
        config: &Config,
        breakers: &[BreakerView],
        dialect: Dialect,
        model: &str,
        caller: &Caller,
    ) -> Plan {
        let input = PlanInput::any(dialect, model, caller);
        plan(config, input, &|endpoint, model| {
            standing(breakers, endpoint, model)
        })
    }

    /// As [`Plan::explain`], with the consent that the choice of this provider would give.
    pub fn explain_choice(
        config: &Config,
        breakers: &[BreakerView],
        dialect: Dialect,
        model: &str,
        caller: &Caller,
        provider: &ProviderId,
    ) -> Plan {
        let input = PlanInput {
            choice: Some(provider),
            ..PlanInput::any(dialect, model, caller)
        };
        plan(config, input, &|endpoint, model| {
            standing(breakers, endpoint, model)
        })
    }

    /// The plan for a request of a drill.
    pub fn explain_drill(
        config: &Config,
        breakers: &[BreakerView],
        dialect: Dialect,
        model: &str,
        caller: &Caller,
    ) -> Plan {
        let input = PlanInput {
            drill: Some(Drill::Test(MadeFailure::Cut)),
            ..PlanInput::any(dialect, model, caller)
        };
        plan(config, input, &|endpoint, model| {
            standing(breakers, endpoint, model)
        })
    }

    /// The plan for a test of this candidate with such a request; empty if it cannot be tested.
    pub fn explain_pinned(
        config: &Config,
        breakers: &[BreakerView],
        dialect: Dialect,
        model: &str,
        only: &(EndpointId, ModelId),
    ) -> Plan {
        let caller = Pin::caller();
        let input = PlanInput {
            only: Some(only),
            ..PlanInput::any(dialect, model, &caller)
        };
        plan(config, input, &|endpoint, model| {
            standing(breakers, endpoint, model)
        })
    }
}

/// A model without a view has not failed.
fn standing(breakers: &[BreakerView], endpoint: &EndpointId, model: &ModelId) -> Standing {
    let is_it = |view: &&BreakerView| view.endpoint == *endpoint && view.model == *model;
    let view = breakers.iter().find(is_it);
    view.map_or(Standing::Closed, |view| view.standing)
}
