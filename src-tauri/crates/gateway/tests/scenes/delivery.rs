//! When a client gets the bytes that have arrived.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use gateway::{Aborted, Body, Delivery, End, Restart, Timers};
use http::{Response, Version};
use http_body_util::BodyExt;
use serde_json::json;
use stage::{Fault, ScriptStep, ScriptedPart};
use tokio::time::{Instant, timeout};
use wire::{BodyEnd, Completion, Framing, StepKind, Validator};

use crate::world::{Scene, complete, question, question_with_tool, text};

fn bash(command: &str) -> ScriptedPart {
    ScriptedPart::Tool {
        name: "Bash".to_owned(),
        input: json!({ "command": command }),
    }
}

/// A response with text and a call, and a fault.
fn tool_call(fault: Option<Fault>) -> ScriptStep {
    ScriptStep {
        fault,
        ..ScriptStep::answer([ScriptedPart::Text("I will look.".to_owned()), bash("ls")])
    }
}

/// All released bytes, and the end.
pub(crate) async fn delivered(response: Response<Body>) -> (Vec<u8>, Result<(), Aborted>) {
    let mut body = response.into_body();
    let mut delivered = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => delivered.extend_from_slice(frame.data_ref().unwrap()),
            Err(aborted) => return (delivered, Err(aborted)),
        }
    }
    (delivered, Ok(()))
}

/// True if the client has received the event that starts a tool.
fn starts_a_tool(dialect: Dialect, delivered: &[u8]) -> bool {
    let mut steps = Vec::new();
    Validator::new(dialect, Framing::Stream).push(delivered, &mut steps);
    steps.iter().any(|step| step.kind == StepKind::ToolClose)
}

pub(crate) fn is_complete(dialect: Dialect, delivered: &[u8]) -> bool {
    let mut validator = Validator::new(dialect, Framing::Stream);
    validator.push(delivered, &mut Vec::new());
    validator.judge(BodyEnd::Clean) == Completion::Complete
}

