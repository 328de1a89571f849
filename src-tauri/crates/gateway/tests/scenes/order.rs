//! The order of candidates, and the error that the client gets if all fail.

use std::time::Duration;

use catalog::{Dialect, EndpointId};
use gateway::{CandidateRule, Dialed, End, Restart};
use http::StatusCode;
use stage::{Fault, Stage};
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, sleep};

use crate::world::{Scene, complete, question, text};

/// Refusals of a fallback that concern the request or its own account, not the primary.
const REFUSALS: [&str; 7] = [
    "400",
    "400-policy",
    "400-context",
    "401",
    "404",
    "413",
    "429-quota",
];

async fn two_failed_requests(scene: &mut Scene, dialect: Dialect) {
    for _ in 0..2 {
        text(scene.ask(dialect).await).await.unwrap();
        scene.ended().await;
    }
    let lead = EndpointId::new("lead");
    let open = |b: &gateway::BreakerView| b.endpoint == lead && !b.standing.admits();
    assert!(scene.gateway.breakers().iter().any(open));
}

/// The fallback supports only this dialect.
fn second_speaks(scene: &Scene, dialect: Dialect) {
    scene.change(|config| {
        let second = config
            .endpoints
            .get_mut(&EndpointId::new("second"))
            .unwrap();
        second.endpoint.paths.retain(|spoken, _| *spoken == dialect);
        second.endpoint.preferred = Some(dialect);
        second.endpoint.max_output = Some(1_000);
    });
}

