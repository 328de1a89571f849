//! A client that closes its connection and repeats the request finds its first one still running.

use std::time::Duration;

use catalog::Dialect;
use gateway::{Body, End};
use http::Response;
use http_body_util::BodyExt;
use serde_json::json;
use stage::{Fault, ScriptStep};

use crate::world::{Scene, complete, question, text};

/// A client that is known to retry, in a separate session.
async fn ask(scene: &Scene, dialect: Dialect, session: &str) -> Response<Body> {
    scene
        .send(dialect, question(dialect), |head| {
            head.header("user-agent", "claude-cli/2.1.197 (external, sdk-cli)")
                .header("x-claude-code-session-id", session)
        })
        .await
}

fn slow(scene: &Scene) {
    scene.lead.cue(ScriptStep {
        fault: Some(Fault::Drip(Duration::from_secs(1))),
        ..ScriptStep::default()
    });
}

/// Reads the beginning of a response and closes the connection.
async fn leave(response: Response<Body>) -> String {
    let mut body = response.into_body();
    let frame = body.frame().await.unwrap().unwrap();
    String::from_utf8(frame.data_ref().unwrap().to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn trap_54_a_retry_joins_and_starts_at_the_first_byte() {
    for dialect in Dialect::ALL {
        for pause in [1, 29] {
            let mut scene = Scene::new();
            slow(&scene);
            let beginning = leave(ask(&scene, dialect, "s").await).await;
            tokio::time::sleep(Duration::from_secs(pause)).await;
            let received = text(ask(&scene, dialect, "s").await).await.unwrap();
            assert!(received.starts_with(&beginning), "{dialect}: {received}");
            assert!(complete(dialect, &received), "{dialect}: {received}");
            assert_eq!(scene.lead.received().len(), 1, "{dialect}");
            assert_eq!(
                scene.requested().await,
                (vec!["lead".into()], End::Complete)
            );
            assert_eq!(scene.gateway.open_exchanges(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_retry_joins_a_request_without_a_first_byte() {
    let scene = Scene::new();
    scene.lead.cue(ScriptStep {
        fault: Some(Fault::NoHeaders(Some(Duration::from_secs(20)))),
        ..ScriptStep::default()
    });
    let asking = ask(&scene, Dialect::Anthropic, "s");
    let waited = tokio::time::timeout(Duration::from_secs(5), asking).await;
    assert!(waited.is_err());
    // None of the clients retries earlier.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let received = text(ask(&scene, Dialect::Anthropic, "s").await)
        .await
        .unwrap();
    assert!(complete(Dialect::Anthropic, &received), "{received}");
    assert_eq!(scene.lead.received().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_open_identical_requests_are_separate() {
    let scene = Scene::new();
    slow(&scene);
    slow(&scene);
    let first = ask(&scene, Dialect::Anthropic, "s").await;
    let second = ask(&scene, Dialect::Anthropic, "s").await;
    for response in [first, second] {
        assert!(complete(Dialect::Anthropic, &text(response).await.unwrap()));
    }
    assert_eq!(scene.lead.received().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn thirty_seconds_after_a_disconnect_the_upstream_request_is_cancelled() {
    for fault in [
        Fault::Drip(Duration::from_secs(20)),
        Fault::LateFirstToken(Duration::from_secs(40)),
    ] {
        let mut scene = Scene::new();
        scene.lead.cue(ScriptStep {
            fault: Some(fault.clone()),
            ..ScriptStep::default()
        });
        let asking = async { leave(ask(&scene, Dialect::Anthropic, "s").await).await };
        let _ = tokio::time::timeout(Duration::from_secs(1), asking).await;
        assert_eq!(scene.gateway.open_exchanges(), 1, "{fault}");
        let left = tokio::time::Instant::now();
        assert_eq!(scene.ended().await.end, End::ClientLeft, "{fault}");
        assert_eq!(left.elapsed().as_secs(), 30, "{fault}");
        text(ask(&scene, Dialect::Anthropic, "s").await)
            .await
            .unwrap();
        assert_eq!(scene.lead.received().len(), 2, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_session_or_credential_or_body_does_not_join() {
    let scene = Scene::new();
    slow(&scene);
    leave(ask(&scene, Dialect::Anthropic, "s").await).await;
    text(ask(&scene, Dialect::Anthropic, "other").await)
        .await
        .unwrap();
    assert_eq!(scene.lead.received().len(), 2, "another session");
    let send = |login: &'static str, temperature: f64| {
        let mut body = question(Dialect::Anthropic);
        if temperature > 0.0 {
            body["temperature"] = json!(temperature);
        }
        scene.send(Dialect::Anthropic, body, move |head| {
            head.header("user-agent", "claude-cli/2.1.197")
                .header("x-claude-code-session-id", "s")
                .header("authorization", login)
        })
    };
    text(send("Bearer another", 0.0).await).await.unwrap();
    assert_eq!(scene.lead.received().len(), 3, "another credential");
    text(send("Bearer token", 0.5).await).await.unwrap();
    assert_eq!(scene.lead.received().len(), 4, "another body");
    text(ask(&scene, Dialect::Anthropic, "s").await)
        .await
        .unwrap();
    assert_eq!(scene.lead.received().len(), 4, "this one joins");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_got_the_last_event_starts_a_new_request() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        for _ in 0..2 {
            let mut body = ask(&scene, dialect, "s").await.into_body();
            let mut received = String::new();
            while !(complete(dialect, &received)
                && (dialect != Dialect::OpenaiChat || received.contains("[DONE]")))
            {
                let frame = body.frame().await.unwrap().unwrap();
                received += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
            }
            drop(body);
            assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
        }
        assert_eq!(scene.lead.received().len(), 2, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_fails_while_its_client_is_away_is_not_replayed() {
    for dialect in [Dialect::OpenaiChat, Dialect::OpenaiResponses] {
        let mut scene = Scene::new();
        scene.change(|config| config.timers.idle = Duration::from_secs(10));
        scene.lead.cue(ScriptStep {
            fault: Some(Fault::Stall {
                after: 2,
                lasting: None,
            }),
            ..ScriptStep::default()
        });
        leave(ask(&scene, dialect, "s").await).await;
        assert_eq!(scene.ended().await.end, End::Cut);
        let received = text(ask(&scene, dialect, "s").await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
        assert_eq!(scene.lead.received().len(), 2, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_too_large_to_keep_ends_with_its_client() {
    let mut scene = Scene::new();
    scene.change(|config| config.limits.recorded = 100);
    slow(&scene);
    leave(ask(&scene, Dialect::Anthropic, "s").await).await;
    assert_eq!(scene.ended().await.end, End::ClientLeft);
    assert_eq!(scene.gateway.lingering(), 0);
    let received = text(ask(&scene, Dialect::Anthropic, "s").await).await;
    assert!(
        complete(Dialect::Anthropic, &received.unwrap()),
        "live all the same"
    );
}

#[tokio::test(start_paused = true)]
async fn a_response_that_ended_meanwhile_is_kept_for_its_client_and_then_dropped() {
    let mut scene = Scene::new();
    slow(&scene);
    leave(ask(&scene, Dialect::OpenaiChat, "s").await).await;
    assert_eq!(scene.ended().await.end, End::Complete);
    assert_eq!(scene.gateway.lingering(), 1);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(scene.gateway.lingering(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_does_not_wait_for_disconnected_clients() {
    let mut scene = Scene::new();
    slow(&scene);
    leave(ask(&scene, Dialect::Anthropic, "s").await).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(scene.gateway.lingering(), 1);
    let received = tokio::time::Instant::now();
    scene.change(|config| config.draining = true);
    assert_eq!(scene.ended().await.end, End::ClientLeft);
    assert_eq!(received.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_document_keeps_its_length() {
    for dialect in Dialect::ALL {
        let scene = Scene::new();
        let mut body = question(dialect);
        body["stream"] = json!(false);
        for agent in ["curl/8", "Anthropic/Python 1.17.0", "OpenAI/JS 6.49.0"] {
            let head = |head: http::request::Builder| head.header("user-agent", agent);
            let received = scene.send(dialect, body.clone(), head).await;
            let length = http_body::Body::size_hint(received.body()).exact();
            let received = text(received).await.unwrap();
            assert_eq!(length, Some(received.len() as u64), "{dialect} {agent}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_request_of_an_unknown_client_ends_with_its_disconnect() {
    let mut scene = Scene::new();
    slow(&scene);
    leave(scene.ask(Dialect::Anthropic).await).await;
    let left = tokio::time::Instant::now();
    assert_eq!(scene.ended().await.end, End::ClientLeft);
    assert_eq!(left.elapsed(), Duration::ZERO);
}
