//! A test of one fallback: only it gets requests, in the form of real ones, and the exchange is reported only to the test.

use catalog::{Auth, Dialect, EndpointId, MicroDollars, ModelId, Secret};
use gateway::{Consent, End, Exchange, Ineligible, Pin, Report, Scope, UsedUp};
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use stage::Fault;
use tokio::sync::mpsc;

use crate::world::{Scene, question, text};

fn second() -> (EndpointId, ModelId) {
    (EndpointId::new("second"), ModelId::new("m"))
}

/// The status and the body of a pinned request, and its exchange.
async fn pinned(scene: &Scene, body: &Value) -> (u16, String, Exchange) {
    let (endpoint, model) = second();
    let (reports, mut reported) = mpsc::channel(8);
    let request = Request::post(Dialect::Anthropic.default_path())
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("x-understudy-token", "token")
        .extension(Pin::new(endpoint, model, reports))
        .body(Full::new(body.to_string().into()));
    let response = scene.gateway.handle(request.unwrap()).await;
    let status = response.status().as_u16();
    let received = text(response).await.unwrap_or_default();
    loop {
        match reported.recv().await.unwrap() {
            Report::Ended(exchange) => return (status, received, *exchange),
            Report::Began(_) | Report::Unfetched(_) => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_pinned_candidate_gets_the_request_and_only_the_test_gets_the_result() {
    let mut scene = Scene::new();
    let (status, _, exchange) = pinned(&scene, &question(Dialect::Anthropic)).await;
    assert_eq!((status, &exchange.end), (200, &End::Complete));
    assert_eq!(exchange.attempts.len(), 1);
    assert_eq!(exchange.attempts[0].endpoint, second().0);
    assert_eq!(
        (scene.lead.received().len(), scene.second.received().len()),
        (0, 1)
    );
    assert!(scene.reports.try_recv().is_err());
    assert_eq!(scene.gateway.open_exchanges(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_failed_pinned_candidate_is_not_failed_over() {
    let scene = Scene::new();
    scene.second.outage(Some(Fault::status(503)));
    let (status, _, exchange) = pinned(&scene, &question(Dialect::Anthropic)).await;
    assert_eq!((status, &exchange.end), (503, &End::Exhausted));
    assert!(exchange.attempts.iter().all(|a| a.endpoint == second().0));
    assert_eq!(scene.lead.received().len(), 0);
}

/// The user may repeat a test, also one that fails; nothing is parked, and the route's demand does not apply.
#[tokio::test(start_paused = true)]
async fn a_test_is_not_a_storm_is_not_parked_and_ignores_the_routes_demand() {
    let scene = Scene::new();
    scene.change(|config| {
        for route in &mut config.routes {
            route.pipeline = Some("Leads".into());
            route.strict = Some(true);
            route.demand = Some(gateway::Demand::Json);
        }
    });
    let body = question(Dialect::Anthropic);
    assert_eq!(pinned(&scene, &body).await.2.end, End::Complete);
    scene.second.outage(Some(Fault::status(400)));
    for _ in 0..40 {
        let (status, _, exchange) = pinned(&scene, &body).await;
        assert_ne!(status, 429, "{exchange:?}");
        assert_eq!(exchange.review, None);
        assert!(!matches!(exchange.end, End::TurnedAway(_)), "{exchange:?}");
    }
}

/// The plan for a test contains only the pinned candidate, states this for all others, and needs no client's login.
#[tokio::test(start_paused = true)]
async fn a_pinned_plan_states_why_it_has_no_other_candidate() {
    let scene = Scene::new();
    scene.change(|config| {
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.endpoint.accepts_client_login = true;
        lead.endpoint.auth = Auth::XApiKey;
        let second = config
            .endpoints
            .get_mut(&EndpointId::new("second"))
            .unwrap();
        second.endpoint.auth = Auth::Bearer;
        second.key = Some(Secret::new("k"));
        config.spending.subscription_to_paid_key = Consent::No;
        for route in &mut config.routes {
            for rule in &mut route.candidates {
                rule.only_behind = rule.endpoint.as_str() == "second";
            }
        }
    });
    let (endpoint, model) = second();
    let plan = |endpoint: &EndpointId| {
        let gateway = &scene.gateway;
        gateway.explain_pinned(Dialect::Anthropic, "m", endpoint, &model)
    };
    let requested = plan(&endpoint);
    assert_eq!(requested.candidates.len(), 1, "{requested}");
    assert_eq!(requested.candidates[0].endpoint, endpoint);
    assert!(
        matches!(requested.dropped[..], [ref lead] if matches!(lead.why, Ineligible::NoKey { .. })),
        "{requested}"
    );
    // Only its client could use it.
    let none = plan(&EndpointId::new("lead"));
    assert!(none.candidates.is_empty(), "{none}");
    let second = none.dropped.iter().find(|one| one.endpoint == endpoint);
    assert_eq!(
        second.map(|one| one.why.clone()),
        Some(Ineligible::NotTested)
    );

    scene.change(|config| {
        let (cap, spent) = (MicroDollars(1), MicroDollars(2));
        config.spending.used_up = Some(UsedUp { cap, spent });
    });
    let capped = plan(&endpoint);
    assert!(capped.candidates.is_empty(), "{capped}");
    assert!(
        capped
            .dropped
            .iter()
            .any(|one| matches!(one.why, Ineligible::UsedUp { .. })),
        "{capped}"
    );
}

/// If the owner allows no data of a route to leave, a test sends none either.
#[tokio::test(start_paused = true)]
async fn a_test_stays_within_the_routes_scope() {
    let scene = Scene::new();
    scene.change(|config| {
        for route in &mut config.routes {
            route.may_go_to = Some(Scope::SameVendor);
        }
    });
    let (_, received, exchange) = pinned(&scene, &question(Dialect::Anthropic)).await;
    assert!(matches!(exchange.end, End::TurnedAway(_)), "{received}");
    assert_eq!(scene.second.received().len(), 0);
}

/// A sibling is tested without a failure of its primary.
#[tokio::test(start_paused = true)]
async fn a_sibling_is_tested_while_its_primary_is_healthy() {
    let scene = crate::siblings::desk(gateway::Siblings::On);
    let (reports, mut reported) = mpsc::channel(8);
    let pin = Pin::new(EndpointId::new("lead"), ModelId::new("sonnet"), reports);
    let mut body = question(Dialect::Anthropic);
    body["model"] = "opus".into();
    let request = Request::post(Dialect::Anthropic.default_path())
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("x-understudy-token", "token")
        .extension(pin)
        .body(Full::new(body.to_string().into()));
    let response = scene.gateway.handle(request.unwrap()).await;
    assert_eq!(response.status(), 200);
    text(response).await.unwrap();
    while let Some(report) = reported.recv().await {
        if let Report::Ended(exchange) = report {
            assert_eq!(exchange.attempts[0].model.as_str(), "sonnet");
            assert_eq!(exchange.attempts.len(), 1);
            return;
        }
    }
}