#[tokio::test(start_paused = true)]
async fn no_tool_call_is_released_before_the_completion_check() {
    for dialect in Dialect::ALL {
        for fault in [
            Fault::CutBeforeFinal,
            Fault::CleanCloseBeforeFinal,
            Fault::ErrorEventBeforeFinal,
        ] {
            let mut scene = Scene::new().of_agent();
            scene.restarts(Restart::Never);
            scene.lead.cue(tool_call(Some(fault.clone())));
            let response = scene
                .send(dialect, question_with_tool(dialect), |head| head)
                .await;
            let (delivered, end) = delivered(response).await;
            assert!(
                !delivered.is_empty(),
                "{dialect} {fault}: the text is shown at once"
            );
            assert!(!starts_a_tool(dialect, &delivered), "{dialect} {fault}");
            assert!(end.is_err(), "{dialect} {fault}: never a clean end");
            assert_eq!(scene.requested().await.1, End::Cut, "{dialect} {fault}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_every_mode_the_released_bytes_are_the_providers() {
    for dialect in Dialect::ALL {
        let mut received: Vec<Vec<u8>> = Vec::new();
        for delivery in [Delivery::Live, Delivery::Guarded, Delivery::Verified] {
            let scene = Scene::new();
            scene.change(|config| {
                for route in &mut config.routes {
                    route.delivery = Some(delivery);
                }
            });
            scene.lead.cue(tool_call(None));
            let response = scene
                .send(dialect, question_with_tool(dialect), |head| head)
                .await;
            let (delivered, end) = delivered(response).await;
            assert_eq!(end, Ok(()));
            assert!(is_complete(dialect, &delivered), "{dialect} {delivery:?}");
            received.push(delivered);
        }
        assert!(
            received.iter().all(|other| *other == received[0]),
            "{dialect}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn while_a_tool_call_is_held_the_response_is_read_and_the_client_gets_keep_alives() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        scene.lead.cue(ScriptStep {
            fault: Some(Fault::Drip(Duration::from_secs(20))),
            ..ScriptStep::answer([bash("ls"), bash("pwd")])
        });
        let mut body = scene
            .send(dialect, question_with_tool(dialect), |head| head)
            .await
            .into_body();
        let (mut delivered, mut longest) = (Vec::new(), Duration::ZERO);
        loop {
            let since = Instant::now();
            let Some(frame) = body.frame().await else {
                break;
            };
            longest = longest.max(since.elapsed());
            delivered.extend_from_slice(frame.unwrap().data_ref().unwrap());
        }
        assert!(longest <= Duration::from_secs(25), "{dialect}: {longest:?}");
        assert!(is_complete(dialect, &delivered), "{dialect}");
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_verified_response_is_released_complete_or_not_at_all() {
    for dialect in Dialect::ALL {
        for fault in [
            Fault::CutInText,
            Fault::CleanCloseInText,
            Fault::ErrorEvent,
            Fault::CutBeforeFinal,
            Fault::Stall {
                after: 2,
                lasting: None,
            },
            "max-tokens".parse().unwrap(),
        ] {
            let mut scene = Scene::with(fault.clone());
            let response = scene
                .send(dialect, question(dialect), |head| {
                    head.header("x-understudy-pipeline", "leads")
                })
                .await;
            let received = text(response).await.unwrap();
            assert!(
                complete(dialect, &received),
                "{dialect} {fault}: {received}"
            );
            let (requested, end) = scene.requested().await;
            assert_eq!(requested.last().unwrap(), "second", "{dialect} {fault}");
            assert_eq!(end, End::Complete, "{dialect} {fault}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_a_verified_response_gets_comments_and_then_all_of_it() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        scene
            .lead
            .cue(ScriptStep::fault(Fault::Drip(Duration::from_secs(15))));
        let mut body = scene
            .send(dialect, question(dialect), |head| {
                head.header("x-understudy-pipeline", "leads")
            })
            .await
            .into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(first.starts_with(b":"), "{dialect}: a comment, {first:?}");
        let mut received = first.to_vec();
        while let Some(frame) = body.frame().await {
            received.extend_from_slice(frame.unwrap().data_ref().unwrap());
        }
        assert!(is_complete(dialect, &received), "{dialect}");
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_comment_the_failure_is_an_event_and_an_abort() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::NoHeaders(None));
        scene.second.outage(Some(Fault::status(503)));
        let response = scene
            .send(dialect, question(dialect), |head| {
                head.header("x-understudy-pipeline", "leads")
            })
            .await;
        assert_eq!(response.status(), 200, "{dialect}");
        let (received, end) = delivered(response).await;
        let received = String::from_utf8(received).unwrap();
        assert!(received.contains("error"), "{dialect}: {received}");
        assert!(end.is_err(), "{dialect}");
        assert_eq!(scene.requested().await.1, End::Exhausted, "{dialect}");
    }
}

/// Claude Code closes a stream after 300 s without an event, so the start of the call is released before the completion check.
#[tokio::test(start_paused = true)]
async fn an_agents_verified_response_is_released_after_240_seconds_without_its_tool_calls() {
    let mut scene = Scene::new();
    let words = vec!["word"; 400].join(" ");
    scene.lead.cue(ScriptStep {
        fault: Some(Fault::Drip(Duration::from_secs(8))),
        ..ScriptStep::answer([ScriptedPart::Text(words), bash("ls")])
    });
    let began = Instant::now();
    let dialect = Dialect::Anthropic;
    let mut body = scene
        .send(dialect, question_with_tool(dialect), |head| {
            head.header("x-understudy-pipeline", "leads")
                .header("user-agent", "claude-cli/2.1.197 (external, cli)")
        })
        .await
        .into_body();
    let (mut received, mut first_event) = (Vec::new(), None);
    while let Some(frame) = body.frame().await {
        let bytes: Bytes = frame.unwrap().into_data().unwrap();
        if !bytes.starts_with(b":") {
            first_event.get_or_insert_with(|| began.elapsed());
        }
        received.extend_from_slice(&bytes);
    }
    let first_event = first_event.unwrap();
    assert!(
        (Duration::from_secs(239)..Duration::from_secs(262)).contains(&first_event),
        "{first_event:?}"
    );
    assert!(is_complete(dialect, &received));
    let exchange = scene.ended().await;
    assert_eq!((exchange.end, exchange.shown_early), (End::Complete, true));
}

#[tokio::test(start_paused = true)]
async fn before_http_1_1_a_response_is_checked_and_has_a_length() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::CutInText);
        let response = scene
            .send(dialect, question(dialect), |head| {
                head.version(Version::HTTP_10)
            })
            .await;
        let length = http_body::Body::size_hint(response.body()).exact();
        let received = text(response).await.unwrap();
        assert_eq!(length, Some(received.len() as u64), "{dialect}");
        assert!(complete(dialect, &received), "{dialect}: {received}");
        assert_eq!(scene.requested().await.1, End::Complete);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_slows_the_provider_and_causes_no_timeout() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        scene
            .lead
            .cue(ScriptStep::fault(Fault::Drip(Duration::from_secs(1))));
        let mut body = scene.ask(dialect).await.into_body();
        let mut received = body
            .frame()
            .await
            .unwrap()
            .unwrap()
            .into_data()
            .unwrap()
            .to_vec();
        // The client reads nothing for longer than the idle timeout.
        let busy = Timers::default().idle + Duration::from_secs(30);
        assert!(timeout(busy, std::future::pending::<()>()).await.is_err());
        while let Some(frame) = body.frame().await {
            received.extend_from_slice(frame.unwrap().data_ref().unwrap());
        }
        assert!(is_complete(dialect, &received), "{dialect}");
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}
