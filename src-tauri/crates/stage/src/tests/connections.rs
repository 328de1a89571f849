//! The stage's record of a connection; a deliberate cut drops no earlier bytes.

use std::time::Duration;

use catalog::Dialect;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::sleep;

use super::client::{Ending, converse, generate, request};
use crate::{ResponseEnd, Stage};

fn ask(model: &str) -> String {
    request(Dialect::Anthropic, model, true, "Good evening").to_string()
}

fn open(stage: &Stage, buffer: usize) -> DuplexStream {
    let (near, far) = duplex(buffer);
    let stage = stage.clone();
    tokio::spawn(async move { stage.serve_connection(far).await });
    near
}

#[tokio::test(start_paused = true)]
async fn all_bytes_before_a_cut_arrive_over_any_pipe() {
    for fault in ["cut-in-text", "cut-before-final", "truncated-body"] {
        let model = format!("some-model@long+{fault}");
        let wide = converse(
            open(&Stage::any_model(), 1 << 20),
            "POST",
            "/v1/messages",
            &ask(&model),
        )
        .await;
        let narrow = converse(
            open(&Stage::any_model(), 7),
            "POST",
            "/v1/messages",
            &ask(&model),
        )
        .await;
        assert_eq!(wide.ending, Ending::Cut);
        assert!(wide.body.len() > 1000);
        assert_eq!(wide, narrow, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_connection_serves_many_requests() {
    let stage = Stage::any_model();
    let mut io = open(&stage, 1 << 16);
    for _ in 0..3 {
        let body = ask("some-model@json-error-ok");
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: stage\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        io.write_all(head.as_bytes()).await.unwrap();
        io.write_all(body.as_bytes()).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"}") {
            assert!(io.read_buf(&mut seen).await.unwrap() > 0);
        }
    }
    assert_eq!(stage.received().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_too_large_is_refused_before_it_is_sent() {
    let stage = Stage::any_model();
    let mut io = open(&stage, 1 << 16);
    let head = format!(
        "POST /v1/messages HTTP/1.1\r\nhost: stage\r\ncontent-length: {}\r\n\r\n",
        (32 << 20) + 1
    );
    io.write_all(head.as_bytes()).await.unwrap();
    let mut seen = String::new();
    io.read_to_string(&mut seen).await.unwrap();
    assert!(
        seen.starts_with("HTTP/1.1 413") && seen.contains("request_too_large"),
        "{seen}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_stage_records_how_each_exchange_ended() {
    let stage = Stage::any_model();
    for (model, end) in [
        ("some-model", ResponseEnd::Sent),
        ("some-model@529", ResponseEnd::Sent),
        ("some-model@empty-ok", ResponseEnd::Sent),
        ("some-model@clean-close-in-text", ResponseEnd::Sent),
        ("some-model@cut-in-text", ResponseEnd::Broken),
        ("some-model@truncated-body", ResponseEnd::Broken),
        ("some-model@reset", ResponseEnd::Broken),
    ] {
        let body = request(Dialect::Anthropic, model, true, "Good evening");
        generate(&stage, Dialect::Anthropic, &body).await;
        let last = stage.received().pop().unwrap();
        assert_eq!(last.answered.end, end, "{model}");
        assert_eq!(last.model.as_deref(), Some(model));
    }
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_is_detected_at_once() {
    for model in [
        "some-model@silent",
        "some-model@stall",
        "some-model@drip:1s",
        "some-model@pings-only",
    ] {
        let stage = Stage::any_model();
        let mut io = open(&stage, 1 << 16);
        let body = ask(model);
        let head = format!(
            "POST /v1/messages HTTP/1.1\r\nhost: stage\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        io.write_all(head.as_bytes()).await.unwrap();
        io.write_all(body.as_bytes()).await.unwrap();
        sleep(Duration::from_millis(1)).await;
        assert_eq!(
            stage.received()[0].answered.end,
            ResponseEnd::Open,
            "{model}"
        );
        drop(io);
        sleep(Duration::from_millis(1)).await;
        assert_eq!(
            stage.received()[0].answered.end,
            ResponseEnd::ClientLeft,
            "{model}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_number_of_recorded_requests_is_limited() {
    let stage = Stage::embedded();
    for number in 0..100 {
        let ask = request(
            Dialect::Anthropic,
            "rehearsal/steady",
            false,
            &number.to_string(),
        );
        generate(&stage, Dialect::Anthropic, &ask).await;
    }
    let received = stage.received();
    assert_eq!(received.len(), 64);
    assert!(
        received
            .iter()
            .all(|request| request.answered.end == ResponseEnd::Sent)
    );
    assert!(String::from_utf8_lossy(&received[63].body).contains("\"99\""));
}
