use catalog::{EndpointId, ModelId};

use catalog::Dialect;
use chrono::{DateTime, Utc};

use super::*;
use crate::drill::{LiveDrill, MadeFailure};
use crate::plan::{Caller, Login};
use crate::plan::{PlanInput, plan};
use crate::tests::{config, endpoint, route};
use crate::{Config, Standing};

fn planned(config: &Config, model: &str, drill: Option<Drill<'_>>) -> Plan {
    let caller = Caller::agent(Login::None);
    let input = PlanInput {
        drill,
        ..PlanInput::any(Dialect::Anthropic, model, &caller)
    };
    plan(config, input, &|_: &EndpointId, _: &ModelId| {
        Standing::Closed
    })
}

fn failures(plan: &Plan) -> Vec<Option<MadeFailure>> {
    plan.candidates.iter().map(|c| c.made_failure).collect()
}

#[test]
fn only_the_primary_fails_and_the_order_is_that_of_a_real_request() {
    let config = config();
    let usual = planned(&config, "claude-1", None);
    let drilled = planned(&config, "claude-1", Some(Drill::Test(MadeFailure::Cut)));
    assert_eq!(failures(&usual), [None, None]);
    assert_eq!(failures(&drilled), [Some(MadeFailure::Cut), None]);
    let order = |plan: &Plan| -> Vec<_> { plan.candidates.iter().map(|c| c.answerer()).collect() };
    assert_eq!(order(&usual), order(&drilled));
    assert!(drilled.is_drilled() && !usual.is_drilled());
}

#[test]
fn a_live_drill_meets_its_own_route_until_its_end() {
    let config = config();
    let began = DateTime::<Utc>::UNIX_EPOCH;
    let live = |route: &str, dialect| LiveDrill {
        route: route.to_owned(),
        dialect,
        failure: MadeFailure::Overloaded,
        until: began + chrono::TimeDelta::seconds(60),
    };
    for (live, second, meets) in [
        (live("main", Dialect::Anthropic), 59, true),
        (live("main", Dialect::Anthropic), 60, false),
        (live("other", Dialect::Anthropic), 0, false),
        (live("main", Dialect::OpenaiChat), 0, false),
    ] {
        let now = began + chrono::TimeDelta::seconds(second);
        let drill = Drill::of(None, Some(&live), now);
        let plan = planned(&config, "claude-1", drill);
        assert_eq!(plan.is_drilled(), meets, "{live:?} at {second} s");
    }
}

#[test]
fn a_drill_of_the_rehearsal_has_a_second_rehearsal_model_as_its_fallback() {
    let config = config();
    let drill = Some(Drill::Test(MadeFailure::Cut));
    let plan = planned(&config, "rehearsal/steady", drill);
    let models: Vec<&str> = plan.candidates.iter().map(|c| c.model.as_str()).collect();
    assert_eq!(models, ["rehearsal/steady", "rehearsal/long"]);
    assert!(plan.rehearsal);
    assert_eq!(failures(&plan), [Some(MadeFailure::Cut), None]);
}

/// Understudy has no client's login for its own requests, so only a live request can use such a fallback.
#[test]
fn a_fallback_on_the_clients_login_is_left_out_of_the_drills_own_requests() {
    let mut config = config();
    for id in ["one", "two"] {
        let mut found = endpoint(id, &format!("https://{id}.test"));
        found.endpoint.provider = "vendor".into();
        found.endpoint.accepts_client_login = true;
        config.endpoints.insert(EndpointId::new(id), found);
    }
    config.routes = vec![route("work", "*", &[("one", None), ("two", None)])];
    let live = LiveDrill {
        route: "work".into(),
        dialect: Dialect::Anthropic,
        failure: MadeFailure::Cut,
        until: DateTime::<Utc>::MAX_UTC,
    };
    for (drill, left) in [(Drill::Live(&live), 2), (Drill::Test(MadeFailure::Cut), 1)] {
        let caller = Caller::agent(Login::Subscription);
        let input = PlanInput {
            drill: Some(drill),
            ..PlanInput::any(Dialect::Anthropic, "m", &caller)
        };
        let plan = plan(&config, input, &|_: &EndpointId, _: &ModelId| {
            Standing::Closed
        });
        assert_eq!(plan.candidates.len(), left, "{plan}");
        assert!(plan.candidates[0].is_primary());
        let dropped = plan.dropped.iter().map(|dropped| &dropped.why);
        assert_eq!(
            dropped
                .filter(|why| **why == Ineligible::NeedsItsClient)
                .count(),
            2 - left
        );
    }
}
