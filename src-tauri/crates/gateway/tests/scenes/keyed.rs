//! Requests with an idempotency key: each runs once, and each repetition gets its response.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use gateway::{Body, End};
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use stage::{Fault, ScriptStep};
use tokio::time::Instant;

use crate::delivery::delivered;
use crate::world::{Scene, complete, question, text};

async fn keyed(scene: &Scene, dialect: Dialect, key: &str, body: Value) -> Response<Body> {
    scene
        .send(dialect, body, |head| head.header("idempotency-key", key))
        .await
}

fn document(dialect: Dialect) -> Value {
    let mut body = question(dialect);
    body["stream"] = json!(false);
    body
}

fn replayed(response: &Response<Body>) -> bool {
    response
        .headers()
        .get("idempotency-replayed")
        .is_some_and(|value| value == "true")
}

/// The client's view of a response.
async fn received(response: Response<Body>) -> (StatusCode, Option<String>, Bytes) {
    let status = response.status();
    let kind = response.headers().get("content-type").cloned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (
        status,
        kind.map(|kind| kind.to_str().unwrap().to_owned()),
        body,
    )
}

/// Slow enough that a second request arrives before its end.
fn slow() -> ScriptStep {
    ScriptStep {
        fault: Some(Fault::Drip(Duration::from_millis(200))),
        ..ScriptStep::default()
    }
}

