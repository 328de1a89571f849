//! A parked request runs without its client: never beside a request of its client, and its response is for its receiver.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use gateway::{End, ParkedRequest, Rerun, Review};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use ledger::{DrainedAnswer, FailedRequest, ReplayKey, Resume, ReviewRun};
use serde_json::{Value, json};
use stage::{Fault, ScriptStep};
use tokio::time::sleep;

use crate::world::{Scene, question, text};

const RESUME: &str = "https://n8n.example/webhook-waiting/7?signature=00ff";

fn document(dialect: Dialect) -> Value {
    let mut body = question(dialect);
    body["stream"] = json!(false);
    body
}

async fn request_of_client(scene: &Scene, dialect: Dialect) -> Response<gateway::Body> {
    let named = |head: http::request::Builder| {
        head.header("x-understudy-pipeline", "Leads")
            .header("x-understudy-resume", RESUME)
    };
    scene.send(dialect, document(dialect), named).await
}

/// A parked request, as the ledger stores it.
async fn parked(scene: &mut Scene, dialect: Dialect) -> ParkedRequest {
    for stage in [&scene.lead, &scene.second] {
        stage.outage(Some("503".parse::<Fault>().unwrap()));
    }
    let response = request_of_client(scene, dialect).await;
    assert!(response.headers().contains_key("x-understudy-review-id"));
    text(response).await.unwrap();
    let exchange = scene.ended().await;
    let Some(Review::Parked(parked)) = exchange.review else {
        panic!("{:?}", exchange.review);
    };
    for stage in [&scene.lead, &scene.second] {
        stage.outage(None);
    }
    scene.lead.forget_received();
    scene.second.forget_received();
    scene.records.with(|ledger| {
        let failed = FailedRequest {
            id: parked.id.clone(),
            at: chrono::DateTime::UNIX_EPOCH,
            client: "n8n".into(),
            session: None,
            dialect,
            route: "leads".into(),
            model: "lead-1".into(),
            streamed: false,
            pipeline: Some("Leads".into()),
            item: None,
            why: "503".into(),
            status: Some(503),
            headers: Vec::new(),
            body: parked.body.to_vec(),
            replay: parked.replay,
            unattended: parked.unattended.clone(),
        };
        ledger.park(&failed).unwrap();
    });
    sleep(Duration::from_secs(60)).await;
    parked
}

async fn drain(scene: &Scene, dialect: Dialect, parked: &ParkedRequest) -> Response<gateway::Body> {
    let scope = parked.unattended.run.unwrap();
    let request = Request::post(dialect.default_path())
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("x-understudy-token", "token")
        .header("x-understudy-pipeline", "Leads")
        .extension(Rerun {
            replay: Some(ReplayKey {
                scope,
                request: scope,
            }),
            drains: Some(parked.id.clone()),
        })
        .body(Full::new(parked.body.clone()));
    scene.gateway.handle(request.unwrap()).await
}

/// The primary answers after 20 s, once.
fn late(scene: &Scene) {
    scene.lead.cue(ScriptStep {
        fault: Some(Fault::NoHeaders(Some(Duration::from_secs(20)))),
        ..ScriptStep::default()
    });
}

async fn fetch(scene: &Scene, id: &str, key: &str) -> (Response<gateway::Body>, StatusCode) {
    let request = Request::get(format!("/v1/reviews/{id}"))
        .header("host", "localhost")
        .header("x-understudy-token", "token")
        .header("x-api-key", key)
        .body(Full::new(Bytes::new()));
    let response = scene.gateway.handle(request.unwrap()).await;
    let status = response.status();
    (response, status)
}

