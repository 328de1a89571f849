//! Providers that time out: how long their clients wait, and that a slow but healthy provider gets its time.

use std::time::Duration;

use catalog::{Dialect, EndpointId, ModelId, ProviderId};
use gateway::{End, Standing};
use health::CallOutcome;
use http::StatusCode;
use stage::Fault;
use tokio::time::{Instant, advance, sleep};

use crate::by_hand::{Beat, STREAM, always, first_content, raw, recorded};
use crate::world::{Scene, complete, question, text};

const NO_HEADERS: Fault = Fault::NoHeaders(None);

fn both(fault: Fault) -> Scene {
    let scene = Scene::with(fault.clone());
    scene.second.outage(Some(fault));
    scene
}

/// One attempt of an agent with an error, and its waiting time.
async fn refused(scene: &mut Scene, dialect: Dialect) -> u64 {
    let began = Instant::now();
    let response = scene.ask(dialect).await;
    assert!(response.status().is_server_error(), "{dialect}");
    let received = text(response).await.unwrap();
    assert!(received.contains("\"error\""), "{dialect}: {received}");
    assert_eq!(scene.requested().await.1, End::Exhausted, "{dialect}");
    began.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn two_providers_that_time_out_cost_an_agent_one_long_wait_and_then_short_ones() {
    for fault in [NO_HEADERS, Fault::LateFirstToken(Duration::from_secs(3600))] {
        for dialect in Dialect::ALL {
            let mut scene = both(fault.clone());
            scene.change(|config| {
                config.timers.headers = Duration::from_secs(60);
                config.timers.first_content = Duration::from_secs(60);
            });
            let first = refused(&mut scene, dialect).await;
            assert!(first < 270, "{dialect}: clients give up at 300 s: {first}");
            let since = Instant::now();
            let mut waits = Vec::new();
            while since.elapsed() < Duration::from_secs(240) {
                waits.push(refused(&mut scene, dialect).await);
                sleep(Duration::from_secs(1)).await;
            }
            // The primary may be slow once more; then both are known.
            assert!(
                waits[0] <= 90 && waits[1..].iter().all(|wait| *wait <= 60) && waits.len() >= 3,
                "{dialect} {fault:?}: {first}, then {waits:?}"
            );
        }
    }
}

/// Evidence of a timeout counts for five minutes.
#[tokio::test(start_paused = true)]
async fn a_slow_response_has_the_long_timeout_again_five_minutes_after_the_last_one() {
    for dialect in Dialect::ALL {
        let mut scene = both(NO_HEADERS);
        refused(&mut scene, dialect).await;
        let timed_out_at = Instant::now();
        scene.lead.outage(Some("503".parse().unwrap()));
        let slow = Fault::LateFirstToken(Duration::from_secs(170));
        scene.second.outage(Some(slow));
        // A shorter attempt in the meantime proves nothing.
        let waited = refused(&mut scene, dialect).await;
        assert!(waited <= 50, "{dialect}: {waited} s");
        sleep((timed_out_at + Duration::from_secs(301)) - Instant::now()).await;
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_successful_probe_restores_the_usual_timeout() {
    for dialect in Dialect::ALL {
        let mut scene = both(NO_HEADERS);
        refused(&mut scene, dialect).await;
        let slow = Fault::LateFirstToken(Duration::from_secs(170));
        scene.second.outage(Some(slow));
        let ok = CallOutcome::Ok {
            ttft_ms: None,
            total_ms: 900,
        };
        let (provider, endpoint) = (ProviderId::new("second"), EndpointId::new("second"));
        scene
            .gateway
            .probed(&provider, &endpoint, &ModelId::new("m"), &ok);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
    }
}

/// Without another candidate the usual timeout applies.
#[tokio::test(start_paused = true)]
async fn the_only_provider_has_its_usual_timeout_whatever_is_known() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(NO_HEADERS);
        scene.change(|config| {
            for route in &mut config.routes {
                route.candidates.truncate(1);
            }
        });
        assert_eq!(refused(&mut scene, dialect).await, 180, "{dialect}");
        let slow = Fault::LateFirstToken(Duration::from_secs(40));
        scene.lead.outage(Some(slow));
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
    }
}

/// Other failures are no evidence about the duration of a response.
#[tokio::test(start_paused = true)]
async fn an_open_breaker_does_not_shorten_timeouts() {
    for dialect in Dialect::ALL {
        let mut scene = both("503".parse().unwrap());
        for _ in 0..2 {
            refused(&mut scene, dialect).await;
        }
        let closed = scene
            .gateway
            .breakers()
            .iter()
            .any(|breaker| breaker.standing == Standing::Closed);
        assert!(!closed, "both are open");
        let slow = Fault::LateFirstToken(Duration::from_secs(170));
        scene.second.outage(Some(slow));
        let response = scene.ask(dialect).await;
        assert_eq!(response.status(), StatusCode::OK, "{dialect}");
        assert!(
            complete(dialect, &text(response).await.unwrap()),
            "{dialect}"
        );
    }
}

/// Two timeouts are enough if there is another candidate.
#[tokio::test(start_paused = true)]
async fn the_third_request_after_two_timeouts_goes_to_the_fallback_at_once() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(NO_HEADERS);
        let mut waits = Vec::new();
        for _ in 0..3 {
            let began = Instant::now();
            let received = text(scene.ask(dialect).await).await.unwrap();
            assert!(complete(dialect, &received), "{dialect}");
            waits.push(began.elapsed().as_secs());
            scene.requested().await;
        }
        assert_eq!(waits, [30, 30, 0], "{dialect}");
    }
}