#[tokio::test(start_paused = true)]
async fn concurrent_equal_requests_run_once_and_get_the_same_bytes() {
    for dialect in Dialect::ALL {
        for body in [question(dialect), document(dialect)] {
            let scene = Scene::new();
            scene.lead.cue(slow());
            let ask = || async {
                let response = keyed(&scene, dialect, "k", body.clone()).await;
                (replayed(&response), received(response).await)
            };
            let (first, second, third) = tokio::join!(ask(), ask(), ask());
            assert_eq!((first.0, second.0, third.0), (false, true, true));
            assert_eq!(first.1.0, StatusCode::OK);
            assert_eq!(first.1, second.1, "{dialect}");
            assert_eq!(first.1, third.1, "{dialect}");
            assert_eq!(scene.lead.received().len(), 1, "{dialect} {body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_equal_request_gets_the_stored_response_byte_for_byte() {
    for dialect in Dialect::ALL {
        for body in [question(dialect), document(dialect)] {
            let mut scene = Scene::new();
            let first = received(keyed(&scene, dialect, "k", body.clone()).await).await;
            assert_eq!(scene.ended().await.attempts.len(), 1);
            let again = keyed(&scene, dialect, "k", body.clone()).await;
            assert!(replayed(&again), "{dialect} {body}");
            assert_eq!(received(again).await, first, "{dialect} {body}");
            let exchange = scene.ended().await;
            assert_eq!((exchange.attempts.len(), exchange.end), (0, End::Replayed));
            assert_eq!(scene.lead.received().len(), 1, "{dialect} {body}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_key_with_another_body_is_refused_at_once_and_for_a_day() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        scene.lead.cue(slow());
        let mut other = question(dialect);
        other["temperature"] = json!(0.5);
        let first = keyed(&scene, dialect, "k", question(dialect)).await;
        let during = keyed(&scene, dialect, "k", other.clone()).await;
        assert_eq!(during.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let sentence: Value = serde_json::from_str(&text(during).await.unwrap()).unwrap();
        let message = sentence["error"]["message"].as_str().unwrap();
        assert!(message.contains("belongs to another request"), "{sentence}");
        assert!(complete(dialect, &text(first).await.unwrap()));
        let after = keyed(&scene, dialect, "k", other.clone()).await;
        assert_eq!(after.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let fresh = keyed(&scene, dialect, "k2", other).await;
        assert_eq!(fresh.status(), StatusCode::OK);
        assert_eq!(scene.lead.received().len(), 2, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_does_not_depend_on_the_name_of_its_route() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        let first = received(keyed(&scene, dialect, "k", question(dialect)).await).await;
        scene.change(|config| {
            for route in &mut config.routes {
                route.name = "renamed".into();
            }
        });
        let again = keyed(&scene, dialect, "k", question(dialect)).await;
        assert!(replayed(&again), "{dialect}");
        assert_eq!(received(again).await, first, "{dialect}");
        let mut other = question(dialect);
        other["temperature"] = json!(0.5);
        let refused = keyed(&scene, dialect, "k", other).await;
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(scene.lead.received().len(), 1, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_belongs_to_one_operation() {
    let scene = Scene::new();
    let [first, second] = [Dialect::Anthropic, Dialect::OpenaiChat];
    received(keyed(&scene, first, "k", question(first)).await).await;
    let refused = keyed(&scene, second, "k", question(second)).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(scene.lead.received().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_does_not_stop_a_keyed_request() {
    for dialect in Dialect::ALL {
        for (fault, read) in [
            (Fault::NoHeaders(Some(Duration::from_secs(10))), false),
            (Fault::Drip(Duration::from_secs(1)), true),
        ] {
            let mut scene = Scene::new();
            scene.lead.cue(ScriptStep {
                fault: Some(fault),
                ..ScriptStep::default()
            });
            let asking = keyed(&scene, dialect, "k", question(dialect));
            if read {
                let mut body = asking.await.into_body();
                body.frame().await.unwrap().unwrap();
            } else {
                let waited = tokio::time::timeout(Duration::from_secs(3), asking).await;
                assert!(waited.is_err());
            }
            assert_eq!(scene.ended().await.end, End::Complete);
            let again = keyed(&scene, dialect, "k", question(dialect)).await;
            assert!(replayed(&again));
            assert!(complete(dialect, &text(again).await.unwrap()));
            assert_eq!(scene.lead.received().len(), 1, "{dialect}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiting_request_shares_the_failure_and_a_later_one_runs_again() {
    for dialect in Dialect::ALL {
        let scene = Scene::with("503".parse().unwrap());
        scene.second.outage(Some("503".parse().unwrap()));
        let ask = || async { received(keyed(&scene, dialect, "k", question(dialect)).await).await };
        let (first, second) = tokio::join!(ask(), ask());
        assert!(first.0.is_server_error(), "{dialect}: {first:?}");
        assert_eq!(first, second, "{dialect}");
        assert_eq!(scene.lead.received().len(), 2, "{dialect}: two tries");
        scene.lead.outage(None);
        scene.second.outage(None);
        let later = keyed(&scene, dialect, "k", question(dialect)).await;
        assert!(!replayed(&later));
        assert!(complete(dialect, &text(later).await.unwrap()));
    }
}

/// During an outage users change the model, and keep the key.
#[tokio::test(start_paused = true)]
async fn a_key_without_a_response_is_free_for_another_request() {
    for dialect in Dialect::ALL {
        for fault in ["503", "400", "cut-in-text"] {
            let scene = Scene::with(fault.parse().unwrap());
            scene.second.outage(Some(fault.parse().unwrap()));
            scene.restarts(gateway::Restart::Never);
            let failed = keyed(&scene, dialect, "k", question(dialect)).await;
            // Its end does not matter.
            let _ = text(failed).await;
            scene.lead.outage(None);
            let mut other = question(dialect);
            other["model"] = json!("another");
            let received = keyed(&scene, dialect, "k", other.clone()).await;
            assert_eq!(received.status(), StatusCode::OK, "{dialect} {fault}");
            assert!(complete(dialect, &text(received).await.unwrap()));
            let first = keyed(&scene, dialect, "k", question(dialect)).await;
            assert_eq!(first.status(), StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_is_not_stored() {
    for dialect in Dialect::ALL {
        let scene = Scene::with("400".parse().unwrap());
        for requested in 1..=2 {
            let received = keyed(&scene, dialect, "k", question(dialect)).await;
            assert_eq!(received.status(), StatusCode::BAD_REQUEST, "{dialect}");
            assert!(!replayed(&received), "{dialect}");
            assert_eq!(scene.lead.received().len(), requested, "{dialect}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_truncated_response_is_an_error_for_its_twin_and_never_kept() {
    for dialect in [Dialect::OpenaiChat, Dialect::OpenaiResponses] {
        let scene = Scene::new();
        scene.lead.cue(ScriptStep {
            fault: Some(Fault::Stall {
                after: 2,
                lasting: None,
            }),
            ..ScriptStep::default()
        });
        let ask = || keyed(&scene, dialect, "k", question(dialect));
        let first = async { text(ask().await).await };
        let (first, second) = tokio::join!(first, ask());
        assert!(first.is_err(), "{dialect}: {first:?}");
        // It got keep-alives while it waited, so the error is an event, and no clean end follows it.
        assert_eq!(second.status(), StatusCode::OK);
        let (sentence, end) = delivered(second).await;
        let sentence = String::from_utf8(sentence).unwrap();
        assert!(sentence.contains("failed"), "{sentence}");
        assert!(
            end.is_err() && !complete(dialect, &sentence),
            "{dialect}: {sentence}"
        );
        let later = ask().await;
        assert!(!replayed(&later));
        assert!(complete(dialect, &text(later).await.unwrap()), "{dialect}");
        assert_eq!(scene.lead.received().len(), 2, "{dialect}");
    }
}

/// Clients with a byte timeout receive bytes every fifteen seconds, also for a repeated request.
#[tokio::test(start_paused = true)]
async fn a_twin_is_kept_alive_while_it_waits_and_then_gets_the_same_bytes() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        scene.lead.cue(ScriptStep::fault(Fault::LateFirstToken(
            Duration::from_secs(40),
        )));
        let ask = || keyed(&scene, dialect, "k", question(dialect));
        let first = async { text(ask().await).await.unwrap() };
        let twin = async {
            let began = Instant::now();
            let response = ask().await;
            assert!(replayed(&response), "{dialect}");
            let (mut received, mut waits) = (String::new(), vec![began.elapsed().as_secs()]);
            let mut body = response.into_body();
            while let Some(frame) = body.frame().await {
                let bytes = frame.unwrap().into_data().unwrap();
                received.push_str(std::str::from_utf8(&bytes).unwrap());
                waits.push(began.elapsed().as_secs());
            }
            (received, waits)
        };
        let (first, (seen, waits)) = tokio::join!(first, twin);
        assert_eq!(seen.replace(": waiting\n\n", ""), first, "{dialect}");
        assert!(complete(dialect, &first), "{dialect}");
        let longest = waits.windows(2).map(|at| at[1] - at[0]).max();
        assert!(
            waits[0] == 15 && longest <= Some(15),
            "{dialect}: {waits:?}"
        );
        let mut ends = [scene.ended().await.end, scene.ended().await.end];
        ends.sort_by_key(|end| *end == End::Replayed);
        assert_eq!(ends, [End::Complete, End::Replayed], "{dialect}");
        assert_eq!(scene.lead.received().len(), 1, "{dialect}");

        // A client of a document gets nothing before it.
        let mut scene = Scene::new();
        let slow = Fault::NoHeaders(Some(Duration::from_secs(40)));
        scene.lead.cue(ScriptStep::fault(slow));
        let ask = || keyed(&scene, dialect, "k", document(dialect));
        let (first, twin) = tokio::join!(async { received(ask().await).await }, async {
            let twin = ask().await;
            assert!(replayed(&twin));
            received(twin).await
        });
        assert_eq!(first, twin, "{dialect}");
        assert_eq!(scene.requested().await.0, ["lead"], "{dialect}");
    }
}

/// Its failure is sent as an event, and the connection breaks: a clean end would look like a response.
#[tokio::test(start_paused = true)]
async fn a_twin_that_was_kept_alive_gets_the_failure() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::NoHeaders(None));
        scene.second.outage(Some("503".parse().unwrap()));
        let ask = || keyed(&scene, dialect, "k", question(dialect));
        let (first, twin) = tokio::join!(async { received(ask().await).await }, async {
            delivered(ask().await).await
        });
        assert_eq!(first.0.as_u16() / 100, 5, "{dialect}: {first:?}");
        let (sentence, end) = (String::from_utf8(twin.0).unwrap(), twin.1);
        assert!(
            sentence.starts_with(": waiting\n\n"),
            "{dialect}: {sentence}"
        );
        assert!(
            sentence.contains("error") && end.is_err(),
            "{dialect}: {sentence}"
        );
        let ends = [scene.ended().await.end, scene.ended().await.end];
        assert_eq!(ends, [End::Exhausted, End::Exhausted], "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn differing_credentials_never_share() {
    let scene = Scene::new();
    let ask = |login: &'static str| {
        scene.send(
            Dialect::Anthropic,
            question(Dialect::Anthropic),
            move |head| {
                head.header("idempotency-key", "k")
                    .header("authorization", login)
            },
        )
    };
    for login in ["Bearer one", "Bearer two"] {
        let response = ask(login).await;
        assert!(!replayed(&response), "{login}");
        text(response).await.unwrap();
    }
    assert_eq!(scene.lead.received().len(), 2);
    assert!(replayed(&ask("Bearer one").await));
}

#[tokio::test(start_paused = true)]
async fn without_a_ledger_only_requests_without_a_key_are_answered() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        scene.records.lose();
        let refused = keyed(&scene, dialect, "k", question(dialect)).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(text(refused).await.unwrap().contains("not possible now"));
        assert_eq!(scene.lead.received().len(), 0, "nothing was asked");
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_ledger_failure_during_a_response_withholds_the_end() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        scene.lead.cue(slow());
        let first = keyed(&scene, dialect, "k", question(dialect)).await;
        scene.records.lose();
        let received = text(first).await;
        assert!(received.is_err(), "{dialect}: {received:?}");

        scene.records.heal();
        scene.lead.cue(slow());
        let asking = keyed(&scene, dialect, "d", document(dialect));
        let losing = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            scene.records.lose();
        };
        let (document_result, ()) = tokio::join!(asking, losing);
        assert_eq!(document_result.status(), StatusCode::SERVICE_UNAVAILABLE);

        scene.records.heal();
        let later = keyed(&scene, dialect, "k", question(dialect)).await;
        assert!(complete(dialect, &text(later).await.unwrap()), "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_is_released_only_after_the_response_is_on_the_disk() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        scene
            .lead
            .cue(ScriptStep::fault(Fault::Drip(Duration::from_millis(100))));
        let mut body = keyed(&scene, dialect, "k", question(dialect))
            .await
            .into_body();
        let busy = scene.records.busy().await;
        let mut received = Vec::new();
        // Longer than the response takes, shorter than the wait for the ledger.
        let reading = async {
            while let Some(frame) = body.frame().await {
                received.extend_from_slice(frame.unwrap().data_ref().unwrap());
            }
        };
        let quiet = tokio::time::timeout(Duration::from_secs(10), reading).await;
        assert!(quiet.is_err(), "the ledger is busy");
        let before = String::from_utf8(received).unwrap();
        assert!(
            !before.is_empty() && !complete(dialect, &before),
            "{before}"
        );
        drop(busy);
        let rest = body.collect().await.unwrap().to_bytes();
        let all = before + std::str::from_utf8(&rest).unwrap();
        assert!(complete(dialect, &all), "{dialect}: {all}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_too_large_to_keep_is_sent_once_and_not_run_again() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        scene.change(|config| config.limits.recorded = 100);
        scene.lead.cue(slow());
        let ask = || keyed(&scene, dialect, "k", question(dialect));
        let first = async { text(ask().await).await };
        let (first, twin) = tokio::join!(first, ask());
        assert!(complete(dialect, &first.unwrap()), "{dialect}");
        for refused in [twin, ask().await] {
            assert_eq!(refused.status(), StatusCode::CONFLICT, "{dialect}");
            assert!(text(refused).await.unwrap().contains("new key"));
        }
        assert_eq!(scene.lead.received().len(), 1, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_key_is_refused() {
    let scene = Scene::new();
    for key in ["", &"k".repeat(256), "ключ"] {
        let refused = keyed(
            &scene,
            Dialect::Anthropic,
            key,
            question(Dialect::Anthropic),
        )
        .await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{key}");
    }
    assert_eq!(scene.lead.received().len(), 0);
}
