//! An upgrade of the package while the engine answers.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::post;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use super::deb::CleanRoot;
use crate::desk::two_endpoints;

const FIRST: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"before\"}}\n\n",
);
const REST: &str = concat!(
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" and after\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":4}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

/// A provider that sends the rest of its response after `go`.
async fn provider(go: Arc<Notify>) -> String {
    let answer = move || {
        let go = go.clone();
        async move {
            let rest = async move {
                go.notified().await;
                Ok::<_, Infallible>(Bytes::from_static(REST.as_bytes()))
            };
            let first = stream::iter([Ok(Bytes::from_static(FIRST.as_bytes()))]);
            let body = Body::from_stream(first.chain(stream::once(rest)));
            ([(header::CONTENT_TYPE, "text/event-stream")], body).into_response()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/messages", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_cuts_no_open_response_and_the_engine_answers_on() {
    let Some(root) = CleanRoot::new() else { return };
    root.install();
    let go = Arc::new(Notify::new());
    let provider = provider(go.clone()).await;
    root.settings(&two_endpoints(&provider, &provider));
    let mut program = root.program();
    program.start();

    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let message = json!({ "role": "user", "content": "Hi" });
    let body = json!({ "model": "m", "max_tokens": 9, "stream": true, "messages": [message] });
    let url = format!("{}/v1/messages", program.run(&["url"]).trim());
    let mut response = http.post(url).json(&body).send().await.unwrap();
    let mut received = String::new();
    while !received.contains("before") {
        received += &String::from_utf8_lossy(&response.chunk().await.unwrap().unwrap());
    }

    let printed = root.install();
    assert!(printed.contains("Unpacking understudy"), "{printed}");
    assert!(!printed.contains("understudy:"), "{printed}");
    go.notify_one();
    while let Some(piece) = response.chunk().await.unwrap() {
        received += &String::from_utf8_lossy(&piece);
    }
    assert!(received.contains(" and after"), "{received}");
    assert!(received.contains("message_stop"), "{received}");

    // The new program's commands reach the running engine, which also takes new requests.
    program.rehearses();
    program.run(&["health"]);
    program.stop();
    program.start();
    program.rehearses();
    program.stop();
}
