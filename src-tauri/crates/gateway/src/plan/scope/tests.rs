use std::collections::BTreeSet;

use catalog::{Dialect, EndpointId};

use super::super::{Login, Plan, PlanInput, plan};
use super::*;
use crate::Standing;
use crate::tests::config;

fn planned(caller: CallerKind, change: impl Fn(&mut Config)) -> Plan {
    let mut config = config();
    change(&mut config);
    let caller = Caller {
        kind: caller,
        login: Login::None,
        rerun: false,
        client: String::new(),
    };
    let input = PlanInput::any(Dialect::Anthropic, "claude-1", &caller);
    plan(&config, input, &|_, _| Standing::Closed)
}

fn leads() -> CallerKind {
    CallerKind::Pipeline("Leads".into())
}

#[test]
fn a_request_stays_within_its_scope_and_may_always_use_its_primary() {
    let only_second = || Scope::Endpoints(BTreeSet::from([EndpointId::new("second")]));
    let nowhere = || Scope::Endpoints(BTreeSet::new());
    type Change<'a> = &'a dyn Fn(&mut Config);
    let unnamed: Change<'_> = &|c| c.routes[0].candidates[1].named = false;
    let table: &[(CallerKind, Change<'_>, bool)] = &[
        // Agents may use any endpoint with a key; pipelines and applications those that the route names.
        (CallerKind::Agent, &|_| {}, true),
        (CallerKind::Agent, unnamed, true),
        (CallerKind::Application, &|_| {}, true),
        (CallerKind::Application, unnamed, false),
        (leads(), &|_| {}, true),
        (leads(), unnamed, false),
        // The owner's setting: the pipeline's, then the route's, then the general one.
        (
            leads(),
            &|c| {
                c.routes[0].candidates[1].named = false;
                c.may_go_to = Some(Scope::Any);
            },
            true,
        ),
        (
            leads(),
            &|c| {
                c.may_go_to = Some(Scope::Any);
                c.routes[0].may_go_to = Some(Scope::SameVendor);
            },
            false,
        ),
        (
            leads(),
            &|c| {
                c.routes[0].may_go_to = Some(Scope::SameVendor);
                c.pipelines.insert("Leads".into(), only_second());
            },
            true,
        ),
        (
            leads(),
            &|c| drop(c.pipelines.insert("Leads".into(), nowhere())),
            false,
        ),
        // Another pipeline's setting.
        (
            leads(),
            &|c| drop(c.pipelines.insert("Invoices".into(), nowhere())),
            true,
        ),
        // An agent's request on a pipeline's route counts as the pipeline's.
        (
            CallerKind::Agent,
            &|c| {
                c.routes[0].pipeline = Some("Leads".into());
                c.pipelines.insert("Leads".into(), nowhere());
            },
            false,
        ),
        (
            CallerKind::Agent,
            &|c| c.may_go_to = Some(Scope::SameVendor),
            true,
        ),
        (
            CallerKind::Agent,
            &|c| c.routes[0].may_go_to = Some(Scope::SameVendor),
            false,
        ),
        (
            CallerKind::Application,
            &|c| c.may_go_to = Some(Scope::SameVendor),
            false,
        ),
        // Another endpoint of the same provider.
        (
            leads(),
            &|c| {
                c.routes[0].may_go_to = Some(Scope::SameVendor);
                let second = c.endpoints.get_mut("second").unwrap();
                second.endpoint.provider = "first".into();
            },
            true,
        ),
    ];
    for (at, (caller, change, goes)) in table.iter().enumerate() {
        let plan = planned(caller.clone(), change);
        assert_eq!(
            plan.candidates[0].endpoint.as_str(),
            "first",
            "{at}: {plan}"
        );
        assert_eq!(plan.candidates.len() == 2, *goes, "{at} {caller:?}: {plan}");
        let excluded = plan.dropped.first().map(|dropped| dropped.why.to_string());
        assert_eq!(
            excluded.is_some_and(|why| why.contains("may not go to Second Inc")),
            !goes,
            "{at}: {plan}"
        );
    }
}
