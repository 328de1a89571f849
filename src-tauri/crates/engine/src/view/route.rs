use api::{Candidate, Delivery, FallbackState, Route, SiblingModels};
use gateway::{Plan, Siblings};

use super::{fallback, pipeline, words};
use crate::routing::SAMPLE;
use crate::state::State;

/// The routes that matter to this desk: the owner's, and the usual ones of the owner's providers.
pub(crate) fn routes(state: &State) -> Vec<Route> {
    let shown = state.plans.iter().filter(|plan| {
        let own = state.settings.routes.iter().any(|r| r.name == plan.route);
        own || plan
            .candidates
            .first()
            .is_some_and(|c| state.is_mine(&c.provider))
    });
    shown.map(|plan| route(state, plan)).collect()
}

fn route(state: &State, plan: &Plan) -> Route {
    let standing = state.fallbacks.on(&plan.route, plan.dialect);
    let active = fallback::active(state, &standing);
    // A default route is named after its pattern.
    let written = state
        .settings
        .routes
        .iter()
        .find(|own| own.name == plan.route && own.dialect == plan.dialect);
    Route {
        name: plan.route.clone(),
        dialect: words::dialect(plan.dialect),
        models: written.map_or_else(|| plan.route.clone(), |own| own.models.clone()),
        candidates: candidates(plan),
        active: active.as_ref().map(|spans| state.plain(spans)),
        active_spans: active.unwrap_or_default(),
        stand_in: with_siblings(state, plan, stand_in(plan)),
        fallbacks: super::fallback_test::of_route(state, &plan.route, plan.dialect),
    }
}

fn candidates(plan: &Plan) -> Vec<Candidate> {
    let mapped = |model: &catalog::ModelId| Some(model.to_string()).filter(|m| !m.contains(SAMPLE));
    let usable = plan.candidates.iter().map(|c| Candidate {
        endpoint: c.endpoint.to_string(),
        model: mapped(&c.model),
        usable: true,
        reason: c.reason.clone(),
    });
    let dropped = plan.dropped.iter().map(|d| Candidate {
        endpoint: d.endpoint.to_string(),
        model: mapped(&d.model),
        usable: false,
        reason: d.why.to_string(),
    });
    usable.chain(dropped).collect()
}

/// A plan in full, without the tests of its fallbacks. `of_a_pipeline`: the request names one, so an unanswered request is parked.
pub(crate) fn explained(plan: &Plan, of_a_pipeline: bool) -> api::Explained {
    let waits = of_a_pipeline || plan.pipeline.is_some();
    api::Explained {
        route: plan.route.clone(),
        dialect: words::dialect(plan.dialect),
        model: plan.model.clone(),
        delivery: match plan.delivery {
            Some(gateway::Delivery::Verified) => Delivery::Verified,
            Some(gateway::Delivery::Guarded) => Delivery::Guarded,
            Some(gateway::Delivery::Live) => Delivery::Live,
            None => Delivery::ByClient,
        },
        candidates: candidates(plan),
        fallbacks: Vec::new(),
        drill_until: None,
        no_fallback: (waits && plan.candidates.len() < 2).then(|| pipeline::NO_FALLBACK.to_owned()),
    }
}

/// A plan for any model has no sibling: which one it is depends on the model.
fn with_siblings(state: &State, plan: &Plan, stand_in: FallbackState) -> FallbackState {
    let (remedy, needs_consent) = match stand_in {
        FallbackState::Missing { remedy } => (remedy, false),
        FallbackState::NeedsConsent { remedy } => (remedy, true),
        FallbackState::Ready | FallbackState::Siblings { .. } => return stand_in,
    };
    let own = state.settings.routes.iter();
    let own = own.filter(|route| route.name == plan.route && route.dialect == plan.dialect);
    let of_route = own.filter_map(|route| route.sibling).next();
    let general = siblings(state).allowed == Some(true);
    let allowed = of_route.map_or(general, |sibling| sibling == Siblings::On);
    let has_models = plan.candidates.first().is_some_and(|first| {
        let by_login = first.credential == gateway::Credential::ClientLogin;
        let provider = state.catalog.provider(&first.provider);
        (by_login || of_route.is_some()) && provider.is_some_and(|p| p.tiers.len() > 1)
    });
    match allowed && has_models && plan.route != "*" {
        true => FallbackState::Siblings { remedy },
        false if needs_consent => FallbackState::NeedsConsent { remedy },
        false => FallbackState::Missing { remedy },
    }
}

/// A fallback is a second usable candidate.
pub(crate) fn stand_in(plan: &Plan) -> FallbackState {
    if plan.candidates.len() > 1 {
        return FallbackState::Ready;
    }
    let without_key: Vec<&str> = plan
        .dropped
        .iter()
        .filter(|d| matches!(d.why, gateway::Ineligible::NoKey { .. }))
        .map(|d| d.endpoint.as_str())
        .collect();
    let refused = plan.dropped.iter().map(|d| &d.why).find(|why| {
        use gateway::Ineligible::{NeedsYes, OtherModels, UsedUp};
        matches!(why, NeedsYes | OtherModels | UsedUp { .. })
    });
    if let Some(why) = refused {
        let remedy = why.to_string();
        return if *why == gateway::Ineligible::NeedsYes {
            FallbackState::NeedsConsent { remedy }
        } else {
            FallbackState::Missing { remedy }
        };
    }
    let remedy = match without_key.first() {
        Some(endpoint) => format!("give {endpoint} a key: `understudyd key add {endpoint}`"),
        None => "name one in a [[route]] of the settings, with its model: { endpoint = \"…\", model = \"…\" }".into(),
    };
    FallbackState::Missing { remedy }
}

pub(super) fn siblings(state: &State) -> SiblingModels {
    let (allowed, by_settings_file) = match state.settings.sibling {
        Siblings::Ask => (state.siblings, false),
        Siblings::On => (Some(true), true),
        Siblings::Off => (Some(false), true),
    };
    SiblingModels {
        allowed,
        by_settings_file,
    }
}
