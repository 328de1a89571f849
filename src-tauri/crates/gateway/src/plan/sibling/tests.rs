use std::collections::BTreeMap;

use catalog::{Dialect, MicroDollars, Price, Rank, Rates, Tier};

use super::super::{Caller, CallerKind, Plan, PlanInput, Role, plan};
use super::*;
use crate::Standing;
use crate::tests::{config, endpoint};

fn model(id: &str, dollars: Option<f64>, context: u64) -> Model {
    let rate = |dollars| MicroDollars::from_dollars(dollars);
    Model {
        prices: Vec::from_iter(dollars.map(|dollars| {
            let rates = Rates {
                input: rate(dollars),
                output: rate(dollars * 5.0),
                cache_read: rate(dollars / 10.0),
                cache_write: rate(dollars * 1.25),
                cache_write_hour: rate(dollars * 2.0),
            };
            Price::list(rates, "2026-11-26")
        })),
        context: Some(context),
        ..Model::new(id.into())
    }
}

/// A vendor with three tiers; `medium` is the price of the middle one in dollars per million tokens.
fn vendor(medium: Option<f64>) -> EndpointConfig {
    let mut found = endpoint("first", "https://api.first.test");
    found.endpoint.accepts_client_login = true;
    found.models = vec![
        model("opus-1", Some(5.0), 1_000_000),
        model("sonnet-1", medium, 1_000_000),
        model("haiku-1", Some(1.0), 200_000),
    ];
    let rank = |models: &str, fallback_model: &str| Rank {
        models: vec![models.into()],
        fallback_model: Some(fallback_model.into()),
    };
    found.tiers = BTreeMap::from([
        (Tier::Large, rank("opus-*", "opus-1")),
        (Tier::Medium, rank("sonnet-*", "sonnet-1")),
        (Tier::Small, rank("haiku-*", "haiku-1")),
    ]);
    found
}

#[test]
fn the_sibling_is_the_next_lower_tier_that_costs_no_more() {
    for (medium, requested, expected) in [
        (Some(3.0), "opus-1", Some("sonnet-1")),
        (Some(5.0), "opus-1", Some("sonnet-1")),
        // More expensive, or without a known price: the one below.
        (Some(6.0), "opus-1", Some("haiku-1")),
        (None, "opus-1", Some("haiku-1")),
        (Some(3.0), "opus-1-20261101", Some("sonnet-1")),
        (Some(3.0), "sonnet-1", Some("haiku-1")),
        (Some(3.0), "haiku-1", None),
        (Some(3.0), "opus-9", None),
        (Some(3.0), "mystery", None),
    ] {
        let found = sibling(&vendor(medium), &ModelId::new(requested));
        assert_eq!(
            found.as_ref().map(ModelId::as_str),
            expected,
            "{requested} {medium:?}"
        );
    }
}

fn planned(general: Siblings, of_route: Option<Siblings>, login: Login, keyed: bool) -> Plan {
    let mut config = config();
    let mut vendor = vendor(Some(3.0));
    vendor.key = vendor.key.filter(|_| keyed);
    config.endpoints.insert("first".into(), vendor);
    config.routes[0].models = crate::Pattern::new("*");
    config.routes[0].candidates.truncate(1);
    config.routes[0].sibling = of_route;
    config.sibling = general;
    let caller = Caller {
        kind: CallerKind::Agent,
        login,
        rerun: false,
        client: String::new(),
    };
    let input = PlanInput::any(Dialect::Anthropic, "opus-1", &caller);
    plan(&config, input, &|_, _| Standing::Closed)
}

#[test]
fn a_login_needs_general_consent_and_a_key_the_routes_own() {
    use Siblings::{Ask, Off, On};
    let key = Some(Ineligible::SiblingOnKey);
    let yes = Some(Ineligible::SiblingNeedsYes);
    for (general, of_route, login, keyed, why) in [
        (On, None, Login::Subscription, false, None),
        (Ask, None, Login::Subscription, false, yes.clone()),
        (Off, None, Login::Subscription, false, None),
        (Off, Some(On), Login::Subscription, false, None),
        (On, Some(Off), Login::Subscription, false, None),
        (On, None, Login::Key, false, key.clone()),
        (Ask, None, Login::Key, false, key.clone()),
        (On, None, Login::None, true, key),
        (On, Some(On), Login::Key, false, None),
        (Ask, Some(On), Login::None, true, None),
        (On, Some(Ask), Login::Key, false, yes),
    ] {
        let plan = planned(general, of_route, login, keyed);
        let requested = plan.candidates.iter().any(|c| c.role == Role::Sibling);
        let on = match of_route {
            Some(own) => own == On,
            None => general == On,
        };
        assert_eq!(
            requested,
            on && why.is_none(),
            "{general:?} {of_route:?} {login:?}: {plan}"
        );
        let dropped = plan.dropped.first().map(|dropped| dropped.why.clone());
        assert_eq!(dropped, why, "{general:?} {of_route:?} {login:?}: {plan}");
    }
}

#[test]
fn a_sibling_comes_directly_after_its_primary_with_the_same_login() {
    let plan = planned(Siblings::On, None, Login::Subscription, false);
    assert_eq!(
        plan.to_string(),
        "opus-1 (anthropic), route main:\n\
         1. first with opus-1: the primary, with the client's own login\n\
         2. first with sonnet-1: the sibling on the same login, with the client's own login; used where the primary's model alone fails\n"
    );
}
