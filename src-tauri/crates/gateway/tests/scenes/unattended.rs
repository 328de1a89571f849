//! Automations wait for a fixed time and disconnect; their requests continue, and no provider gets one twice.

use std::time::Duration;

use catalog::{Auth, Dialect, EndpointId, Secret};
use gateway::{End, Report, Rerun, Review, Unfetched};
use http::{Response, StatusCode};
use serde_json::{Value, json};
use stage::{Fault, ScriptStep};
use tokio::time::{sleep, timeout};

use crate::world::{Scene, question, text};

fn document(dialect: Dialect) -> Value {
    let mut body = question(dialect);
    body["stream"] = json!(false);
    body
}

async fn lead_mail(scene: &Scene, dialect: Dialect, body: Value) -> Response<gateway::Body> {
    let named = |head: http::request::Builder| {
        head.header("x-understudy-pipeline", "Leads")
            .header("x-understudy-item", "17")
    };
    scene.send(dialect, body, named).await
}

/// The primary answers after this time, once.
fn late(scene: &Scene, seconds: u64) {
    let no_headers = Fault::NoHeaders(Some(Duration::from_secs(seconds)));
    scene.lead.cue(ScriptStep {
        fault: Some(no_headers),
        ..ScriptStep::default()
    });
}

/// A client with a timeout of a minute.
async fn leaves_after_a_minute(scene: &Scene, dialect: Dialect, body: Value) {
    let asking = lead_mail(scene, dialect, body);
    assert!(timeout(Duration::from_secs(60), asking).await.is_err());
}

