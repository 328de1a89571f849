//! Claims of docs/trust.md: what is written to files, and what is sent without a client's request.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;

use crate::desk::{Desk, Upstream, text, two_endpoints};
use crate::status_page::other_pages;

/// In no file if nothing is kept: in the prompt, in the response, in a tool's arguments, and as the client's login.
const MARKS: [&str; 2] = ["marked-prompt-7f3a", "sk-ant-marked-login-7f3a"];

#[tokio::test(flavor = "multi_thread")]
async fn no_prompt_no_response_and_no_login_is_written() {
    let (first, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&first.address, &second.address));
    desk.env("UNDERSTUDY_LOG", "debug");
    desk.start();
    for model in ["some-model", "some-model@503"] {
        for stream in [false, true] {
            let body = json!({
                "model": model, "max_tokens": 99, "stream": stream,
                "messages": [{ "role": "user", "content": format!("Say {}", MARKS[0]) }]
            });
            let response = desk
                .http
                .post(format!("{}/v1/messages", desk.base()))
                .header("x-api-key", MARKS[1])
                .json(&body)
                .send()
                .await
                .unwrap();
            response.bytes().await.unwrap();
        }
    }
    desk.exchanges(4).await;
    desk.printed(&["stop"]);
    desk.ended();
    let mut read = 0;
    no_file_contains_a_mark(desk.home.path(), &mut read);
    assert!(
        read > 4,
        "the ledger, the log, the settings, the token and the lock: {read}"
    );
}

fn no_file_contains_a_mark(folder: &Path, read: &mut usize) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_file_contains_a_mark(&path, read);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for mark in MARKS {
            let found = bytes
                .windows(mark.len())
                .any(|part| part == mark.as_bytes());
            assert!(!found, "{} contains {mark}", path.display());
        }
        *read += 1;
    }
}

/// One page cannot be reached, so that the network is checked.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_page_and_the_network_check_get_no_key_no_cookie_and_no_content() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, heads) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let n = stream.read(&mut head).unwrap_or_default();
            let head = text(&head[..n]);
            let _ = stream.write_all(b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            if sender.send(head).is_err() {
                return;
            }
        }
    });
    let mut desk = Desk::new();
    // Nothing listens at the others.
    let pages = other_pages(&["anthropic"]);
    let pages = format!("anthropic = \"http://{address}/page\"\n{pages}");
    desk.settings(&format!("[watch]\nmine = [\"anthropic\", \"openai\"]\nprobes = false\nonline_hosts = [\"{address}\"]\npage_every_s = 1\n[watch.pages_from]\n{pages}"));
    desk.env("ANTHROPIC_API_KEY", MARKS[1]);
    desk.start();
    let (mut pages, mut checks) = (0, 0);
    while pages == 0 || checks == 0 {
        let head = heads.recv_timeout(Duration::from_secs(30)).unwrap();
        let lower = head.to_lowercase();
        for header in [
            "authorization:",
            "x-api-key:",
            "cookie:",
            "x-understudy",
            MARKS[1],
        ] {
            assert!(!lower.contains(header), "{head}");
        }
        if head.starts_with("GET /page") {
            pages += 1;
        } else if head.starts_with("HEAD / ") {
            checks += 1;
        }
        assert!(
            lower.trim_end().lines().count() < 10 && !lower.contains("content-length: 1"),
            "{head}"
        );
    }
}
