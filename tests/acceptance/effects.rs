//! Side effects of pipelines: written down first, sent once, replayed, and parked where the outcome is unknown.

mod after;
mod kills;
pub(crate) mod receiver;
mod unknown;

use futures_util::future::join_all;
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::desk::{Desk, raw};
use receiver::{Behaviour, Receiver};

/// `[[effect]]` with this name, and further lines.
pub(crate) fn effect(name: &str, receiver: &Receiver, lines: &str) -> String {
    format!(
        "[[effect]]\nname = \"{name}\"\nurl = \"{}\"\n{lines}\n",
        receiver.url()
    )
}

fn desk(settings: &str) -> Desk {
    let mut desk = Desk::new();
    desk.settings(settings);
    desk.start();
    desk
}

fn post(desk: &Desk, name: &str, body: &Value) -> RequestBuilder {
    let url = format!("{}/effects/{name}", desk.base());
    desk.http.post(url).json(body)
}

pub(crate) fn keyed(desk: &Desk, key: &str) -> RequestBuilder {
    post(desk, "invoice", &invoice()).header("idempotency-key", key)
}

fn invoice() -> Value {
    json!({ "customer": "Grüße GmbH", "amount": 17 })
}

#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) status: StatusCode,
    pub(crate) key: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) replayed: bool,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

