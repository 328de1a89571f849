use catalog::{Auth, Equivalent, Likeness, Secret, Tier};

use super::eligible::leads_back;
use catalog::ProviderId;

use super::*;
use crate::Config;
use crate::tests::{config, endpoint, route};

fn closed(_: &EndpointId, _: &ModelId) -> Standing {
    Standing::Closed
}

static NO_LOGIN: Caller = Caller {
    kind: CallerKind::Agent,
    login: Login::None,
    rerun: false,
    client: String::new(),
};
static SUBSCRIBER: Caller = Caller {
    kind: CallerKind::Agent,
    login: Login::Subscription,
    rerun: false,
    client: String::new(),
};

fn input(model: &str, subscriber: bool) -> PlanInput<'_> {
    let caller = if subscriber { &SUBSCRIBER } else { &NO_LOGIN };
    PlanInput::any(Dialect::Anthropic, model, caller)
}

fn order(plan: &Plan) -> Vec<(&str, &str, Credential)> {
    plan.candidates
        .iter()
        .map(|c| (c.endpoint.as_str(), c.model.as_str(), c.credential))
        .collect()
}

#[test]
fn the_first_matching_route_applies_and_maps_models() {
    let plan = plan(&config(), input("claude-1", false), &closed);
    assert_eq!(plan.route, "main");
    assert_eq!(
        order(&plan),
        [
            ("first", "claude-1", Credential::OurKey),
            ("second", "other-1", Credential::OurKey),
        ]
    );
    assert_eq!(
        plan.to_string(),
        "claude-1 (anthropic), route main:\n\
         1. first with claude-1: the primary, with your key\n\
         2. second with other-1: fallback 1, with your key\n"
    );
}

#[test]
fn without_a_route_only_providers_that_serve_the_model_are_candidates() {
    let found = plan(&config(), input("solo-1", false), &closed);
    assert_eq!(found.route, "direct");
    assert_eq!(order(&found), [("second", "solo-1", Credential::OurKey)]);
    let none = plan(&config(), input("unlisted-1", false), &closed);
    assert!(none.candidates.is_empty() && none.dropped.is_empty());
}

#[test]
fn the_rehearsal_and_real_providers_never_share_a_plan() {
    let mut config = config();
    config.routes = vec![
        route("everything", "*", &[("rehearsal", None), ("first", None)]),
        route("sly", "rehearsal/*", &[("first", None)]),
    ];
    let rehearsal = plan(&config, input("rehearsal/steady", false), &closed);
    assert!(rehearsal.rehearsal);
    assert_eq!(
        order(&rehearsal),
        [("rehearsal", "rehearsal/steady", Credential::None)]
    );
    let real = plan(&config, input("claude-1", false), &closed);
    assert!(!real.rehearsal);
    assert_eq!(order(&real), [("first", "claude-1", Credential::OurKey)]);
    assert_eq!(real.dropped[0].why, Ineligible::Rehearsal);
}

#[test]
fn an_ineligible_candidate_is_dropped_with_the_reason() {
    let mut config = config();
    let mut add = |id: &str, change: &dyn Fn(&mut EndpointConfig)| {
        let mut endpoint = endpoint(id, &format!("https://{id}.test"));
        change(&mut endpoint);
        config.endpoints.insert(EndpointId::new(id), endpoint);
    };
    add("mute", &|e| e.endpoint.paths.clear());
    add("keyless", &|e| e.key = None);
    add("loop", &|e| {
        e.endpoint.base = "http://localhost:4747".to_owned()
    });
    add("bad", &|e| e.endpoint.base = "not a url".to_owned());
    add("local", &|e| {
        e.key = None;
        e.endpoint.key_env = None;
    });
    let ids = ["mute", "keyless", "loop", "bad", "gone", "local"];
    let rules: Vec<_> = ids.iter().map(|id| (*id, None)).collect();
    config.routes = vec![route("odd", "*", &rules)];
    let plan = plan(&config, input("m", false), &closed);
    assert_eq!(order(&plan), [("local", "m", Credential::None)]);
    let why: Vec<_> = plan.dropped.into_iter().map(|d| d.why).collect();
    assert_eq!(
        why,
        [
            Ineligible::Dialect(Dialect::Anthropic),
            Ineligible::NoKey {
                name: "Keyless Inc".to_owned(),
                provider: ProviderId::new("keyless")
            },
            Ineligible::Loop,
            Ineligible::BadAddress("not a url".to_owned()),
            Ineligible::Unknown,
        ]
    );
}

