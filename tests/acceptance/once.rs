//! Sent twice, run once: idempotency keys, and clients that close their connection and repeat the request.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use stage::{Fault, ScriptStep};

use crate::desk::{Desk, Upstream, two_endpoints};

struct Rig {
    desk: Desk,
    lead: Upstream,
    second: Upstream,
}

impl Rig {
    async fn new() -> Rig {
        let (lead, second) = (Upstream::start().await, Upstream::start().await);
        let mut desk = Desk::new();
        desk.settings(&two_endpoints(&lead.address, &second.address));
        desk.start();
        Rig { desk, lead, second }
    }

    fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        let url = format!("{}{path}", self.desk.base());
        self.desk.http.post(url).json(body)
    }

    fn keyed(&self, path: &str, body: &Value, key: &str) -> RequestBuilder {
        self.post(path, body).header("idempotency-key", key)
    }

    /// Number of generation requests that the upstreams received.
    fn posts(&self) -> (usize, usize) {
        (self.lead.posts(), self.second.posts())
    }

    fn drip(&self) {
        let pause = Duration::from_millis(30);
        self.lead.stage.cue(ScriptStep::fault(Fault::Drip(pause)));
    }
}

fn bodies() -> Vec<(&'static str, Value)> {
    let messages = json!([{ "role": "user", "content": "Hello" }]);
    let mut bodies = Vec::new();
    for stream in [true, false] {
        bodies.push((
            "/v1/messages",
            json!({ "model": "m", "max_tokens": 100, "stream": stream, "messages": messages }),
        ));
        bodies.push((
            "/v1/chat/completions",
            json!({ "model": "m", "stream": stream, "messages": messages }),
        ));
        bodies.push((
            "/v1/responses",
            json!({ "model": "m", "stream": stream, "input": "Hello" }),
        ));
    }
    bodies
}

#[derive(Debug, PartialEq)]
struct Received {
    status: StatusCode,
    content_type: String,
    body: Vec<u8>,
}

