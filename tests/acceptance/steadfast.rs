//! What must not stop the engine: a broken ledger, a client that leaves, an engine that ends in mid-answer.

use std::time::Duration;

use futures_util::StreamExt;
use serde_json::json;
use stage::{Cue, Fault};

use crate::desk::{Desk, Upstream, text, two_endpoints};

fn streamed() -> serde_json::Value {
    json!({ "model": "model-x", "max_tokens": 100, "stream": true, "messages": [{ "role": "user", "content": "Hello" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_is_no_database_costs_the_history_and_not_the_run() {
    let mut desk = Desk::new();
    std::fs::write(
        desk.file("ledger.sqlite"),
        "this is no database, and it is longer than a header needs to be",
    )
    .unwrap();
    desk.start();
    let snapshot = desk.snapshot().await;
    let problem = snapshot
        .engine
        .problems
        .iter()
        .find(|p| p.what.contains("ledger.sqlite"))
        .unwrap();
    assert!(problem.fix.contains("in memory"), "{problem:?}");
    let response = desk.ask("/v1/messages", &json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })).await;
    assert_eq!(response.status(), 200);
    assert_eq!(desk.exchanges(1).await.len(), 1);
    assert!(
        std::fs::read_to_string(desk.file("ledger.sqlite"))
            .unwrap()
            .starts_with("this is no database"),
        "the owner's file is untouched"
    );
    assert_eq!(desk.run(&["doctor"]).status.code(), Some(1));
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
