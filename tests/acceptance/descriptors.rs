//! The limit of open files: at the limit, clients wait, and no provider is blamed.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::desk::{Desk, two_endpoints};

/// Of these, the engine needs 64 for itself.
const OPEN_FILES: usize = 128;
const REQUESTS: usize = 60;
/// Exchanges that fit below the limit.
const FIT: usize = 24;

fn question() -> Value {
    json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_limit_of_open_files_clients_wait_and_no_provider_is_blamed() {
    // It accepts every connection and never answers.
    let provider = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", provider.local_addr().unwrap());
    let mut desk = Desk::new();
    desk.limit_open_files(OPEN_FILES);
    desk.settings(&two_endpoints(&address, &address));
    desk.start();
    let url = format!("{}/v1/chat/completions", desk.base());
    let body = json!({ "model": "m", "stream": true, "messages": [{ "role": "user", "content": "Go on." }] });
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut requests: FuturesUnordered<_> = (0..REQUESTS)
        .map(|_| client.post(&url).json(&body).send())
        .collect();
    for _ in FIT..REQUESTS {
        let refused = requests.next().await.unwrap().unwrap();
        assert_eq!(refused.status(), 503);
        let wait = refused.headers()["retry-after"].to_str().unwrap();
        assert!(matches!(wait, "1" | "5"), "{wait}");
        let text = refused.text().await.unwrap();
        assert!(text.contains("limit of open files"), "{text}");
    }
    drop((requests, client));
    // Their connections are closed soon.
    let health = format!("{}/healthz", desk.address());
    while desk.http.get(&health).send().await.unwrap().status() == 503 {}
    let left = |rows: &[Value]| {
        let left = rows.iter().filter(|row| row["end"] == "client_left");
        left.count() >= FIT
    };
    desk.exchanges_until(left).await;
    let snapshot = desk.snapshot().await;
    assert!(snapshot.open_incidents.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_without_a_request_block_no_other_and_are_closed_after_ten_seconds() {
    let mut desk = Desk::new();
    desk.limit_open_files(OPEN_FILES);
    desk.start();
    let address = desk.address();
    let address = address.trim_start_matches("http://").to_owned();
    let unused: Vec<_> = (0..2 * OPEN_FILES)
        .map(|_| TcpStream::connect(&address).unwrap())
        .collect();
    let opened = Instant::now();
    for _ in 0..3 {
        assert_eq!(desk.ask("/v1/messages", &question()).await.status(), 200);
    }
    assert!(opened.elapsed() < Duration::from_secs(5));
    let mut last = unused.last().unwrap();
    last.set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let read = last.read(&mut [0]);
    assert!(matches!(read, Ok(0)), "{read:?}");
    assert!(
        opened.elapsed() < Duration::from_secs(12),
        "{:?}",
        opened.elapsed()
    );
}
