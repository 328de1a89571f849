//! A stop: what is in flight ends with its last bytes, and what was promised is stored.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use gateway::{Body, End, Review};
use http::request::Builder;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use stage::{Fault, ScriptStep};
use tokio::time::{sleep, timeout};

use crate::world::{Scene, question, text};

fn document(dialect: Dialect) -> Value {
    let mut body = question(dialect);
    body["stream"] = json!(false);
    body
}

fn late(scene: &Scene, seconds: u64) {
    scene.lead.cue(ScriptStep::fault(Fault::NoHeaders(Some(
        Duration::from_secs(seconds),
    ))));
}

/// The first piece of a stream that then stalls.
async fn begun(scene: &Scene, dialect: Dialect) -> (Bytes, Body) {
    scene.lead.cue(ScriptStep::fault(Fault::Stall {
        after: 3,
        lasting: None,
    }));
    let mut body = scene.ask(dialect).await.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    (first, body)
}

#[tokio::test(start_paused = true)]
async fn an_open_stream_is_aborted_and_recorded() {
    for dialect in Dialect::ALL {
        for agent in [false, true] {
            let mut scene = match agent {
                true => Scene::new().of_agent(),
                false => Scene::new(),
            };
            let (_, body) = begun(&scene, dialect).await;
            scene.gateway.cut_off();
            let rest = timeout(Duration::from_secs(2), body.collect()).await;
            assert!(
                rest.unwrap().is_err(),
                "{dialect}: it must not look complete"
            );
            assert_eq!(scene.ended().await.end, End::Cut, "{dialect}");
            assert_eq!(scene.gateway.open_exchanges(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_client_gets_an_error_that_names_the_stop() {
    for dialect in Dialect::ALL {
        for pipeline in [false, true] {
            for key in [false, true] {
                let mut scene = Scene::new();
                late(&scene, 100);
                let head = |head: Builder| {
                    let head = match pipeline {
                        true => head.header("x-understudy-pipeline", "Leads"),
                        false => head.header("x-session-id", "s"),
                    };
                    match key {
                        true => head.header("idempotency-key", "k"),
                        false => head,
                    }
                };
                let asking = scene.send(dialect, document(dialect), head);
                let stop = async {
                    sleep(Duration::from_secs(5)).await;
                    scene.gateway.cut_off();
                };
                let (response, ()) = tokio::join!(asking, stop);
                assert_eq!(response.status(), 503, "{dialect} {pipeline} {key}");
                let review = response.headers().contains_key("x-understudy-review-id");
                assert_eq!(review, pipeline, "{dialect} {key}");
                let received = text(response).await.unwrap();
                assert!(received.contains("the engine is stopping"), "{received}");
                let exchange = scene.ended().await;
                let parked = matches!(exchange.review, Some(Review::Parked(_)));
                assert_eq!(parked, pipeline, "{dialect} {key}");
                assert_eq!(exchange.attempts.len(), 1);
                sleep(Duration::from_secs(2)).await;
                let open = (scene.gateway.open_exchanges(), scene.gateway.pending());
                assert_eq!(open, (0, 0), "{dialect} {pipeline} {key}");
            }
        }
    }
}

/// Its exchange has ended, and its response is not stored yet.
#[tokio::test(start_paused = true)]
async fn a_stop_waits_until_a_keyed_response_is_stored_and_read() {
    for dialect in Dialect::ALL {
        for streamed in [false, true] {
            let mut scene = Scene::new();
            late(&scene, 5);
            let mut body = question(dialect);
            body["stream"] = json!(streamed);
            let asking = async {
                let response = scene
                    .send(dialect, body, |head| head.header("idempotency-key", "k"))
                    .await;
                text(response).await.unwrap()
            };
            let looking = async {
                sleep(Duration::from_secs(2)).await;
                let busy = scene.records.busy().await;
                sleep(Duration::from_secs(8)).await;
                assert_eq!(scene.gateway.open_exchanges(), 0, "{dialect} {streamed}");
                assert!(scene.gateway.pending() > 0, "{dialect} {streamed}");
                drop(busy);
            };
            let (received, ()) = tokio::join!(asking, looking);
            assert!(!received.is_empty());
            scene.ended().await;
            sleep(Duration::from_secs(1)).await;
            assert_eq!(scene.gateway.pending(), 0, "{dialect} {streamed}");
            assert_eq!(scene.lead.received().len(), 1);
        }
    }
}