#[tokio::test(start_paused = true)]
async fn a_refused_fallback_leads_to_the_next_candidate_and_the_cooling_primary_gets_the_request() {
    for dialect in Dialect::ALL {
        for spoken in Dialect::ALL {
            for refusal in REFUSALS {
                for streamed in [true, false] {
                    let mut scene = Scene::with("529".parse().unwrap());
                    second_speaks(&scene, spoken);
                    scene.second.outage(Some(refusal.parse().unwrap()));
                    two_failed_requests(&mut scene, dialect).await;
                    scene.lead.outage(None);
                    let mut body = question(dialect);
                    body["stream"] = streamed.into();
                    let response = scene.send(dialect, body, |head| head).await;
                    assert_eq!(response.status(), 200, "{dialect} {spoken} {refusal}");
                    text(response).await.unwrap();
                    let (requested, end) = scene.requested().await;
                    assert_eq!(
                        requested.last().unwrap(),
                        "lead",
                        "{dialect} {spoken} {refusal}"
                    );
                    assert_eq!(end, End::Complete, "{dialect} {spoken} {refusal}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_the_client_gets_the_primarys_error_in_any_order() {
    for dialect in Dialect::ALL {
        for spoken in Dialect::ALL {
            for refusal in REFUSALS {
                let mut scene = Scene::with("529".parse().unwrap());
                second_speaks(&scene, spoken);
                scene.second.outage(Some(refusal.parse().unwrap()));
                two_failed_requests(&mut scene, dialect).await;
                let response = scene.ask(dialect).await;
                assert_eq!(
                    response.status().as_u16(),
                    529,
                    "{dialect} {spoken} {refusal}"
                );
                let provider = response.headers()["x-understudy-provider"].clone();
                assert_eq!(provider, "lead", "{dialect} {spoken} {refusal}");
                text(response).await.unwrap();
                assert_eq!(scene.requested().await.1, End::Exhausted);
            }
        }
    }
}

/// One exchange may send at most six requests: the last one goes to the cooling primary.
#[tokio::test(start_paused = true)]
async fn many_failing_fallbacks_leave_one_attempt_for_the_primary() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::status(503));
        scene.change(|config| {
            let second = config.endpoints[&EndpointId::new("second")].clone();
            for id in ["third", "fourth"] {
                let mut more = second.clone();
                more.endpoint.id = id.into();
                more.endpoint.base = format!("http://{id}.test");
                config.endpoints.insert(id.into(), more);
            }
            for route in &mut config.routes {
                let more = ["third", "fourth"].map(|id| CandidateRule::new(id.into()));
                route.candidates.extend(more);
            }
        });
        two_failed_requests(&mut scene, dialect).await;
        scene.second.outage(Some(Fault::status(500)));
        scene.lead.outage(None);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
        let (requested, _) = scene.requested().await;
        assert_eq!(requested.len(), 6, "{dialect}: {requested:?}");
        assert_eq!(requested[5], "lead", "{dialect}: {requested:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_context_too_long_fails_over_to_every_candidate_with_a_larger_or_unknown_window() {
    for dialect in Dialect::ALL {
        for (lead, second, check_session) in [
            (None, None, true),
            (Some(200_000), None, true),
            (Some(200_000), Some(1_000_000), true),
            // The error itself names a window of 128,000 or 200,000 tokens.
            (None, Some(1_000_000), true),
            (None, Some(100_000), false),
            (Some(1_000_000), Some(250_000), true),
            (Some(200_000), Some(100_000), false),
        ] {
            let mut scene = Scene::with("400-context".parse().unwrap());
            scene.windows(lead, second);
            let response = scene.ask(dialect).await;
            let status = response.status();
            text(response).await.unwrap();
            let (requested, _) = scene.requested().await;
            let expected: &[&str] = if check_session {
                &["lead", "second"]
            } else {
                &["lead"]
            };
            assert_eq!(requested, expected, "{dialect} {lead:?} {second:?}");
            let expected = if check_session { 200 } else { 400 };
            assert_eq!(status.as_u16(), expected, "{dialect} {lead:?} {second:?}");
        }
    }
}

/// The primary's context error is reported if the larger candidate fails in another way: the agent compacts because of it.
#[tokio::test(start_paused = true)]
async fn the_primarys_overflow_is_reported_where_the_larger_candidate_is_down() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with("400-context".parse().unwrap());
        scene.second.outage(Some(Fault::status(503)));
        let response = scene.ask(dialect).await;
        assert_eq!(response.status(), 400, "{dialect}");
        text(response).await.unwrap();
        assert_eq!(scene.requested().await.1, End::CallersFault, "{dialect}");
    }
}

/// The primary accepts a request, sends nothing for this time and closes the connection.
fn hanging_up_after(wait: Duration, second: &Stage) -> Scene {
    let stage = second.clone();
    let connect = gateway::connect(move |uri: http::Uri| {
        let (lead, stage) = (uri.host() == Some("lead.test"), stage.clone());
        async move {
            let (ours, mut theirs) = tokio::io::duplex(1 << 16);
            tokio::spawn(async move {
                if !lead {
                    stage.serve_connection(theirs).await;
                    return;
                }
                let mut some = [0; 16];
                // The request's content does not matter.
                let _ = theirs.read(&mut some).await;
                sleep(wait).await;
            });
            Ok(Dialed::pipe(ours))
        }
    });
    Scene::dialling(Stage::any_model(), second.clone(), connect)
}

#[tokio::test(start_paused = true)]
async fn a_long_attempt_that_the_provider_ends_is_not_repeated_while_another_candidate_is_left() {
    for dialect in Dialect::ALL {
        for streamed in [true, false] {
            for (lasts, expected) in [
                (14, &["lead", "lead", "second"][..]),
                (15, &["lead", "second"]),
                (29, &["lead", "second"]),
            ] {
                let mut scene = hanging_up_after(Duration::from_secs(lasts), &Stage::any_model());
                let began = Instant::now();
                let mut body = question(dialect);
                body["stream"] = streamed.into();
                let response = scene.send(dialect, body, |head| head).await;
                assert_eq!(response.status(), 200, "{dialect} {lasts}");
                text(response).await.unwrap();
                let (requested, _) = scene.requested().await;
                assert_eq!(
                    requested, expected,
                    "{dialect} {lasts} s, streamed {streamed}"
                );
                let took = began.elapsed().as_secs();
                assert!(took <= lasts.max(28) + 2, "{dialect} {lasts}: {took} s");
            }
        }
    }
}

/// Clients close a stream after 300 s without an event: a retry of two minutes fits, one of four minutes does not.
#[tokio::test(start_paused = true)]
async fn the_last_candidate_is_repeated_only_where_the_time_left_exceeds_its_attempt() {
    for dialect in Dialect::ALL {
        for (lasts, attempts) in [(20, 2), (120, 2), (150, 1)] {
            let mut scene = hanging_up_after(Duration::from_secs(lasts), &Stage::any_model());
            scene.change(|config| {
                for route in &mut config.routes {
                    route.candidates.truncate(1);
                }
            });
            text(scene.ask(dialect).await).await.unwrap();
            let (requested, _) = scene.requested().await;
            assert_eq!(
                requested.len(),
                attempts,
                "{dialect} {lasts} s: {requested:?}"
            );
        }
    }
}

/// An empty response with a clean end is released if a retry has the same result: the provider answered.
#[tokio::test(start_paused = true)]
async fn an_empty_response_is_accepted_on_the_retry_whatever_the_breakers_state() {
    for dialect in Dialect::ALL {
        for streamed in [true, false] {
            let mut scene = Scene::with(Fault::status(503));
            scene.change(|config| {
                for route in &mut config.routes {
                    route.candidates.truncate(1);
                }
            });
            two_failed_requests(&mut scene, dialect).await;
            for wait in [0, 31] {
                sleep(Duration::from_secs(wait)).await;
                scene.lead.outage(Some(Fault::NothingToActOn));
                let mut body = question(dialect);
                body["stream"] = streamed.into();
                let response = scene.send(dialect, body, |head| head).await;
                assert_eq!(
                    response.status(),
                    StatusCode::OK,
                    "{dialect} after {wait} s"
                );
                text(response).await.unwrap();
                assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
            }
        }
    }
}

/// After the first block the fallback continues the primary's message; its refusal does not reach the client either.
#[tokio::test(start_paused = true)]
async fn within_a_message_a_refusal_of_the_first_fallback_leads_to_the_next() {
    let mut scene = Scene::with(Fault::CutInText);
    scene.restarts(Restart::Always);
    scene.change(|config| {
        let mut third = config.endpoints[&EndpointId::new("second")].clone();
        third.endpoint.id = "third".into();
        third.endpoint.base = "http://third.test".into();
        config.endpoints.insert("third".into(), third);
        for route in &mut config.routes {
            route.candidates.push(CandidateRule::new("third".into()));
        }
    });
    scene.second.cue(stage::ScriptStep {
        fault: Some(Fault::status(400)),
        ..stage::ScriptStep::default()
    });
    let received = text(scene.ask(Dialect::Anthropic).await).await.unwrap();
    assert!(complete(Dialect::Anthropic, &received), "{received}");
    let (requested, end) = scene.requested().await;
    assert_eq!(requested, ["lead", "second", "third"]);
    assert_eq!(end, End::Complete);
}