#[test]
fn every_address_of_this_port_is_detected() {
    let mut config = config();
    config.own_addresses = vec!["0.0.0.0:4747".parse().unwrap()];
    for (base, back) in [
        ("http://127.0.0.1:4747", true),
        ("http://127.0.0.9:4747/t/x", true),
        ("http://[::1]:4747", true),
        ("http://localhost:4747", true),
        ("http://desk.lan:4747", true),
        ("http://127.0.0.1:4748", false),
        ("https://api.first.test:4747", false),
    ] {
        assert_eq!(leads_back(&base.parse().unwrap(), &config), back, "{base}");
    }
}

#[test]
fn a_clients_login_goes_to_one_vendor_even_with_a_stored_key() {
    let mut config = config();
    for id in ["first", "second"] {
        let found = config.endpoints.get_mut(id).unwrap();
        found.endpoint.accepts_client_login = true;
    }
    config.spending.subscription_to_paid_key = crate::Consent::Yes;
    let both = plan(&config, input("claude-1", true), &closed);
    assert_eq!(
        order(&both),
        [
            ("first", "claude-1", Credential::ClientLogin),
            ("second", "other-1", Credential::OurKey),
        ]
    );
    // If a breaker puts the vendor last, the login still belongs to the vendor.
    let last = plan(&config, input("claude-1", true), &|e, _| {
        if e.as_str() == "first" {
            Standing::Probing
        } else {
            Standing::Closed
        }
    });
    assert_eq!(
        order(&last),
        [
            ("second", "other-1", Credential::OurKey),
            ("first", "claude-1", Credential::ClientLogin),
        ]
    );
    config.endpoints.get_mut("second").unwrap().key = None;
    let alone = plan(&config, input("claude-1", true), &closed);
    assert_eq!(
        order(&alone),
        [("first", "claude-1", Credential::ClientLogin)]
    );
}

#[test]
fn candidates_with_open_breakers_come_last_in_order_and_are_still_used() {
    let until = chrono::DateTime::from_timestamp(0, 0).unwrap();
    let open = Standing::Open { until };
    for (first, second, expected) in [
        (Standing::Closed, Standing::Closed, ["first", "second"]),
        (open, Standing::Closed, ["second", "first"]),
        (Standing::HalfOpen, Standing::Closed, ["first", "second"]),
        (Standing::Probing, Standing::Closed, ["second", "first"]),
        (open, open, ["first", "second"]),
    ] {
        let plan = plan(&config(), input("claude-1", false), &|e, _| {
            if e.as_str() == "first" { first } else { second }
        });
        let names: Vec<_> = plan
            .candidates
            .iter()
            .map(|c| c.endpoint.as_str())
            .collect();
        assert_eq!(names, expected, "{first:?} {second:?}");
    }
}

#[test]
fn paused_and_draining_use_only_the_primary() {
    for (paused, draining) in [(true, false), (false, true)] {
        let mut config = config();
        (config.paused, config.draining) = (paused, draining);
        let plan = plan(&config, input("claude-1", false), &|_, _| Standing::Probing);
        assert_eq!(order(&plan), [("first", "claude-1", Credential::OurKey)]);
        assert_eq!(plan.dropped[0].why, Ineligible::Paused);
    }
}

#[test]
fn patterns() {
    for (pattern, model, matches) in [
        ("claude-*", "claude-opus", true),
        ("claude-*", "claude-", true),
        ("claude-*", "gpt", false),
        ("*", "", true),
        ("*-mini", "gpt-5-mini", true),
        ("*-mini", "gpt-5-mini-x", false),
        ("a*b*c", "a-b-c", true),
        ("a*b*c", "acb", false),
        ("a*b*b", "ab", false),
        ("a*a", "a", false),
        ("gpt-5", "gpt-5", true),
        ("gpt-5", "gpt-5.1", false),
        ("**", "x", true),
    ] {
        assert_eq!(
            crate::Pattern::new(pattern).matches(model),
            matches,
            "{pattern} {model}"
        );
    }
}

#[test]
fn keys_are_never_printed() {
    let mut config = config();
    config.token = Secret::new("s3cret").into();
    let shown = format!("{config:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("key-of-first"),
        "{shown}"
    );
}

