//! What must not stop the engine: a client that leaves, an engine that ends in mid-answer.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use stage::{Cue, Fault};

use crate::desk::{Desk, Upstream, text, two_endpoints};

fn streamed() -> serde_json::Value {
    json!({ "model": "model-x", "max_tokens": 100, "stream": true, "messages": [{ "role": "user", "content": "Hello" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_cancels_the_upstream() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    lead.stage.cue(Cue {
        fault: Some(Fault::Stall {
            after: 1,
            lasting: None,
        }),
        ..Cue::default()
    });
    let response = desk.ask("/v1/messages", &streamed()).await;
    let mut body = response.bytes_stream();
    assert!(body.next().await.unwrap().is_ok());
    drop(body);
    let row = &desk.exchanges(1).await[0];
    assert_eq!(row["end"], "client_left");
    assert_eq!((lead.posts(), second.posts()), (1, 0), "no further attempt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_an_answer_in_flight_end() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    lead.stage.cue(Cue {
        fault: Some(Fault::Drip(Duration::from_millis(60))),
        ..Cue::default()
    });
    let response = desk.ask("/v1/messages", &streamed()).await;
    let mut body = response.bytes_stream();
    let mut got = body.next().await.unwrap().unwrap().to_vec();
    assert!(desk.said(&["stop"]).contains("1 open request"));
    // While it drains the port is open and passes straight through.
    assert_eq!(desk.ask("/v1/messages", &streamed()).await.status(), 200);
    while let Some(piece) = body.next().await {
        got.extend(piece.unwrap());
    }
    assert!(text(&got).contains("event: message_stop"), "{}", text(&got));
    assert!(desk.ended().success());
}

/// A keyed run goes on without its client, and here its provider never answers: the stop ends it, and its key is free.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_a_keyed_run_longer_than_its_limit() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&format!(
        "[listen]\ndrain_s = 0.3\n{}",
        two_endpoints(&lead.address, &second.address)
    ));
    desk.start();
    let keyed = |desk: &Desk, model: &str| {
        let body = json!({ "model": model, "max_tokens": 100, "messages": [{ "role": "user", "content": "Hello" }] });
        let url = format!("{}/v1/messages", desk.base());
        let request = desk.http.post(url).json(&body);
        request.header("idempotency-key", "lead-7").send()
    };
    lead.stage.outage(Some(Fault::SilentBeforeHeaders(None)));
    let waiting = tokio::spawn(keyed(&desk, "model-x"));
    while lead.posts() == 0 {
        tokio::task::yield_now().await;
    }
    assert!(desk.said(&["stop"]).contains("1 open request"));
    assert!(desk.ended().success());
    let ended = waiting.await.unwrap();
    assert!(ended.is_err() || !ended.unwrap().status().is_success());

    lead.stage.outage(None);
    desk.start();
    let afresh = keyed(&desk, "another").await.unwrap();
    assert_eq!(afresh.status(), 200);
    assert!(!afresh.headers().contains_key("idempotency-replayed"));
}
