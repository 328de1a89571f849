//! The candidates for a request whose first candidate fails, before and after the first released byte.

use std::time::Duration;

use catalog::Dialect;
use gateway::{End, Restart, Timers};
use http_body_util::BodyExt;
use stage::{Fault, ScriptStep};
use tokio::time::{Instant, timeout};

use crate::world::{Scene, complete, question, text};

#[tokio::test(start_paused = true)]
async fn a_provider_without_headers_in_time_is_left_at_once_and_not_retried() {
    for dialect in Dialect::ALL {
        for (fault, at_most) in [
            (Fault::NoHeaders(None), Timers::default().headers),
            (
                Fault::LateFirstToken(Duration::from_secs(300)),
                Timers::default().first_content,
            ),
            // Pings and comments are not content.
            (Fault::PingsOnly, Timers::default().first_content),
        ] {
            let mut scene = Scene::with(fault.clone());
            let began = Instant::now();
            let received = text(scene.ask(dialect).await).await.unwrap();
            assert!(
                complete(dialect, &received),
                "{dialect} {fault}: {received}"
            );
            assert!(
                began.elapsed() <= at_most + Duration::from_secs(1),
                "{dialect} {fault}: {:?}",
                began.elapsed()
            );
            assert_eq!(
                scene.requested().await,
                (vec!["lead".into(), "second".into()], End::Complete),
                "{dialect} {fault}"
            );
        }
    }
}

/// Claude Code repeats a truncated stream as a document, and waits 300 s for it (measured).
#[tokio::test(start_paused = true)]
async fn a_truncated_document_fails_over_as_a_truncated_stream_does() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::StallInTool);
        let mut body = question(dialect);
        body["stream"] = false.into();
        let began = Instant::now();
        let response = timeout(
            Duration::from_secs(3600),
            scene.send(dialect, body, |head| head),
        );
        let response = response.await.unwrap();
        assert_eq!(response.status(), 200, "{dialect}");
        let waited = began.elapsed();
        assert!(waited < Duration::from_secs(100), "{dialect}: {waited:?}");
        let received = timeout(Duration::from_secs(3600), text(response));
        assert!(received.await.unwrap().is_ok(), "{dialect}");
        let (requested, end) = timeout(Duration::from_secs(3600), scene.requested())
            .await
            .unwrap();
        assert_eq!(requested, ["lead", "second"], "{dialect}");
        assert_eq!(end, End::Complete, "{dialect}");
    }
}

