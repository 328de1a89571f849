//! Events that must not stop the engine: a client that disconnects, an engine that is stopped during a response.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use stage::{Fault, ScriptStep};

use crate::desk::{Desk, Upstream, text, two_endpoints};

fn streamed() -> serde_json::Value {
    json!({ "model": "model-x", "max_tokens": 100, "stream": true, "messages": [{ "role": "user", "content": "Hello" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnect_cancels_the_upstream_request() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    lead.stage.cue(ScriptStep {
        fault: Some(Fault::Stall {
            after: 1,
            lasting: None,
        }),
        ..ScriptStep::default()
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
async fn a_stop_lets_an_open_response_end() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    lead.stage.cue(ScriptStep {
        fault: Some(Fault::Drip(Duration::from_millis(60))),
        ..ScriptStep::default()
    });
    let response = desk.ask("/v1/messages", &streamed()).await;
    let mut body = response.bytes_stream();
    let mut got = body.next().await.unwrap().unwrap().to_vec();
    assert!(desk.printed(&["stop"]).contains("1 open request"));
    // While it drains, the port is open and forwards requests directly.
    assert_eq!(desk.ask("/v1/messages", &streamed()).await.status(), 200);
    while let Some(piece) = body.next().await {
        got.extend(piece.unwrap());
    }
    assert!(text(&got).contains("event: message_stop"), "{}", text(&got));
    assert!(desk.ended().success());
}

/// A request with a key continues without its client, and its provider never responds: the stop ends it, and its key is free.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_a_keyed_run_longer_than_its_limit() {
    for stream in [false, true] {
        let (lead, second) = (Upstream::start().await, Upstream::start().await);
        let mut desk = stopping_soon(&lead, &second);
        let keyed = |desk: &Desk, model: &str| {
            let body = json!({ "model": model, "max_tokens": 100, "stream": stream, "messages": [{ "role": "user", "content": "Hello" }] });
            let url = format!("{}/v1/messages", desk.base());
            let request = desk.http.post(url).json(&body);
            request.header("idempotency-key", "lead-7").send()
        };
        let fault = Fault::Stall {
            after: 1,
            lasting: None,
        };
        lead.stage.outage(Some(fault));
        let waiting = tokio::spawn(keyed(&desk, "model-x"));
        until_requested(&lead).await;
        assert!(desk.printed(&["stop"]).contains("1 open request"));
        assert!(desk.ended().success());
        drop(waiting.await.unwrap());

        lead.stage.outage(None);
        desk.start();
        let afresh = keyed(&desk, "another").await.unwrap();
        assert_eq!(afresh.status(), 200);
        assert!(!afresh.headers().contains_key("idempotency-replayed"));
    }
}

/// Its client receives no response, and the request is parked.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_parks_the_requests_of_pipelines_that_it_cuts_off() {
    for stream in [false, true] {
        let (lead, second) = (Upstream::start().await, Upstream::start().await);
        let mut desk = stopping_soon(&lead, &second);
        let fault = Fault::Stall {
            after: 1,
            lasting: None,
        };
        lead.stage.outage(Some(fault));
        let mut waiting = Vec::new();
        for model in ["model-x", "model-y", "model-z"] {
            let mut body = streamed();
            body["stream"] = json!(stream);
            body["model"] = json!(model);
            let url = format!("{}/v1/messages", desk.base());
            let request = desk.http.post(url).json(&body);
            let sent = request.header("x-understudy-pipeline", "Leads").send();
            waiting.push(tokio::spawn(sent));
        }
        while lead.posts() < 3 {
            tokio::task::yield_now().await;
        }
        desk.printed(&["stop"]);
        assert!(desk.ended().success());
        for sent in waiting {
            if let Ok(response) = sent.await.unwrap() {
                let status = response.status();
                let complete = response
                    .text()
                    .await
                    .is_ok_and(|text| text.contains("end_turn"));
                assert!(!(status.is_success() && complete));
            }
        }
        desk.start();
        assert_eq!(desk.snapshot().await.review_open, 3, "streamed: {stream}");
    }
}

fn stopping_soon(lead: &Upstream, second: &Upstream) -> Desk {
    let mut desk = Desk::new();
    desk.settings(&format!(
        "[listen]\ndrain_s = 0.3\n{}",
        two_endpoints(&lead.address, &second.address)
    ));
    desk.start();
    desk
}

async fn until_requested(upstream: &Upstream) {
    while upstream.posts() == 0 {
        tokio::task::yield_now().await;
    }
}