/// A document may take minutes before its first byte; only its client's own timeout limits it.
#[tokio::test(start_paused = true)]
async fn a_slow_document_is_never_a_timeout() {
    for dialect in Dialect::ALL {
        let mut scene = both(NO_HEADERS);
        refused(&mut scene, dialect).await;
        let slow = Fault::NoHeaders(Some(Duration::from_secs(600)));
        scene.second.outage(Some(slow));
        let mut body = question(dialect);
        body["stream"] = false.into();
        let response = scene
            .send(dialect, body, |head| {
                head.header("x-stainless-timeout", "20")
            })
            .await;
        assert_eq!(response.status(), StatusCode::OK, "{dialect}");
        text(response).await.unwrap();
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}

/// SIGSTOP, a debugger, a machine that is too busy: all deadlines have passed when the process continues, and the response that
/// arrived meanwhile is unread.
#[tokio::test(start_paused = true)]
async fn a_process_that_was_stopped_cuts_no_healthy_response() {
    for dialect in Dialect::ALL {
        let events = recorded(dialect, "text");
        let begun = first_content(dialect) + 1;
        let kinds = [
            ("before the headers", 0, false),
            ("before the first content", 1, false),
            ("in the middle", begun, false),
            ("in the middle, while the response is held", begun, true),
        ];
        for (when, sent, held) in kinds {
            let mut beats = Vec::new();
            let wait = || Beat::Wait(Duration::from_secs(20));
            let (first, rest) = events.split_at(sent);
            match first {
                [] => beats.extend([wait(), raw(STREAM)]),
                first => beats.extend([raw(STREAM), raw(first.concat()), wait()]),
            }
            beats.push(raw(rest.concat()));
            let (mut scene, requests) = always(beats);
            if held {
                scene.verified();
            }
            let frozen = async {
                while requests.count() == 0 {
                    tokio::task::yield_now().await;
                }
                // The paused clock moves only once every task waits.
                tokio::time::sleep(Duration::from_secs(1)).await;
                advance(Duration::from_secs(260)).await;
            };
            let asking = async { text(scene.ask(dialect).await).await };
            let (received, ()) = tokio::join!(asking, frozen);
            let received = received.unwrap_or_else(|_| panic!("{dialect} {when}: aborted"));
            assert!(complete(dialect, &received), "{dialect} {when}: {received}");
            let (requested, end) = scene.requested().await;
            assert_eq!(
                (requested, end),
                (vec!["lead".into()], End::Complete),
                "{dialect} {when}"
            );
        }
    }
}