/// The official libraries send in `x-stainless-timeout` how long they wait for the complete response.
#[tokio::test(start_paused = true)]
async fn a_timeout_of_a_document_fails_over_before_its_client_times_out() {
    for dialect in Dialect::ALL {
        for (fault, at_most) in [
            (Some("300"), 285),
            (Some("NOT_GIVEN"), 15 * 60),
            (None, 15 * 60),
        ] {
            let mut scene = Scene::with(Fault::NoHeaders(None));
            let mut body = question(dialect);
            body["stream"] = false.into();
            let began = Instant::now();
            let response = scene
                .send(dialect, body, |head| match fault {
                    Some(seconds) => head.header("x-stainless-timeout", seconds),
                    None => head,
                })
                .await;
            assert_eq!(response.status(), 200, "{dialect} {fault:?}");
            text(response).await.unwrap();
            let waited = began.elapsed().as_secs();
            assert!(waited <= at_most, "{dialect} {fault:?}: {waited} s");
            let (requested, end) = scene.requested().await;
            assert_eq!(requested, ["lead", "second"], "{dialect} {fault:?}");
            assert_eq!(end, End::Complete, "{dialect} {fault:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_25_the_last_candidate_may_take_longer_to_begin() {
    let mut scene = Scene::with(Fault::NoHeaders(None));
    scene
        .second
        .outage(Some(Fault::LateFirstToken(Duration::from_secs(120))));
    let received = text(scene.ask(Dialect::Anthropic).await).await.unwrap();
    assert!(complete(Dialect::Anthropic, &received), "{received}");
    assert_eq!(scene.requested().await.1, End::Complete);
}

#[tokio::test(start_paused = true)]
async fn an_idle_timeout_aborts_the_body_before_any_client_times_out() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::Stall {
            after: 2,
            lasting: None,
        });
        let began = Instant::now();
        let read = text(scene.ask(dialect).await).await;
        assert!(read.is_err(), "{dialect}: {read:?}");
        assert!(
            began.elapsed() < Duration::from_secs(300),
            "clients give up at 300 s: {:?}",
            began.elapsed()
        );
        assert_eq!(
            scene.requested().await,
            (vec!["lead".into()], End::Cut),
            "{dialect}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_in_the_stream_before_any_content_fails_over() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::ErrorEventFirst);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
        assert_eq!(
            scene.requested().await.0,
            ["lead", "lead", "second"],
            "{dialect}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_within_the_content_is_never_a_clean_end() {
    for dialect in Dialect::ALL {
        for fault in [
            Fault::ErrorEvent,
            Fault::MalformedEvent,
            Fault::CutInText,
            Fault::CleanCloseInText,
            Fault::CutBeforeFinal,
            Fault::CleanCloseBeforeFinal,
        ] {
            let mut scene = Scene::with(fault.clone());
            scene.restarts(Restart::Never);
            let read = text(scene.ask(dialect).await).await;
            assert!(read.is_err(), "{dialect} {fault}: {read:?}");
            assert_eq!(scene.requested().await.1, End::Cut, "{dialect} {fault}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_18_a_200_that_is_no_answer_goes_to_the_next() {
    for dialect in Dialect::ALL {
        for fault in [Fault::EmptyOk, Fault::HtmlOk, Fault::JsonErrorOk] {
            let mut scene = Scene::with(fault.clone());
            let received = text(scene.ask(dialect).await).await.unwrap();
            assert!(
                complete(dialect, &received),
                "{dialect} {fault}: {received}"
            );
            assert_eq!(
                scene.requested().await.0.last().unwrap(),
                "second",
                "{dialect} {fault}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_response_fails_over_and_is_passed_on_if_the_next_is_empty_too() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::NothingToActOn);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
        let (requested, end) = scene.requested().await;
        assert_eq!(requested, ["lead", "second"], "{dialect}");
        assert_eq!(end, End::Complete, "{dialect}");

        let mut scene = Scene::with(Fault::NothingToActOn);
        scene.second.outage(Some(Fault::NothingToActOn));
        let received = text(scene.ask(dialect).await).await;
        assert!(received.is_ok(), "{dialect}: a clean end, {received:?}");
        let (requested, end) = scene.requested().await;
        assert_eq!(requested, ["lead", "second"], "{dialect}");
        assert_eq!(end, End::Complete, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_message_stop_is_supplied_once() {
    for fault in [Fault::MissingTerminal, Fault::StallAfterStop] {
        let mut scene = Scene::with(fault.clone());
        let began = Instant::now();
        let received = text(scene.ask(Dialect::Anthropic).await).await.unwrap();
        assert!(
            complete(Dialect::Anthropic, &received),
            "{fault}: {received}"
        );
        assert!(
            began.elapsed() <= Timers::default().grace + Duration::from_secs(1),
            "{fault}: {:?}",
            began.elapsed()
        );
        assert_eq!(
            scene.requested().await,
            (vec!["lead".into()], End::Complete),
            "{fault}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn trap_23_a_failing_model_is_skipped_and_used_again_within_thirty_seconds_of_its_recovery() {
    let mut scene = Scene::with("503".parse().unwrap());
    for _ in 0..2 {
        text(scene.ask(Dialect::OpenaiChat).await).await.unwrap();
        assert_eq!(scene.requested().await.0.last().unwrap(), "second");
    }
    text(scene.ask(Dialect::OpenaiChat).await).await.unwrap();
    assert_eq!(scene.requested().await.0, ["second"], "the breaker is open");
    scene.lead.outage(None);
    tokio::time::sleep(Duration::from_secs(30)).await;
    text(scene.ask(Dialect::OpenaiChat).await).await.unwrap();
    assert_eq!(
        scene.requested().await.0,
        ["lead"],
        "half-open, and well again"
    );
    text(scene.ask(Dialect::OpenaiChat).await).await.unwrap();
    assert_eq!(scene.requested().await.0, ["lead"]);
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_at_any_point_ends_the_exchange_once() {
    // While the upstream sends nothing, and while its response streams.
    let mut scene = Scene::with(Fault::NoHeaders(None));
    let waited = tokio::time::timeout(Duration::from_secs(3), scene.ask(Dialect::Anthropic)).await;
    assert!(waited.is_err());
    assert_eq!(
        scene.requested().await,
        (vec!["lead".into()], End::ClientLeft)
    );

    let mut scene = Scene::new();
    scene.lead.cue(ScriptStep {
        fault: Some(Fault::Drip(Duration::from_secs(1))),
        ..ScriptStep::default()
    });
    let mut body = scene.ask(Dialect::Anthropic).await.into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert_eq!(
        scene.requested().await,
        (vec!["lead".into()], End::ClientLeft)
    );
    assert_eq!(scene.gateway.open_exchanges(), 0);
    assert!(scene.reports.try_recv().is_err(), "once");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_after_the_last_event_received_everything() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        let mut body = scene.ask(dialect).await.into_body();
        let mut received = String::new();
        while !complete(dialect, &received) {
            let frame = body.frame().await.unwrap().unwrap();
            received += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
        }
        drop(body);
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}
