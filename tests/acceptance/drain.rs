//! A parked request of a pipeline finishes without a click: the model fails and recovers, and the receiver gets one response.

mod paid;
mod secret;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use tokio::sync::Notify;

use crate::desk::{Desk, Upstream, text, two_endpoints};

const CHAT: &str = "/v1/chat/completions";
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[derive(Clone, Debug)]
struct Call {
    target: String,
    headers: HeaderMap,
    body: Bytes,
}

type Reply = Option<(u16, &'static str)>;

/// A program that gets responses: each call gets the next answer, then 200. `None`: no answer.
#[derive(Clone, Default)]
struct Receiver {
    calls: Arc<Mutex<Vec<Call>>>,
    answers: Arc<Mutex<VecDeque<Reply>>>,
    called: Arc<Notify>,
}

impl Receiver {
    async fn start() -> (Receiver, String) {
        let receiver = Receiver::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new()
            .fallback(received)
            .with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        (receiver, address)
    }

    fn answers(&self, answers: impl IntoIterator<Item = Reply>) {
        self.answers.lock().unwrap().extend(answers);
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    async fn until(&self, enough: usize) -> Vec<Call> {
        loop {
            let called = self.called.notified();
            let calls = self.calls();
            if calls.len() >= enough {
                return calls;
            }
            called.await;
        }
    }
}

async fn received(
    State(receiver): State<Receiver>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    let target = uri.to_string();
    let call = Call {
        target,
        headers,
        body,
    };
    receiver.calls.lock().unwrap().push(call);
    receiver.called.notify_one();
    let answer = receiver.answers.lock().unwrap().pop_front();
    match answer {
        Some(Some((status, body))) => (StatusCode::from_u16(status).unwrap(), body),
        Some(None) => std::future::pending().await,
        None => (StatusCode::OK, "{\"message\":\"Workflow was started\"}"),
    }
}

struct Rig {
    desk: Desk,
    lead: Upstream,
    _second: Upstream,
}

impl Rig {
    /// A pipeline with these lines.
    async fn new(lines: &str) -> Rig {
        let (lead, second) = (Upstream::start().await, Upstream::start().await);
        let mut desk = Desk::new();
        let pipeline = format!(
            "[[pipeline]]\nname = \"Leads\" # mine\ndrain_every_s = 1\n{lines}\n\
             [[route]]\nname = \"leads\"\ndialect = \"openai-chat\"\nmodels = \"lead-*\"\ncandidates = [\"lead\"]\npipeline = \"Leads\"\n"
        );
        desk.settings(&format!(
            "{pipeline}{}",
            two_endpoints(&lead.address, &second.address)
        ));
        desk.env("LEADS_SECRET", SECRET);
        desk.start();
        Rig {
            desk,
            lead,
            _second: second,
        }
    }

    async fn ask(&self, item: &str, headers: &[(&str, &str)]) -> reqwest::Response {
        let url = format!("{}{CHAT}", self.desk.base());
        let body = json!({ "model": "lead-1", "messages": [{ "role": "user", "content": item }] });
        let mut request = self.desk.http.post(url).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    async fn park(&self, item: &str, headers: &[(&str, &str)]) -> String {
        self.lead.stage.outage(Some("503".parse().unwrap()));
        let response = self.ask(item, headers).await;
        assert_eq!(response.status().as_u16(), 503);
        let id = response.headers()["x-understudy-review-id"]
            .to_str()
            .unwrap();
        id.to_owned()
    }

    /// The model works again, which requests of others show.
    async fn heals(&self) {
        self.lead.stage.outage(None);
        let works = |s: &api::Snapshot| s.open_incidents.is_empty();
        for n in 0..60 {
            self.ask(&format!("Other {n}"), &[])
                .await
                .bytes()
                .await
                .unwrap();
            if n > 3 && works(&self.desk.snapshot().await) {
                return;
            }
        }
        panic!("the incident never closes");
    }

    async fn item(&self, id: &str) -> Value {
        self.desk.get(&format!("/review/{id}")).await
    }

    async fn sentence(&self, id: &str, wanted: &str) {
        let has_sentence = |item: &Value| {
            let drain = item["summary"]["drain"].as_str();
            drain.is_some_and(|drain| drain.contains(wanted))
        };
        self.desk
            .until_page(&format!("/review/{id}"), has_sentence)
            .await;
    }

    async fn settled(&self, id: &str, note: &str) -> Value {
        let is_answered = |item: &Value| item["summary"]["state"] == "answered";
        let path = format!("/review/{id}");
        let item = self.desk.until_page(&path, is_answered).await;
        assert_eq!(item["summary"]["note"], note, "{item}");
        item
    }

    fn requested_of(&self, item: &str) -> usize {
        let received = self.lead.stage.received();
        let is_it = |body: &[u8]| text(body).contains(&format!("\"{item}\""));
        received.iter().filter(|one| is_it(&one.body)).count()
    }
}

fn exported(desk: &Desk) -> String {
    let file = desk.file("exported.json");
    desk.printed(&["export", file.to_str().unwrap()]);
    text(&std::fs::read(file).unwrap())
}

fn signed(call: &Call) {
    signed_with(call, SECRET);
}

fn signed_with(call: &Call, secret: &str) {
    let header = |name: &str| call.headers[name].to_str().unwrap();
    let key = STANDARD
        .decode(secret.trim_start_matches("whsec_"))
        .unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).as_bytes());
    mac.update(&call.body);
    let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(header("webhook-signature"), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_outage_each_response_goes_to_the_webhook_once() {
    let (receiver, address) = Receiver::start().await;
    let rig = Rig::new(&format!(
        "delivery = {{ url = \"{address}/hook\", secret_env = \"LEADS_SECRET\" }}\ndrain = true"
    ))
    .await;
    let first = rig.park("a", &[("idempotency-key", "key-a")]).await;
    let second = rig.park("b", &[]).await;
    rig.sentence(&first, "Waits until lead-1 has answered again.")
        .await;
    assert_eq!(receiver.calls().len(), 0);
    let before = (rig.requested_of("a"), rig.requested_of("b"));
    // One delivery fails at first.
    receiver.answers([Some((503, "busy"))]);
    rig.heals().await;
    let item = rig.settled(&first, "Delivered to the webhook.").await;
    rig.settled(&second, "Delivered to the webhook.").await;
    let calls = receiver.until(3).await;
    assert_eq!(calls.len(), 3, "{calls:?}");
    let ids: Vec<&str> = calls
        .iter()
        .map(|call| call.headers["webhook-id"].to_str().unwrap())
        .collect();
    assert_eq!(ids.iter().filter(|id| **id == first).count(), 2, "{ids:?}");
    assert_eq!(ids[0], first, "the oldest first");
    calls.iter().for_each(signed);
    let sent: Value = serde_json::from_slice(&calls[0].body).unwrap();
    assert_eq!(sent["type"], "review.answered");
    assert_eq!(sent["data"]["id"], first);
    assert_eq!(sent["data"]["pipeline"], "Leads");
    assert_eq!(
        sent["data"]["response"]["choices"][0]["finish_reason"], "stop",
        "{sent}"
    );
    assert_eq!(
        (rig.requested_of("a"), rig.requested_of("b")),
        (before.0 + 1, before.1 + 1)
    );

    let attempts = item["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2, "{item}");
    assert_eq!(
        (&attempts[0]["answered"], &attempts[1]["answered"]),
        (&json!(false), &json!(true))
    );
    assert!(
        attempts[0]["reason"]
            .as_str()
            .unwrap()
            .contains("overloaded"),
        "{item}"
    );
    // The client's later retry gets the kept response, and nothing is delivered again.
    let retried = rig.ask("a", &[("idempotency-key", "key-a")]).await;
    assert_eq!(retried.headers()["idempotency-replayed"], "true");
    let list = rig.desk.printed(&["review", "list"]);
    assert!(list.contains("Note: Delivered to the webhook."), "{list}");
    assert_eq!(receiver.calls().len(), 3);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_during_a_delivery_repeats_it_under_the_same_id() {
    let (receiver, address) = Receiver::start().await;
    let mut rig = Rig::new(&format!(
        "delivery = {{ url = \"{address}/hook\", secret_env = \"LEADS_SECRET\" }}\ndrain = true"
    ))
    .await;
    let id = rig.park("a", &[]).await;
    receiver.answers([None]);
    rig.heals().await;
    receiver.until(1).await;
    let requested = rig.requested_of("a");
    rig.desk.kill();
    rig.desk.start();
    rig.settled(&id, "Delivered to the webhook.").await;
    let calls = receiver.calls();
    assert_eq!(calls.len(), 2);
    for call in &calls {
        assert_eq!(call.headers["webhook-id"], *id);
        signed(call);
    }
    assert_eq!(calls[0].body[..20], calls[1].body[..20]);
    assert_eq!(
        rig.requested_of("a"),
        requested,
        "the model gets no second request"
    );
}

/// A receiver that may do its work twice never gets a second call after an unknown outcome.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_during_a_delivery_to_any_other_url_waits_for_the_owner() {
    let (receiver, address) = Receiver::start().await;
    let mut rig = Rig::new("delivery = \"resume\"\ndrain = true").await;
    let url = format!("{address}/continue?secret=s3cr3t");
    let id = rig.park("a", &[("x-understudy-resume", &url)]).await;
    receiver.answers([None]);
    rig.heals().await;
    receiver.until(1).await;
    rig.desk.kill();
    rig.desk.start();
    rig.sentence(&id, "it is not known whether its receiver has the response")
        .await;
    assert_eq!(receiver.calls().len(), 1);
    let shown = rig.item(&id).await.to_string();
    assert!(!shown.contains("s3cr3t"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_workflow_of_n8n_is_resumed_once() {
    let (receiver, address) = Receiver::start().await;
    let rig = Rig::new("delivery = \"resume\"\ndrain = true").await;
    let url = format!("{address}/webhook-waiting/7?signature=00ff00ff");
    let id = rig.park("a", &[("x-understudy-resume", &url)]).await;
    // The workflow reaches its Wait node later.
    let running = "{\"code\":409,\"message\":\"The execution \\\"7\\\" is running already.\"}";
    receiver.answers([Some((409, running))]);
    rig.heals().await;
    rig.settled(&id, "Delivered to the workflow that waited for it.")
        .await;
    let calls = receiver.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    for call in &calls {
        assert_eq!(
            call.target,
            "/webhook-waiting/7/understudy?signature=00ff00ff"
        );
        let sent: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(sent["data"]["status"], 200);
    }

    let refused = rig.park("b", &[("x-understudy-resume", &url)]).await;
    receiver.answers([Some((401, "{\"error\":\"Invalid token\"}"))]);
    rig.heals().await;
    rig.sentence(&refused, "refused the resume URL's signature")
        .await;
    let snapshot = rig.desk.snapshot().await;
    let has = |title: &str| snapshot.notifications.iter().any(|n| n.title == title);
    assert!(
        has("A response of Leads could not be delivered"),
        "{:?}",
        snapshot.notifications
    );
    assert_eq!(receiver.calls().len(), 3);

    let shown = [
        rig.item(&id).await.to_string(),
        json!(snapshot).to_string(),
        rig.desk.log(),
        rig.desk.printed(&["review", "list", "--json"]),
        rig.desk.printed(&["review", "show", &refused]),
        exported(&rig.desk),
    ];
    for text in shown {
        assert!(!text.contains("00ff00ff"), "{text}");
    }
    assert!(
        rig.lead
            .stage
            .received()
            .iter()
            .all(|one| !one.headers.contains_key("x-understudy-resume"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_switch_shows_the_cost_first_and_a_caller_fetches() {
    let rig = Rig::new("delivery = \"fetch\"").await;
    let id = rig.park("a", &[]).await;
    rig.sentence(
        &id,
        "Waits for one click: draining is off for this pipeline.",
    )
    .await;
    let offered = rig
        .desk
        .printed(&["review", "drain", "--pipeline", "Leads"]);
    assert!(
        offered.starts_with("Draining of Leads is off. 1 request waits: about $0"),
        "{offered}"
    );
    assert!(offered.contains("daily cap of $10"), "{offered}");
    let refused = rig
        .desk
        .output_with_input(&["review", "drain", "on", "--pipeline", "Leads"], "n\n");
    assert!(refused.contains("Nothing was changed."), "{refused}");
    let unknown = rig
        .desk
        .run(&["review", "drain", "on", "--pipeline", "Leeds", "--yes"]);
    assert!(text(&unknown.stderr).contains("no pipeline Leeds"));

    let on = rig
        .desk
        .printed(&["review", "drain", "on", "--pipeline", "Leads", "--yes"]);
    assert!(on.contains("Draining of Leads is on."), "{on}");
    let settings = std::fs::read_to_string(rig.desk.file("settings.toml")).unwrap();
    assert!(settings.contains("name = \"Leads\" # mine") && settings.contains("drain = true"));
    let fetch = async || {
        let url = format!("{}/v1/reviews/{id}", rig.desk.base());
        rig.desk.http.get(url).send().await.unwrap()
    };
    assert_eq!(fetch().await.status().as_u16(), 202);
    rig.heals().await;
    rig.sentence(
        &id,
        &format!("its caller fetches the response at /reviews/{id}"),
    )
    .await;
    let fetched = fetch().await;
    assert_eq!(fetched.status().as_u16(), 200);
    let answer: Value = fetched.json().await.unwrap();
    assert_eq!(answer["choices"][0]["finish_reason"], "stop", "{answer}");
    rig.settled(&id, "Delivered to its caller, which fetched it.")
        .await;
    let off = rig
        .desk
        .printed(&["review", "drain", "off", "--pipeline", "Leads"]);
    assert!(off.contains("is off"), "{off}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_items_are_closed_opened_and_run_at_once() {
    let rig = Rig::new("").await;
    let (a, b) = (rig.park("a", &[]).await, rig.park("b", &[]).await);
    rig.sentence(&a, "Waits for one click: this pipeline has no receiver.")
        .await;
    let post = async |path: &str, body: Value| {
        let (status, reply) = rig.desk.control(Method::POST, path, Some(body)).await;
        assert!(status.is_success(), "{reply}");
        reply["said"].as_str().unwrap().to_owned()
    };
    let ids = json!([a, b]);
    let closed = json!({ "ids": ids, "as": "done", "note": "by hand" });
    assert_eq!(
        post("/review/close", closed.clone()).await,
        "2 items: closed."
    );
    let (status, _) = rig
        .desk
        .control(Method::POST, "/review/close", Some(closed))
        .await;
    assert_eq!(status.as_u16(), 422);
    assert_eq!(
        post("/review/reopen", json!({ "ids": ids })).await,
        "2 items: open again."
    );
    rig.heals().await;
    let ran = post("/review/retry", json!({ "ids": [a] })).await;
    assert_eq!(ran, "1 request is run again.");
    rig.desk.until("one left", |s| s.review_open == 1).await;
    rig.desk
        .until("ended", |s| {
            s.review_retry.as_ref().is_some_and(|r| r.ended.is_some())
        })
        .await;
    let ran = rig.desk.printed(&["review", "run", "--pipeline", "Leads"]);
    assert!(ran.contains("1 request is run again."), "{ran}");
    rig.desk.until("none left", |s| s.review_open == 0).await;
}