#[test]
fn a_vendors_model_id_goes_to_no_provider_that_does_not_serve_it() {
    let mut config = config();
    let mut add = |id: &str, change: &dyn Fn(&mut EndpointConfig)| {
        let mut endpoint = endpoint(id, &format!("https://{id}.test"));
        change(&mut endpoint);
        config.endpoints.insert(EndpointId::new(id), endpoint);
    };
    let model = |id: &str, vendor_model: Option<&str>| catalog::Model {
        vendor_model_id: vendor_model.map(ModelId::new),
        ..catalog::Model::new(id.into())
    };
    add("other", &|e| e.endpoint.serves = vec!["gpt-*".to_owned()]);
    add("same", &|e| e.endpoint.serves = vec!["claude-*".to_owned()]);
    add("lists", &|e| e.models = vec![model("claude-1", None)]);
    add("reseller", &|e| {
        e.models = vec![model("maker/claude.1", Some("claude-1"))];
        e.endpoint.serves = vec!["*/*".to_owned()];
    });
    add("twin", &|e| {
        e.endpoint.serves = vec!["gpt-*".to_owned()];
        e.endpoint.provider = ProviderId::new("first");
    });
    let ids = [
        "first", "other", "same", "lists", "reseller", "twin", "second",
    ];
    let rules: Vec<_> = ids
        .iter()
        .map(|id| (*id, (*id == "second").then_some("their-own")))
        .collect();
    config.routes = vec![route("all", "*", &rules)];
    let found = plan(&config, input("claude-1-20260101", false), &closed);
    let sent: Vec<_> = found
        .candidates
        .iter()
        .map(|c| (c.endpoint.as_str(), c.model.as_str()))
        .collect();
    assert_eq!(
        sent,
        [
            ("first", "claude-1-20260101"),
            ("same", "claude-1-20260101"),
            ("lists", "claude-1-20260101"),
            ("reseller", "maker/claude.1"),
            ("twin", "claude-1-20260101"),
            ("second", "their-own"),
        ]
    );
    assert_eq!(found.dropped[0].why, Ineligible::OtherModels);
    assert!(found.to_string().contains("name the model to use instead"));
    // For an entire pattern, a provider that serves any part of it counts.
    let pattern = plan(&config, input("claude-\u{2026}", false), &closed);
    assert_eq!(pattern.candidates.len(), 6, "{pattern}");
}

#[test]
fn a_paid_key_for_a_subscription_needs_consent() {
    use crate::{Consent, Spending, UsedUp};
    let mut config = config();
    let first = config.endpoints.get_mut("first").unwrap();
    first.endpoint.accepts_client_login = true;
    let spending = |consent, used_up| Spending {
        subscription_to_paid_key: consent,
        used_up,
        for_limits: false,
    };
    let used_up = UsedUp {
        cap: catalog::MicroDollars(10_000_000),
        spent: catalog::MicroDollars(10_020_000),
    };
    let why = |spending: Spending, subscription: bool| {
        let config = Config {
            spending,
            ..config.clone()
        };
        let input = input("claude-1", subscription);
        plan(&config, input, &closed)
            .dropped
            .first()
            .map(|dropped| dropped.why.to_string())
            .unwrap_or_default()
    };
    assert!(why(spending(Consent::Ask, None), true).contains("needs your consent"));
    assert!(why(spending(Consent::No, None), true).contains("have refused"));
    assert_eq!(why(spending(Consent::Yes, None), true), "");
    assert_eq!(
        why(spending(Consent::Ask, None), false),
        "",
        "a key is no subscription"
    );
    for subscription in [false, true] {
        assert_eq!(
            why(spending(Consent::Yes, Some(used_up)), subscription),
            "the daily cap of $10 for fallbacks is used up ($10.02)"
        );
    }
    for (general, own, expected) in [
        (Consent::Ask, Consent::Yes, ""),
        (Consent::Yes, Consent::No, "have refused"),
        (Consent::Yes, Consent::Ask, ""),
    ] {
        let mut config = config.clone();
        config.spending = spending(general, None);
        for route in &mut config.routes {
            route.subscription_to_paid_key = own;
        }
        let input = input("claude-1", true);
        let dropped = plan(&config, input, &closed).dropped;
        let why: String = dropped
            .iter()
            .map(|dropped| dropped.why.to_string())
            .collect();
        assert_eq!(
            (why.is_empty(), why.contains(expected)),
            (expected.is_empty(), true),
            "{why}"
        );
    }
    // The primary is not a fallback, and a candidate without cost is always allowed.
    let second = config.endpoints.get_mut("second").unwrap();
    second.endpoint.auth = Auth::None;
    config.spending = spending(Consent::No, Some(used_up));
    assert_eq!(
        plan(&config, input("claude-1", true), &closed)
            .candidates
            .len(),
        2
    );
}