pub(crate) async fn received(request: RequestBuilder) -> Received {
    let response = request.send().await.unwrap();
    let headers = response.headers().clone();
    let header = |name: &str| Some(headers.get(name)?.to_str().unwrap().to_owned());
    Received {
        status: response.status(),
        key: header("idempotency-key"),
        id: header("x-understudy-effect"),
        replayed: header("idempotency-replayed").as_deref() == Some("true"),
        body: response.json().await.unwrap_or(Value::Null),
        headers,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_is_sent_once_and_its_result_is_replayed() {
    let receiver = Receiver::start().await;
    let mut desk = Desk::new();
    desk.env("BILLING_TOKEN", "hush-hush");
    desk.settings(&effect(
        "invoice",
        &receiver,
        "headers = { Authorization = { env = \"BILLING_TOKEN\", before = \"Bearer \" } }",
    ));
    desk.start();
    let first = received(keyed(&desk, "order-17").header("x-api-key", "the client's own")).await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert_eq!(first.key.as_deref(), Some("order-17"));
    assert_eq!(first.body["number"], "INV-0");
    assert_eq!(first.headers["location"], "/invoices/0");
    assert!(!first.headers.contains_key("set-cookie"), "{first:?}");
    assert!(!first.replayed);

    let request = receiver.requests().remove(0);
    assert_eq!(request.line, "POST /invoices?tenant=7 HTTP/1.1");
    assert_eq!(request.body, serde_json::to_vec(&invoice()).unwrap());
    assert_eq!(request.key(), "order-17");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.headers["authorization"], "Bearer hush-hush");
    assert!(!request.headers.contains_key("x-api-key"), "{request:?}");

    desk.kill();
    desk.start();
    let again = received(keyed(&desk, "order-17")).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert!(again.replayed && again.id == first.id, "{again:?}");
    let other = post(&desk, "invoice", &json!({ "amount": 18 }));
    let other = received(other.header("idempotency-key", "order-17")).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    let message = other.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("Use a new key"), "{message}");
    assert_eq!(receiver.requests().len(), 1);
    let new = received(keyed(&desk, "order-18")).await;
    assert_eq!(new.body["number"], "INV-1");

    let ledger = std::fs::read(desk.file("ledger.sqlite")).unwrap_or_default();
    let files = [desk.log().into_bytes(), ledger];
    for file in files {
        let secret = b"hush-hush";
        assert!(!file.windows(secret.len()).any(|part| part == secret));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_without_a_key_has_the_key_of_its_item() {
    let receiver = Receiver::start().await;
    let desk = desk(&effect("invoice", &receiver, ""));
    let lead = |path: &str, item: &str| {
        let url = format!("{}{path}/effects/invoice", desk.base());
        let request = desk.http.post(url).json(&invoice());
        request.header("x-understudy-item", item)
    };
    let first = received(lead("/p/Leads", "lead-17")).await;
    let key = first.key.clone().unwrap();
    assert!(key.starts_with("understudy-"), "{key}");
    let named = lead("", "lead-17").header("x-understudy-pipeline", "Leads");
    let again = received(named).await;
    assert!(again.replayed && again.key == first.key, "{again:?}");
    let other = received(lead("/p/Leads", "lead-18")).await;
    assert!(!other.replayed && other.key != first.key, "{other:?}");
    let step = lead("/p/Leads", "lead-17").header("x-understudy-step", "reminder");
    assert!(!received(step).await.replayed);
    assert_eq!(receiver.requests().len(), 3);
    assert_eq!(receiver.requests()[0].key(), key);

    let none = received(post(&desk, "invoice", &invoice())).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    let message = none.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("Idempotency-Key") && message.contains("x-understudy-item"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_checks_of_the_port_hold_for_effects() {
    let receiver = Receiver::start().await;
    let own = effect("invoice", &receiver, "pipeline = \"Leads\"");
    let desk = desk(&own);
    let address = desk.address();
    let bare = desk.http.post(format!("{address}/effects/invoice"));
    let bare = received(bare.header("idempotency-key", "k").json(&invoice())).await;
    assert_eq!(bare.status, StatusCode::FORBIDDEN, "{bare:?}");
    let page = received(keyed(&desk, "k").header("origin", "https://evil.example")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN, "{page:?}");
    let token = desk.base().rsplit('/').next().unwrap().to_owned();
    let rebound = format!(
        "POST /t/{token}/effects/invoice HTTP/1.1\r\nhost: evil.example\r\nidempotency-key: k\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
    );
    let rebound = raw(&address, rebound.as_bytes());
    assert!(rebound.starts_with("HTTP/1.1 403"), "{rebound}");
    let other = received(keyed(&desk, "k").header("x-understudy-pipeline", "Other")).await;
    assert_eq!(other.status, StatusCode::FORBIDDEN, "{other:?}");
    let unknown = post(&desk, "e-mail", &invoice()).header("idempotency-key", "k");
    let unknown = received(unknown).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let message = unknown.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("known are invoice"), "{message}");
    let large = desk.http.post(format!("{}/effects/invoice", desk.base()));
    let large = large
        .header("idempotency-key", "k")
        .body(vec![b'x'; (1 << 20) + 1]);
    assert_eq!(received(large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(receiver.requests().is_empty());

    // A change of the settings is in force at once.
    desk.save_settings(&format!("{own}{}", effect("e-mail", &receiver, "")))
        .await;
    let new = post(&desk, "e-mail", &invoice()).header("idempotency-key", "k");
    assert_eq!(received(new).await.status, StatusCode::CREATED);
    let missing = effect(
        "e-mail",
        &receiver,
        "headers = { X-Key = { env = \"NOT_SET\" } }",
    );
    desk.save_settings(&missing).await;
    let not_ready = post(&desk, "e-mail", &invoice()).header("idempotency-key", "k2");
    let not_ready = received(not_ready).await;
    assert_eq!(not_ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let message = not_ready.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("NOT_SET"), "{message}");
    assert_eq!(
        desk.get("/effects?all=true").await["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_twins_of_one_key_are_one_call() {
    let receiver = Receiver::start().await;
    receiver.next([Behaviour::Holds]);
    let mut arrived = receiver.events();
    let desk = desk(&effect("invoice", &receiver, ""));
    let twins = (0..200).map(|_| received(keyed(&desk, "order-17")));
    let release = async {
        arrived.recv().await.unwrap();
        receiver.release();
    };
    let (twins, ()) = tokio::join!(join_all(twins), release);
    for twin in &twins {
        assert_eq!(twin.status, StatusCode::CREATED, "{twin:?}");
        assert_eq!(twin.body["number"], "INV-0");
    }
    assert_eq!(twins.iter().filter(|twin| !twin.replayed).count(), 1);
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_never_established_is_retried() {
    let receiver = Receiver::closed();
    let desk = desk(&effect("invoice", &receiver, ""));
    let waits = async {
        let listing = || desk.get("/effects");
        while listing().await["items"][0]["why"].is_null() {
            tokio::task::yield_now().await;
        }
        let waiting = &listing().await["items"][0];
        assert_eq!(waiting["state"], "waiting", "{waiting}");
        assert!(waiting["first_sent"].is_null(), "{waiting}");
        receiver.open().await;
    };
    let (sent, ()) = tokio::join!(received(keyed(&desk, "order-17")), waits);
    assert_eq!(sent.status, StatusCode::CREATED, "{sent:?}");
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_an_effect_that_is_sent() {
    let receiver = Receiver::start().await;
    receiver.next([Behaviour::Holds]);
    let mut arrived = receiver.events();
    let mut desk = desk(&effect("invoice", &receiver, ""));
    let stops = async {
        arrived.recv().await.unwrap();
        desk.until("running", |_| true).await;
        let (status, _) = desk
            .control(
                reqwest::Method::POST,
                "/do",
                Some(json!({ "do": "stop_engine" })),
            )
            .await;
        assert!(status.is_success());
        receiver.release();
    };
    let (sent, ()) = tokio::join!(received(keyed(&desk, "order-17")), stops);
    assert_eq!(sent.status, StatusCode::CREATED, "{sent:?}");
    assert!(desk.ended().success());
    desk.start();
    assert!(received(keyed(&desk, "order-17")).await.replayed);
}