async fn unfetched(scene: &mut Scene) -> Unfetched {
    loop {
        match scene.reports.recv().await.unwrap() {
            Report::Unfetched(unfetched) => return unfetched,
            Report::Began(_) | Report::Ended(_) => {}
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_came_too_late_is_replayed_to_the_next_retry() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        late(&scene, 100);
        leaves_after_a_minute(&scene, dialect, document(dialect)).await;
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::Complete, "{dialect}");
        let Some(Review::Unfetched(parked)) = exchange.review else {
            panic!("{dialect}: {:?}", exchange.review);
        };
        let kept = unfetched(&mut scene).await;
        assert_eq!((kept.id, kept.status), (parked.id.clone(), StatusCode::OK));

        let again = lead_mail(&scene, dialect, document(dialect)).await;
        assert_eq!(again.headers()["idempotency-replayed"], "true");
        assert_eq!(text(again).await.unwrap().as_bytes(), &*kept.body);
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::Replayed);
        assert!(matches!(exchange.review, Some(Review::Answered { id, .. }) if id == parked.id));
        assert_eq!(scene.lead.received().len(), 1, "{dialect}");
        // It is delivered once: the next request with the same text is new work.
        let new = lead_mail(&scene, dialect, document(dialect)).await;
        assert!(!new.headers().contains_key("idempotency-replayed"));
        assert_eq!(scene.lead.received().len(), 2, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_during_the_first_request_joins_it() {
    for dialect in Dialect::ALL {
        for streamed in [false, true] {
            let mut scene = Scene::new();
            scene.change(|config| config.timers.headers = Duration::from_secs(300));
            scene.change(|config| config.timers.first_content = Duration::from_secs(300));
            late(&scene, 100);
            let mut body = document(dialect);
            body["stream"] = json!(streamed);
            let first = lead_mail(&scene, dialect, body.clone());
            // A stream gets keep-alives; its client disconnects meanwhile.
            let left = timeout(Duration::from_secs(60), async { text(first.await).await });
            assert!(left.await.is_err());
            sleep(Duration::from_secs(5)).await;
            let received = text(lead_mail(&scene, dialect, body).await).await.unwrap();
            assert!(!received.is_empty());
            assert_eq!(scene.lead.received().len(), 1, "{dialect} {streamed}");
            let exchange = scene.ended().await;
            assert_eq!(exchange.end, End::Complete);
            assert!(
                matches!(exchange.review, Some(Review::Answered { .. })),
                "{dialect} {streamed}"
            );
            assert_eq!(scene.gateway.open_exchanges(), 0);
            assert_eq!(scene.gateway.lingering(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_request_whose_client_has_left_is_parked() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        for stage in [&scene.lead, &scene.second] {
            let no_headers = Fault::NoHeaders(Some(Duration::from_secs(40)));
            stage.outage(Some(no_headers));
        }
        scene.change(|config| config.timers.total = Duration::from_secs(40));
        leaves_after_a_minute(&scene, dialect, document(dialect)).await;
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::Exhausted);
        assert!(
            matches!(exchange.review, Some(Review::Parked(_))),
            "{dialect}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stays_leaves_no_stored_response() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        for requested in 1..=2 {
            let response = lead_mail(&scene, dialect, document(dialect)).await;
            assert!(!response.headers().contains_key("idempotency-replayed"));
            text(response).await.unwrap();
            let exchange = scene.ended().await;
            assert!(matches!(exchange.review, Some(Review::Answered { .. })));
            assert_eq!(scene.lead.received().len(), requested);
        }
        assert_eq!(scene.gateway.lingering(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stop_parks_requests_that_run_without_their_client_and_frees_their_keys() {
    let dialect = Dialect::OpenaiChat;
    let mut scene = Scene::new();
    late(&scene, 800);
    leaves_after_a_minute(&scene, dialect, document(dialect)).await;
    scene.gateway.cut_off();
    let exchange = scene.ended().await;
    assert_eq!(exchange.end, End::ClientLeft);
    assert!(matches!(exchange.review, Some(Review::Parked(_))));

    let mut scene = Scene::new();
    late(&scene, 800);
    let keyed = |body: Value| scene.send(dialect, body, |head| head.header("idempotency-key", "k"));
    let first = keyed(document(dialect));
    assert!(timeout(Duration::from_secs(60), first).await.is_err());
    scene.gateway.cut_off();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.gateway.open_exchanges(), 0);
    scene.ended().await;
}

#[tokio::test(start_paused = true)]
async fn the_error_states_that_the_request_is_parked_and_where() {
    for dialect in Dialect::ALL {
        for fault in ["529", "503", "html", "refuse", "cut-before-headers"] {
            let Ok(fault) = fault.parse::<Fault>() else {
                continue;
            };
            let scene = Scene::with(fault.clone());
            scene.second.outage(Some(fault.clone()));
            scene.change(|config| config.own_addresses = vec!["127.0.0.1:4747".parse().unwrap()]);
            let response = lead_mail(&scene, dialect, document(dialect)).await;
            let id = response.headers()["x-understudy-review-id"]
                .to_str()
                .unwrap()
                .to_owned();
            let received: Value = serde_json::from_str(&text(response).await.unwrap()).unwrap();
            let message = received["error"]["message"].as_str().unwrap();
            let place = format!("http://127.0.0.1:4747/ui/#review/{id}");
            assert!(message.contains(&place), "{dialect} {fault:?}: {message}");
            // An agent's request is not parked.
            let response = scene.ask(dialect).await;
            assert!(!text(response).await.unwrap().contains("#review"));
        }
    }
}

/// The client sent its own login, which is not stored; for the user, a fallback with a key that no route names may answer.
#[tokio::test(start_paused = true)]
async fn a_repeated_run_uses_the_fallback_if_the_primary_needs_the_clients_login() {
    let dialect = Dialect::Anthropic;
    let mut scene = Scene::new();
    scene.change(|config| {
        let lead = config.endpoints.get_mut(&EndpointId::new("lead")).unwrap();
        lead.endpoint.accepts_client_login = true;
        lead.endpoint.auth = Auth::XApiKey;
        lead.endpoint.key_env = Some("LEAD_KEY".into());
        let second = config
            .endpoints
            .get_mut(&EndpointId::new("second"))
            .unwrap();
        second.endpoint.auth = Auth::Bearer;
        second.key = Some(Secret::new("kept"));
        config.may_go_to = Some(gateway::Scope::Any);
        for route in &mut config.routes {
            route.candidates[1].only_behind = true;
        }
    });
    let without_login = lead_mail(&scene, dialect, document(dialect)).await;
    assert!(
        without_login.status().is_client_error(),
        "no provider can get the request"
    );
    scene.ended().await;
    let request = http::Request::post("/v1/messages")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("x-understudy-token", "token")
        .header("x-understudy-pipeline", "Leads")
        .extension(Rerun::default())
        .body(http_body_util::Full::new(bytes::Bytes::from(
            document(dialect).to_string(),
        )));
    let response = scene.gateway.handle(request.unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    text(response).await.unwrap();
    assert_eq!(
        scene.requested().await,
        (vec!["second".to_owned()], End::Complete)
    );
}