#[test]
fn a_fallback_gets_the_request_for_its_own_equivalent_model() {
    let of = |of: &str, model: &str, likeness| Equivalent {
        of: of.to_owned(),
        model: model.into(),
        likeness,
    };
    let by_catalogue = vec![
        of("claude-*", "spare", Likeness::Tier(Tier::Medium)),
        of("claude-opus-*", "big", Likeness::Tier(Tier::Large)),
        of("claude-twin", "twin", Likeness::SameModel),
    ];
    let mut config = config();
    config.routes = vec![route("all", "*", &[("first", None), ("second", None)])];
    let second = EndpointId::new("second");
    config.endpoints.get_mut(&second).unwrap().endpoint.serves = vec!["gpt-*".to_owned()];
    let requested = |config: &Config, model: &str| {
        let found = plan(config, input(model, false), &closed);
        let second = found.candidates.get(1);
        second.map(|c| (c.model.to_string(), c.reason.clone()))
    };
    config.endpoints.get_mut(&second).unwrap().equivalents = by_catalogue.clone();
    for (model, expected, why) in [
        (
            "claude-opus-9",
            "big",
            "fallback 1, with your key; both of the tier \"large\"",
        ),
        (
            "claude-opus-5-20260101",
            "big",
            "fallback 1, with your key; both of the tier \"large\"",
        ),
        (
            "claude-sonnet-5",
            "spare",
            "fallback 1, with your key; both of the tier \"medium\"",
        ),
        (
            "claude-twin",
            "twin",
            "fallback 1, with your key; the same model under another id",
        ),
        ("gpt-6", "gpt-6", "fallback 1, with your key"),
    ] {
        assert_eq!(
            requested(&config, model),
            Some((expected.to_owned(), why.to_owned())),
            "{model}"
        );
    }
    assert_eq!(requested(&config, "llama"), None);
    // The owner's setting has priority over all of that, also over an id that it is known to serve.
    let mut with_owners = by_catalogue;
    with_owners.push(of("*", "mine", Likeness::Owners));
    config.endpoints.get_mut(&second).unwrap().equivalents = with_owners;
    for model in ["claude-opus-9", "claude-twin", "gpt-6", "llama"] {
        let why = "fallback 1, with your key; by your settings".to_owned();
        assert_eq!(
            requested(&config, model),
            Some(("mine".into(), why)),
            "{model}"
        );
    }
    // A candidate's own model has priority over the owner's general setting.
    config.routes = vec![route(
        "all",
        "*",
        &[("first", None), ("second", Some("named"))],
    )];
    let sent = requested(&config, "claude-opus-9").map(|(model, _)| model);
    assert_eq!(sent.as_deref(), Some("named"));
}

#[test]
fn an_unnamed_provider_follows_a_named_one_and_never_replaces_it() {
    let mut config = config();
    config.routes = vec![route("all", "*", &[("first", None), ("second", Some("m"))])];
    config.routes[0].candidates[1].only_behind = true;
    let behind = plan(&config, input("claude-1", false), &closed);
    assert_eq!(behind.candidates.len(), 2, "{behind}");
    config
        .endpoints
        .get_mut(&EndpointId::new("first"))
        .unwrap()
        .key = None;
    let alone = plan(&config, input("claude-1", false), &closed);
    assert_eq!(alone.candidates, [], "{alone}");
    assert!(matches!(alone.dropped[0].why, Ineligible::NoKey { .. }));
    assert_eq!(alone.dropped[1].why, Ineligible::NoneBefore);
}

/// Its route may be one for interactive users.
#[test]
fn a_pipelines_response_is_never_restarted_after_a_part_of_it() {
    use crate::Restart;
    let pipeline = Caller {
        kind: CallerKind::Pipeline("Leads".to_owned()),
        ..NO_LOGIN.clone()
    };
    for (written, agents, pipelines) in [
        (None, None, None),
        (
            Some(Restart::Never),
            Some(Restart::Never),
            Some(Restart::Never),
        ),
        (
            Some(Restart::AfterBlock),
            Some(Restart::AfterBlock),
            Some(Restart::AfterBlock),
        ),
        (Some(Restart::Always), Some(Restart::Always), None),
    ] {
        let mut config = config();
        config.routes[0].restart = written;
        let of = |caller| {
            plan(
                &config,
                PlanInput::any(Dialect::Anthropic, "claude-1", caller),
                &closed,
            )
        };
        assert_eq!(of(&NO_LOGIN).restart, agents);
        assert_eq!(of(&pipeline).restart, pipelines);
        config.routes[0].pipeline = Some("Leads".to_owned());
        let of = plan(&config, input("claude-1", false), &closed);
        assert_eq!(of.restart, pipelines, "a route of a pipeline");
    }
}