#[tokio::test(start_paused = true)]
async fn a_drained_request_settles_nothing_before_its_receiver_has_it() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        let parked = parked(&mut scene, dialect).await;
        let resume = parked.unattended.resume.clone();
        assert_eq!(resume, Some(Resume::Url(RESUME.into())));
        let response = drain(&scene, dialect, &parked).await;
        assert_eq!(response.status(), StatusCode::OK, "{dialect}");
        text(response).await.unwrap();
        let exchange = scene.ended().await;
        assert_eq!(exchange.review, Some(Review::Drained(parked.id.clone())));
        let received = &scene.lead.received()[0];
        assert!(!received.headers.contains_key("x-understudy-resume"));

        // A crash came before the response was stored with the item: the run gets the kept response, and no provider a request.
        let again = drain(&scene, dialect, &parked).await;
        assert_eq!(again.headers()["idempotency-replayed"], "true");
        text(again).await.unwrap();
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::Replayed);
        assert_eq!(exchange.review, Some(Review::Drained(parked.id.clone())));
        assert_eq!(scene.lead.received().len(), 1, "{dialect}");

        // The client's later retry gets the kept response too, and settles the item.
        let retried = request_of_client(&scene, dialect).await;
        assert_eq!(retried.headers()["idempotency-replayed"], "true");
        text(retried).await.unwrap();
        let settled = scene.ended().await.review;
        assert!(matches!(settled, Some(Review::Answered { id, .. }) if id == parked.id));
        assert_eq!(scene.lead.received().len(), 1, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_never_runs_beside_a_request_of_its_client() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        let parked = parked(&mut scene, dialect).await;
        late(&scene);
        let (client, refused) = tokio::join!(request_of_client(&scene, dialect), async {
            sleep(Duration::from_secs(5)).await;
            drain(&scene, dialect, &parked).await
        });
        assert_eq!(refused.status(), StatusCode::CONFLICT);
        let why = text(refused).await.unwrap();
        assert!(why.contains("a request of this item is open"), "{why}");
        text(client).await.unwrap();
        assert_eq!(scene.lead.received().len(), 1, "{dialect}");
        scene.ended().await;

        // The other way round: the client's retry waits for the run, and there is one request.
        scene.lead.forget_received();
        late(&scene);
        let (drained, client) = tokio::join!(drain(&scene, dialect, &parked), async {
            sleep(Duration::from_secs(5)).await;
            request_of_client(&scene, dialect).await
        });
        assert_eq!(
            (drained.status(), client.status()),
            (StatusCode::OK, StatusCode::OK)
        );
        assert_eq!(text(drained).await.unwrap(), text(client).await.unwrap());
        assert_eq!(scene.lead.received().len(), 1, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_settled_item_does_not_run() {
    let dialect = Dialect::OpenaiChat;
    let mut scene = Scene::new();
    let parked = parked(&mut scene, dialect).await;
    scene.records.with(|ledger| {
        let at = chrono::DateTime::UNIX_EPOCH;
        ledger
            .close_review(&parked.id, ledger::Closing::Done, None, at)
            .unwrap();
    });
    let refused = drain(&scene, dialect, &parked).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert!(scene.lead.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_caller_fetches_the_response_of_its_own_request() {
    let dialect = Dialect::OpenaiChat;
    let mut scene = Scene::new();
    let parked = parked(&mut scene, dialect).await;
    // The request had no key.
    let own = |id: &str| {
        let request = Request::get(format!("/t/token/v1/reviews/{id}"))
            .header("host", "localhost")
            .body(Full::new(Bytes::new()));
        scene.gateway.handle(request.unwrap())
    };
    let waiting = own(&parked.id).await;
    assert_eq!(waiting.status(), StatusCode::ACCEPTED);
    assert_eq!(waiting.headers()["retry-after"], "30");
    let (other, status) = fetch(&scene, &parked.id, "of another client").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(text(other).await.unwrap().contains("for this credential"));
    assert_eq!(
        own("0000000000000000").await.status(),
        StatusCode::NOT_FOUND
    );

    scene.records.with(|ledger| {
        let run = ReviewRun {
            at: chrono::DateTime::UNIX_EPOCH,
            status: 200,
            content_type: Some("application/json".into()),
            body: b"{\"id\":1}".to_vec(),
        };
        let answer = DrainedAnswer {
            run,
            deliver: false,
        };
        assert!(ledger.drained(&parked.id, &answer).unwrap());
    });
    for _ in 0..2 {
        let answered = own(&parked.id).await;
        assert_eq!(answered.status(), StatusCode::OK);
        assert_eq!(answered.headers()["content-type"], "application/json");
        assert_eq!(answered.headers()["cache-control"], "no-store");
        assert_eq!(text(answered).await.unwrap(), "{\"id\":1}");
    }
    for (method, token, host, status) in [
        ("POST", "token", "localhost", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "wrong", "localhost", StatusCode::FORBIDDEN),
        ("GET", "token", "evil.example", StatusCode::FORBIDDEN),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(format!("/t/{token}/reviews/{}", parked.id))
            .header("host", host)
            .body(Full::new(Bytes::new()));
        let response = scene.gateway.handle(request.unwrap()).await;
        assert_eq!(response.status(), status, "{method} {token} {host}");
    }
}
