//! A small environment for the tests of this crate: two endpoints, a route from the first to the second, and the rehearsal.

use std::collections::BTreeMap;

use catalog::{Auth, Dialect, Endpoint, EndpointId, ModelId, Secret};

use crate::{CandidateRule, Config, EndpointConfig, Limits, Pattern, Route, Timers};

pub(crate) fn endpoint(id: &str, base: &str) -> EndpointConfig {
    let mut name = id.to_owned();
    name[..1].make_ascii_uppercase();
    EndpointConfig {
        endpoint: Endpoint {
            auth: Auth::Bearer,
            key_env: Some(format!("{}_KEY", id.to_ascii_uppercase())),
            serves: Vec::new(),
            families: catalog::Families::new("house"),
            ..Endpoint::new(id.into(), id.into(), base, Dialect::ALL)
        },
        product: name.clone(),
        name: format!("{name} Inc"),
        key: Some(Secret::new(format!("key-of-{id}"))),
        rehearsal: false,
        models: Vec::new(),
        equivalents: Vec::new(),
        tiers: BTreeMap::new(),
    }
}

pub(crate) fn route(name: &str, models: &str, candidates: &[(&str, Option<&str>)]) -> Route {
    Route {
        name: name.to_owned(),
        dialect: Dialect::Anthropic,
        models: Pattern::new(models),
        candidates: candidates
            .iter()
            .map(|(endpoint, model)| CandidateRule {
                endpoint: EndpointId::new(endpoint),
                model: model.map(ModelId::new),
                only_behind: false,
                named: true,
            })
            .collect(),
        strict: None,
        exact: false,
        delivery: None,
        restart: None,
        pipeline: None,
        demand: None,
        subscription_to_paid_key: crate::Consent::Ask,
        may_go_to: None,
        sibling: None,
        client_waits: None,
    }
}

pub(crate) fn config() -> Config {
    let first = endpoint("first", "https://api.first.test");
    let mut second = endpoint("second", "https://api.second.test");
    second.endpoint.serves = vec!["solo-*".to_owned()];
    let mut rehearsal = endpoint(catalog::REHEARSAL, "http://rehearsal.invalid");
    rehearsal.endpoint.auth = Auth::None;
    rehearsal.endpoint.key_env = None;
    rehearsal.key = None;
    rehearsal.rehearsal = true;
    let all = [first, second, rehearsal].map(|e| (e.endpoint.id.clone(), e));
    Config {
        token: Secret::new("t0ken").into(),
        allowed_hosts: vec!["desk.lan".to_owned()],
        allowed_origins: vec!["https://flows.example".to_owned()],
        routes: vec![route(
            "main",
            "claude-*",
            &[("first", None), ("second", Some("other-1"))],
        )],
        endpoints: BTreeMap::from(all),
        timers: Timers::default(),
        limits: Limits::default(),
        rules: Default::default(),
        spending: Default::default(),
        may_go_to: None,
        pipelines: BTreeMap::new(),
        client_waits: BTreeMap::new(),
        sibling: Default::default(),
        keep_tool_arguments: false,
        keep_conversations: true,
        paused: false,
        announce: false,
        use_now: BTreeMap::new(),
        drill: None,
        draining: false,
        own_addresses: vec!["127.0.0.1:4747".parse().unwrap()],
    }
}
