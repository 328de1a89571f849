//! A promise is stored before it is made: the id of a parked request, and the records of pipelines under load.

use std::pin::pin;
use std::time::Duration;

use catalog::Dialect;
use gateway::{Body, End, Review};
use http::request::Builder;
use http::{Response, Version};
use serde_json::json;
use stage::Fault;
use tokio::time::{sleep, timeout};

use crate::world::{Scene, question, text};

fn tagged(head: Builder) -> Builder {
    head.header("x-understudy-pipeline", "Leads")
        .header("x-understudy-item", "17")
}

async fn lead_mail(scene: &Scene, dialect: Dialect, streamed: bool) -> Response<Body> {
    let mut body = question(dialect);
    body["stream"] = json!(streamed);
    scene.send(dialect, body, tagged).await
}

fn failing() -> Scene {
    let scene = Scene::with("503".parse().unwrap());
    scene.second.outage(Some("503".parse().unwrap()));
    scene
}

#[tokio::test(start_paused = true)]
async fn the_id_of_a_parked_request_is_sent_only_after_it_is_stored() {
    for dialect in Dialect::ALL {
        for streamed in [false, true] {
            let mut scene = failing();
            let held = scene.records.hold_reports().await;
            {
                let mut asking = pin!(lead_mail(&scene, dialect, streamed));
                let early = timeout(Duration::from_secs(12), &mut asking).await;
                assert!(early.is_err(), "{dialect}: the id came before the item");
                drop(held);
                let response = asking.await;
                assert!(response.headers().contains_key("x-understudy-review-id"));
                assert!(text(response).await.unwrap().contains("review queue"));
            }
            let exchange = scene.ended().await;
            assert_eq!(exchange.end, End::Exhausted);
            assert!(matches!(exchange.review, Some(Review::Parked(_))));
            assert_eq!(
                (scene.gateway.open_exchanges(), scene.gateway.pending()),
                (0, 0)
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_stored_gets_no_id_and_an_error_with_the_reason() {
    for dialect in Dialect::ALL {
        for slow in [false, true] {
            let scene = failing();
            let held = match slow {
                true => Some(scene.records.hold_reports().await),
                false => {
                    scene.records.lose();
                    None
                }
            };
            let response = lead_mail(&scene, dialect, false).await;
            assert!(response.status().is_server_error(), "{dialect}");
            assert!(!response.headers().contains_key("x-understudy-review-id"));
            let received = text(response).await.unwrap();
            let why = match slow {
                true => "The ledger does not respond.",
                false => "The disk is full.",
            };
            assert!(
                received.contains("could not store this request"),
                "{received}"
            );
            assert!(received.contains(why), "{received}");
            assert!(!received.contains("waits in"), "{received}");
            drop(held);
        }
    }
}

/// The keep-alives of a checked stream begin before the error is known.
#[tokio::test(start_paused = true)]
async fn an_error_event_names_the_item_only_after_it_is_stored() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        scene.verified();
        scene.change(|config| {
            config.timers.headers = Duration::from_secs(20);
            config.timers.first_content = Duration::from_secs(20);
        });
        for stage in [&scene.lead, &scene.second] {
            stage.outage(Some(Fault::NoHeaders(None)));
        }
        let response = lead_mail(&scene, dialect, true).await;
        assert_eq!(response.status(), 200, "{dialect}");
        scene.records.lose();
        let mut body = response.into_body();
        let mut received = Vec::new();
        while let Some(Ok(frame)) = http_body_util::BodyExt::frame(&mut body).await {
            received.extend_from_slice(&frame.into_data().unwrap());
        }
        let received = String::from_utf8(received).unwrap();
        assert!(
            received.contains("could not store this request"),
            "{dialect}: {received}"
        );
        assert!(!received.contains("waits in"), "{dialect}: {received}");
    }
}

/// More than the channel holds.
#[tokio::test(start_paused = true)]
async fn a_stalled_disk_loses_no_record_of_a_pipeline() {
    let mut scene = Scene::new();
    let held = scene.records.hold_reports().await;
    let dialect = Dialect::OpenaiChat;
    let requests = (0..40).map(|n| {
        let mut body = question(dialect);
        body["stream"] = json!(false);
        body["user"] = json!(n.to_string());
        let scene = &scene;
        async move { text(scene.send(dialect, body, tagged).await).await.unwrap() }
    });
    futures_util::future::join_all(requests).await;
    assert!(scene.gateway.pending() > 0);
    drop(held);
    for _ in 0..40 {
        scene.ended().await;
    }
    assert_eq!(scene.gateway.dropped_reports(), 0);
    assert_eq!(
        (scene.gateway.open_exchanges(), scene.gateway.pending()),
        (0, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn requests_without_a_record_are_counted() {
    let scene = Scene::new().of_agent();
    for _ in 0..200 {
        text(scene.ask(Dialect::Anthropic).await).await.unwrap();
    }
    // The channel has room for 256 reports and no reader.
    assert_eq!(scene.gateway.dropped_reports(), 400 - 256);
    assert_eq!(scene.gateway.unrecorded(), 200 - 128);
}

/// Such a client gets its response in one connection, so the request cannot continue for a later one.
#[tokio::test(start_paused = true)]
async fn a_pipelines_request_that_cannot_continue_without_its_client_is_parked() {
    for dialect in Dialect::ALL {
        for streamed in [false, true] {
            let mut scene = Scene::new();
            scene
                .lead
                .outage(Some(Fault::NoHeaders(Some(Duration::from_secs(100)))));
            let mut body = question(dialect);
            body["stream"] = json!(streamed);
            let old = |head: Builder| tagged(head).version(Version::HTTP_10);
            let asking = scene.send(dialect, body, old);
            assert!(timeout(Duration::from_secs(20), asking).await.is_err());
            let exchange = scene.ended().await;
            assert_eq!(exchange.end, End::ClientLeft, "{dialect}");
            let parked = matches!(exchange.review, Some(Review::Parked(_)));
            assert!(parked, "{dialect}: {:?}", exchange.review);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pipelines_client_that_leaves_before_its_key_is_checked_leaves_a_parked_request() {
    let mut scene = Scene::new();
    let busy = scene.records.busy().await;
    let mut body = question(Dialect::OpenaiChat);
    body["stream"] = json!(false);
    let keyed = |head: Builder| tagged(head).header("idempotency-key", "k");
    let asking = scene.send(Dialect::OpenaiChat, body, keyed);
    assert!(timeout(Duration::from_secs(5), asking).await.is_err());
    drop(busy);
    let exchange = scene.ended().await;
    assert_eq!(exchange.end, End::ClientLeft);
    assert!(matches!(exchange.review, Some(Review::Parked(_))));
    assert!(scene.lead.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_count_of_tokens_is_not_parked() {
    let mut scene = failing();
    scene.change(|config| {
        for route in &mut config.routes {
            route.pipeline = Some("Leads".to_owned());
        }
    });
    let counted = scene.count_tokens(&question(Dialect::Anthropic)).await;
    assert!(!counted.headers().contains_key("x-understudy-review-id"));
    text(counted).await.unwrap();
    assert_eq!(scene.ended().await.review, None);
    sleep(Duration::from_secs(1)).await;
}
