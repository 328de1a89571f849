//! Callers that may use the port, and the errors for all others.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::desk::{Desk, raw};

fn hello() -> Value {
    json!({ "model": "rehearsal/steady", "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_invalid_request_gets_a_clear_message() {
    let desk = Desk::started();
    let base = desk.base();
    let post = |url: String| desk.http.post(url).json(&hello());
    let body = hello().to_string();
    let cases = [
        (
            "no token",
            post(format!("{}/v1/messages", desk.address())),
            403,
            "understudyd url",
        ),
        (
            "wrong token",
            post(format!(
                "{}/t/00000000000000000000000000000000/v1/messages",
                desk.address()
            )),
            403,
            "understudyd url",
        ),
        (
            "foreign host",
            post(format!("{base}/v1/messages")).header("host", "evil.example"),
            403,
            "evil.example",
        ),
        (
            "foreign origin",
            post(format!("{base}/v1/messages")).header("origin", "https://evil.example"),
            403,
            "evil.example",
        ),
        (
            "unknown path",
            post(format!("{base}/v1/organization/keys")),
            404,
            "/v1/messages",
        ),
        (
            "a vendor's path without a login",
            post(format!("{base}/v1/embeddings")),
            403,
            "forwarded to OpenAI",
        ),
        (
            "wrong method",
            desk.http.get(format!("{base}/v1/messages")),
            405,
            "POST",
        ),
        (
            "no JSON type",
            desk.http
                .post(format!("{base}/v1/messages"))
                .header("content-type", "text/plain")
                .body(body),
            415,
            "application/json",
        ),
        (
            "broken JSON",
            desk.http
                .post(format!("{base}/v1/messages"))
                .header("content-type", "application/json")
                .body("{\"model\":"),
            400,
            "JSON",
        ),
        (
            "no model",
            desk.http
                .post(format!("{base}/v1/messages"))
                .json(&json!({ "messages": [] })),
            400,
            "model",
        ),
    ];
    for (what, request, status, word) in cases {
        let response = request.send().await.unwrap();
        let got = response.status().as_u16();
        let printed = response.text().await.unwrap();
        assert_eq!(got, status, "{what}: {printed}");
        assert!(printed.contains(word), "{what}: {printed}");
        let envelope: Value = serde_json::from_str(&printed)
            .unwrap_or_else(|_| panic!("{what} is no JSON: {printed}"));
        assert!(
            envelope["error"]["message"].is_string(),
            "{what}: {printed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_body_is_refused_by_its_length_and_by_its_bytes() {
    let desk = Desk::started();
    let path = desk
        .base()
        .split_once("/t/")
        .map(|(_, rest)| format!("/t/{rest}/v1/messages"))
        .unwrap();
    let head = |more: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n{more}\r\n\r\n"
        )
    };
    let declared = raw(&desk.address(), head("content-length: 52428800").as_bytes());
    assert!(declared.starts_with("HTTP/1.1 413"), "{declared}");
    assert!(declared.contains("33554432"), "{declared}");
    let mut sent = head("transfer-encoding: chunked").into_bytes();
    let chunk = vec![b' '; 1 << 20];
    for _ in 0..50 {
        sent.extend(format!("{:x}\r\n", chunk.len()).bytes());
        sent.extend(&chunk);
        sent.extend(b"\r\n");
    }
    let counted = raw(&desk.address(), &sent);
    assert!(counted.starts_with("HTTP/1.1 413"), "{counted}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_read_from_all_places_that_clients_support() {
    let desk = Desk::started();
    let token = desk.base().split("/t/").nth(1).unwrap().to_owned();
    let at = |path: &str| {
        desk.http
            .post(format!("{}{path}", desk.address()))
            .json(&hello())
    };
    for request in [
        at("/v1/messages?beta=true").header("x-api-key", &token),
        at("/v1/messages").bearer_auth(&token),
        at("/v1/messages").header("x-understudy-token", &token),
        at(&format!("/t/{token}/v1/v1/messages")),
        at(&format!("/t/{token}/anthropic/v1/messages")),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(
            response.status(),
            StatusCode::OK,
            "{}",
            response.text().await.unwrap()
        );
    }
    for request in [
        desk.http.head(desk.base()),
        desk.http.get(format!("{}/v1/models", desk.base())),
    ] {
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }
    let upgrade = desk
        .http
        .get(format!("{}/v1/responses", desk.base()))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .send()
        .await
        .unwrap();
    assert_eq!(upgrade.status().as_u16(), 426);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_control_api_requires_its_token_and_refuses_foreign_pages() {
    let desk = Desk::started();
    let url = format!("{}/control/snapshot", desk.address());
    let token = desk.runtime().control_token;
    let get = || desk.http.get(&url);
    let with_token = || get().header(api::CONTROL_HEADER, &token);
    for (request, status) in [
        (get(), 403),
        (
            get().header(
                api::CONTROL_HEADER,
                desk.base().split("/t/").nth(1).unwrap(),
            ),
            403,
        ),
        (with_token().header("host", "evil.example"), 403),
        (with_token().header("origin", "https://evil.example"), 403),
        (with_token(), 200),
        (with_token().header("origin", "tauri://localhost"), 200),
    ] {
        assert_eq!(request.send().await.unwrap().status().as_u16(), status);
    }
    let from_window = with_token()
        .header("origin", "tauri://localhost")
        .send()
        .await
        .unwrap();
    assert_eq!(
        from_window.headers()["access-control-allow-origin"],
        "tauri://localhost"
    );
    let missing = desk
        .http
        .get(format!("{}/control/nothing", desk.address()))
        .header(api::CONTROL_HEADER, &token)
        .send()
        .await
        .unwrap();
    assert_eq!(missing.status().as_u16(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_name_counts_in_any_case_and_other_pages_load_no_file() {
    let desk = Desk::started();
    let token = desk.runtime().control_token;
    for path in ["/ui/", "/ui/icon.png", "/control/snapshot", "/v1/models"] {
        let get = format!(
            "GET {path} HTTP/1.1\r\nhost: LOCALHOST:4747\r\nx-understudy-control: {token}\r\nconnection: close\r\n\r\n"
        );
        let received = raw(&desk.address(), get.as_bytes());
        let head = received
            .split("\r\n\r\n")
            .next()
            .unwrap()
            .to_ascii_lowercase();
        assert!(
            !head.contains(" 403 ") || path == "/v1/models",
            "{path}: {head}"
        );
        assert!(!received.contains("is not allowed"), "{path}: {received}");
        let same_origin = head.contains("cross-origin-resource-policy: same-origin");
        assert_eq!(same_origin, path.starts_with("/ui/"), "{path}: {head}");
    }
}

/// The rest of the body is read, so that the response is received instead of a reset connection.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_still_sending_receives_its_refusal() {
    use std::io::{Read, Write};
    let desk = Desk::started();
    let body = vec![b' '; 24 << 20];
    for (path, kind, status) in [
        ("/v1/messages", "text/plain", "415"),
        ("/v1/nothing", "application/json", "404"),
        ("/v1/messages", "application/json", "400"),
    ] {
        let address = desk.address();
        let mut stream =
            std::net::TcpStream::connect(address.trim_start_matches("http://")).unwrap();
        let token = desk.base().rsplit('/').next().unwrap().to_owned();
        let length = body.len();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-understudy-token: {token}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        stream
            .write_all(&body)
            .unwrap_or_else(|error| panic!("{path} {kind}: {error}"));
        let mut received = String::new();
        stream.read_to_string(&mut received).unwrap();
        assert!(
            received.starts_with(&format!("HTTP/1.1 {status}")),
            "{path} {kind}: {received}"
        );
    }
}

/// `nc -N` and some libraries close their sending side after the request.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_only_stopped_sending_is_answered() {
    use std::io::{Read, Write};
    let desk = Desk::started();
    let token = desk.base().rsplit('/').next().unwrap().to_owned();
    for stream in [true, false] {
        let mut body = hello();
        body["stream"] = json!(stream);
        let body = body.to_string();
        let address = desk.address();
        let mut client =
            std::net::TcpStream::connect(address.trim_start_matches("http://")).unwrap();
        write!(
            client,
            "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nx-understudy-token: {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let mut received = String::new();
        client.read_to_string(&mut received).unwrap();
        assert!(received.starts_with("HTTP/1.1 200"), "{received}");
        let end = if stream { "message_stop" } else { "end_turn" };
        assert!(received.contains(end), "{received}");
    }
}
