//! The gateway fails over from a provider that times out before the client's own timeout. A client that disconnects earlier
//! counts by its wait.

use std::time::Duration;

use catalog::{Dialect, EndpointId};
use gateway::{CandidateRule, End, Outcome};
use serde_json::json;
use stage::Fault;
use tokio::time::{Instant, sleep, timeout};

use crate::world::{Scene, question, text};

const NO_HEADERS: Fault = Fault::NoHeaders(None);
const CHAT: Dialect = Dialect::OpenaiChat;

/// Sends one request for a document; `None`: the client disconnected after `patience`. Else the time that it waited.
async fn ask(scene: &Scene, head: &[(&'static str, &str)], patience: u64) -> Option<u64> {
    let mut body = question(CHAT);
    body["stream"] = json!(false);
    let began = Instant::now();
    let asking = scene.send(CHAT, body, |request| {
        head.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        })
    });
    let response = timeout(Duration::from_secs(patience), asking).await.ok()?;
    assert_eq!(response.status(), 200);
    assert!(
        text(response)
            .await
            .unwrap()
            .contains("\"finish_reason\":\"stop\"")
    );
    Some(began.elapsed().as_secs())
}

/// The route's candidates: the primary, and the second endpoint if there is a fallback.
fn fallback(scene: &Scene, there_is: bool) {
    let ids = if there_is {
        &["lead", "second"][..]
    } else {
        &["lead"]
    };
    let rules = ids
        .iter()
        .map(|id| CandidateRule::new(EndpointId::new(*id)));
    scene.change(|config| {
        for route in &mut config.routes {
            route.candidates = rules.clone().collect();
        }
    });
}

/// n8n's nodes and the libraries below them: each gets the fallback's response before its timeout, and the next request does
/// not wait again.
#[tokio::test(start_paused = true)]
async fn a_timeout_fails_over_while_a_known_client_still_waits() {
    for (head, patience) in [
        (&[("user-agent", "n8n")][..], 300),
        (
            &[
                ("user-agent", "langchainjs-openai/1.0.0 (node/v24)"),
                ("openai-platform", "n8n"),
            ][..],
            600,
        ),
        (&[("user-agent", "OpenAI/JS 6.49.0")][..], 300),
        (
            &[
                ("user-agent", "OpenAI/JS 6.49.0"),
                ("x-stainless-timeout", "60"),
            ][..],
            60,
        ),
        (
            &[
                ("user-agent", "axios/1.0"),
                ("x-understudy-pipeline", "Leads"),
            ][..],
            60,
        ),
    ] {
        let mut scene = Scene::with(NO_HEADERS);
        scene.change(|config| {
            config
                .client_waits
                .insert("Leads".into(), Duration::from_secs(60));
        });
        let waited = ask(&scene, head, patience)
            .await
            .unwrap_or_else(|| panic!("{head:?} left"));
        assert_eq!(waited, patience - 15, "{head:?}");
        let (requested, end) = scene.requested().await;
        assert_eq!(
            (&*requested, end),
            (&["lead".to_owned(), "second".to_owned()][..], End::Complete)
        );
        // It is suspect now.
        let again = ask(&scene, head, patience).await.unwrap();
        assert!(again <= patience / 2, "{head:?}: {again}");
    }
}

/// After three clients have timed out, the fourth gets a response.
#[tokio::test(start_paused = true)]
async fn three_equal_disconnects_show_a_clients_timeout() {
    let pipeline = [("x-understudy-pipeline", "Leads")];
    for of_pipeline in [&[][..], &pipeline] {
        let scene = Scene::with(NO_HEADERS);
        let head = |item| {
            [
                &[("user-agent", "axios/1.0"), ("x-understudy-item", item)],
                of_pipeline,
            ]
            .concat()
        };
        for (item, patience) in [("1", 60), ("2", 61), ("3", 60)] {
            assert_eq!(
                ask(&scene, &head(item), patience).await,
                None,
                "{of_pipeline:?}"
            );
            sleep(Duration::from_secs(1)).await;
        }
        let waited = ask(&scene, &head("4"), 60).await;
        let waited = waited.unwrap_or_else(|| panic!("{of_pipeline:?} left"));
        assert!(waited <= 45, "{of_pipeline:?}: {waited}");
    }
}

/// Another path, another client, or disconnects after three different waits prove nothing.
#[tokio::test(start_paused = true)]
async fn unequal_disconnects_show_nothing() {
    let scene = Scene::with(NO_HEADERS);
    let head = &[("user-agent", "axios/1.0")][..];
    for patience in [20, 60, 40] {
        assert_eq!(ask(&scene, head, patience).await, None);
    }
    assert_eq!(ask(&scene, head, 60).await, None);
}

/// The breaker and the next request's timeout use this evidence.
#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_after_its_known_patience_counts_as_a_provider_timeout() {
    for (patience, counts) in [(300, true), (299, true), (290, false), (12, false)] {
        let mut scene = Scene::with(NO_HEADERS);
        fallback(&scene, false);
        let head = &[("user-agent", "n8n")][..];
        assert_eq!(ask(&scene, head, patience).await, None);
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::ClientLeft);
        let outcome = &exchange.attempts[0].outcome;
        match counts {
            true => assert!(
                matches!(outcome, Outcome::Failed { message, .. } if message.contains("client disconnected")),
                "{patience}: {outcome:?}"
            ),
            false => assert_eq!(*outcome, Outcome::ClientLeft, "{patience}"),
        }
        fallback(&scene, true);
        let next = ask(&scene, head, 300).await.unwrap();
        assert!(
            if counts { next <= 150 } else { next == 285 },
            "{patience}: {next}"
        );
    }
}

/// A stream's client that disconnects within the usual time of a slow first token is no evidence against the provider.
#[tokio::test(start_paused = true)]
async fn a_disconnect_before_the_headers_timer_is_no_evidence_for_a_stream() {
    for (patience, counts) in [(61, true), (59, false)] {
        let mut scene = Scene::with(NO_HEADERS);
        scene.change(|config| config.timers.headers = Duration::from_secs(60));
        fallback(&scene, false);
        let asking = scene.ask(CHAT);
        assert!(
            timeout(Duration::from_secs(patience), asking)
                .await
                .is_err()
        );
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::ClientLeft);
        let left = exchange.attempts[0].outcome == Outcome::ClientLeft;
        assert_eq!(
            left, !counts,
            "{patience}: {:?}",
            exchange.attempts[0].outcome
        );
    }
}

/// A model that thinks for four minutes is healthy, and the gateway waits for it.
#[tokio::test(start_paused = true)]
async fn a_slow_but_healthy_provider_is_not_failed_over() {
    let slow = Fault::NoHeaders(Some(Duration::from_secs(250)));
    let mut scene = Scene::with(slow);
    for _ in 0..3 {
        let waited = ask(&scene, &[("user-agent", "n8n")], 300).await;
        assert_eq!(waited, Some(250));
        assert_eq!(scene.requested().await.0, ["lead"]);
    }
}