/// The client's response, and whether it is marked as a replay.
async fn received(request: RequestBuilder) -> (Received, bool) {
    let response = request.send().await.unwrap();
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    };
    let replayed = header("idempotency-replayed").as_deref() == Some("true");
    let (status, content_type) = (response.status(), header("content-type").unwrap());
    let body = response.bytes().await.unwrap().to_vec();
    (
        Received {
            status,
            content_type,
            body,
        },
        replayed,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_equal_requests_run_once_and_the_response_survives_a_killed_engine() {
    let mut rig = Rig::new().await;
    let mut known = Vec::new();
    for (n, (path, body)) in bodies().into_iter().enumerate() {
        rig.drip();
        let key = format!("key-{n}");
        let ask = || received(rig.keyed(path, &body, &key));
        let (one, two, three) = tokio::join!(ask(), ask(), ask());
        assert_eq!(one.0.status, StatusCode::OK, "{path}: {one:?}");
        assert_eq!([&one.0, &one.0], [&two.0, &three.0], "{path} {body}");
        let replays = [one.1, two.1, three.1].map(usize::from);
        assert_eq!(replays.iter().sum::<usize>(), 2, "one ran: {path} {body}");
        assert_eq!(rig.posts(), (n + 1, 0), "{path} {body}");
        known.push((path, body, key, one.0));
    }
    rig.desk.kill();
    rig.desk.start();
    let posts = rig.posts();
    for (path, body, key, before) in known {
        let (again, replayed) = received(rig.keyed(path, &body, &key)).await;
        assert!(replayed, "{path} {body}");
        assert_eq!(again, before, "{path} {body}");
    }
    assert_eq!(rig.posts(), posts);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_twins_of_one_key_are_one_request_to_the_provider() {
    let rig = Rig::new().await;
    for (n, (path, body)) in bodies().into_iter().enumerate() {
        rig.drip();
        let key = format!("key-{n}");
        let twins = (0..200).map(|_| received(rig.keyed(path, &body, &key)));
        let twins = join_all(twins).await;
        let (first, _) = &twins[0];
        assert_eq!(first.status, StatusCode::OK, "{path}: {first:?}");
        assert!(twins.iter().all(|(twin, _)| twin == first), "{path} {body}");
        let ran = twins.iter().filter(|(_, replayed)| !replayed).count();
        assert_eq!((ran, rig.posts()), (1, (n + 1, 0)), "{path} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_one_body_and_one_credential() {
    let rig = Rig::new().await;
    let (path, body) = &bodies()[0];
    let first = received(rig.keyed(path, body, "k")).await.0;
    let mut other = body.clone();
    other["max_tokens"] = json!(101);
    let (refused, _) = received(rig.keyed(path, &other, "k")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let printed: Value = serde_json::from_slice(&refused.body).unwrap();
    assert_eq!(
        printed["type"], "error",
        "in the client's dialect: {printed}"
    );
    let message = printed["error"]["message"].as_str().unwrap();
    assert!(message.contains("new key"), "{message}");
    assert_eq!(rig.posts(), (1, 0));

    let login = rig.keyed(path, body, "k").header("x-api-key", "another");
    let (afresh, replayed) = received(login).await;
    assert_eq!((afresh.status, replayed), (StatusCode::OK, false));
    assert_eq!(rig.posts(), (2, 0));
    assert_eq!(received(rig.keyed(path, body, "k")).await, (first, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_disconnects_gets_its_response_later() {
    for (path, body) in &bodies()[..3] {
        let rig = Rig::new().await;
        rig.drip();
        let response = rig.keyed(path, body, "k").send().await.unwrap();
        let mut reading = response.bytes_stream();
        let beginning = reading.next().await.unwrap().unwrap();
        drop(reading);
        assert_eq!(rig.desk.exchanges(1).await[0]["end"], "complete");
        let (again, replayed) = received(rig.keyed(path, body, "k")).await;
        assert!(replayed, "{path}");
        assert!(again.body.starts_with(&beginning), "{path}");
        assert_eq!(rig.posts(), (1, 0), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_shared_and_not_stored() {
    for (path, body) in bodies() {
        // A breaker is per model, so each case starts with a closed one.
        let rig = Rig::new().await;
        let outage = |fault: Option<&str>| {
            let fault: Option<Fault> = fault.map(|name| name.parse().unwrap());
            rig.lead.stage.outage(fault.clone());
            rig.second.stage.outage(fault);
        };
        outage(Some("503"));
        // Two attempts each, with a pause between them: long enough for both requests to overlap.
        let ask = || received(rig.keyed(path, &body, "k"));
        let (one, two) = tokio::join!(ask(), ask());
        assert!(one.0.status.is_server_error(), "{path}: {one:?}");
        assert_eq!(one.0, two.0, "{path} {body}");
        assert_eq!(rig.posts(), (2, 2), "{path} {body}");
        outage(None);
        let (later, replayed) = ask().await;
        assert_eq!((later.status, replayed), (StatusCode::OK, false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_response_is_not_stored() {
    let rig = Rig::new().await;
    let (path, body) = &bodies()[1];
    rig.lead.stage.outage(Some(Fault::CutInText));
    let cut = rig.keyed(path, body, "cut").send().await.unwrap();
    assert!(cut.bytes().await.is_err(), "a broken answer is seen as one");
    rig.lead.stage.outage(None);
    let (later, replayed) = received(rig.keyed(path, body, "cut")).await;
    assert_eq!((later.status, replayed), (StatusCode::OK, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_ledger_a_key_is_refused_and_everything_else_is_answered() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let no_database = "this is no database, and it is longer than a header needs to be";
    std::fs::write(desk.file("ledger.sqlite"), no_database).unwrap();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    let rig = Rig { desk, lead, second };
    for (path, body) in bodies() {
        let (refused, _) = received(rig.keyed(path, &body, "k")).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        let printed: Value = serde_json::from_slice(&refused.body).unwrap();
        let message = printed["error"]["message"].as_str().unwrap();
        assert!(message.contains("without the key"), "{message}");
    }
    assert_eq!(rig.posts(), (0, 0), "nothing was asked");
    for (path, body) in bodies() {
        assert_eq!(
            received(rig.post(path, &body)).await.0.status,
            StatusCode::OK
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_retries_gets_the_response_that_it_left() {
    for (path, body) in &bodies()[..3] {
        let rig = Rig::new().await;
        rig.drip();
        let ask = || {
            rig.post(path, body)
                .header("user-agent", "codex_exec/0.169.0")
                .header("session-id", "s")
        };
        let mut reading = ask().send().await.unwrap().bytes_stream();
        let beginning = reading.next().await.unwrap().unwrap();
        drop(reading);
        rig.noticed_leaving().await;
        let (again, _) = received(ask()).await;
        assert!(again.body.starts_with(&beginning), "{path}");
        assert_eq!(rig.posts(), (1, 0), "{path}");
        let rows = rig.desk.exchanges(1).await;
        assert_eq!((rows.len(), &rows[0]["end"]), (1, &json!("complete")));
        received(ask()).await;
        assert_eq!(rig.posts(), (2, 0), "it had all of it: {path}");
    }
}

impl Rig {
    /// Waits until the engine has detected that the connection is closed.
    async fn noticed_leaving(&self) {
        loop {
            let page = self.desk.metrics().await;
            if page.contains("\nunderstudy_lingering_requests 1\n") {
                return;
            }
        }
    }
}
