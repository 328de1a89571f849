//! State of a failing endpoint: kept across a restart, tested by probes, and overridden by the owner.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, two_endpoints};

fn body() -> Value {
    json!({ "model": "model-x", "max_tokens": 9, "stream": true, "messages": [{ "role": "user", "content": "Hello" }] })
}

/// Sends requests until the primary's breaker is open: three failures in a row.
async fn open_the_leads_breaker(desk: &Desk, lead: &Upstream) {
    lead.stage.outage(Some("500".parse().unwrap()));
    for _ in 0..2 {
        assert_eq!(answered_by(desk).await, "second");
    }
    desk.until("open", |s| breaker(s).starts_with("open until"))
        .await;
}

/// The breaker state of the lead's model; `None`: closed.
async fn gauge(desk: &Desk) -> Option<String> {
    let page = desk.metrics().await;
    let of_lead = "understudy_breaker_open{endpoint=\"lead\",model=\"model-x\"} ";
    let mut lines = page.lines();
    lines
        .find_map(|line| line.strip_prefix(of_lead))
        .map(str::to_owned)
}

async fn answered_by(desk: &Desk) -> String {
    let response = desk.ask("/v1/messages", &body()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let by = response.headers()["x-understudy-provider"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(response.text().await.unwrap().contains("message_stop"));
    by
}

fn breaker(snapshot: &api::Snapshot) -> String {
    let endpoints = snapshot.providers.iter().flat_map(|p| &p.endpoints);
    let models = endpoints
        .filter(|e| e.id == "lead")
        .flat_map(|e| &e.models)
        .find(|m| m.model == "model-x");
    models.map_or_else(|| "closed".into(), |m| m.breaker.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_survives_a_restart_and_try_now_overrides_it() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    open_the_leads_breaker(&desk, &lead).await;
    lead.stage.outage(None);
    desk.kill();
    desk.start();
    let before = lead.posts();
    assert_eq!(answered_by(&desk).await, "second");
    assert_eq!(lead.posts(), before, "nobody asked who is known to fail");

    let now = json!({ "do": "try_now", "endpoint": "lead", "model": "model-x" });
    let (status, printed) = desk.control(Method::POST, "/do", Some(now.clone())).await;
    assert!(status.is_success(), "{printed}");
    assert_eq!(answered_by(&desk).await, "lead");
    desk.until("closed", |s| breaker(s) == "closed").await;
    let (status, printed) = desk.control(Method::POST, "/do", Some(now)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{printed}");

    // A closed breaker is not stored either.
    desk.kill();
    desk.start();
    assert_eq!(breaker(&desk.snapshot().await), "closed");
    assert_eq!(answered_by(&desk).await, "lead");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_detects_the_recovery() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let text = two_endpoints(&lead.address, &second.address).replace(
        "id = \"lead\"\n",
        "id = \"lead\"\nprobe_model = \"model-tiny\"\n",
    );
    desk.settings(&text);
    desk.start();
    open_the_leads_breaker(&desk, &lead).await;
    lead.stage.outage(None);
    let look = json!({ "do": "check_now" });
    let (status, printed) = desk.control(Method::POST, "/do", Some(look)).await;
    assert!(status.is_success(), "{printed}");
    desk.until("half-open", |s| breaker(s) == "half-open").await;
    assert_eq!(answered_by(&desk).await, "lead");
}

/// No client uses the model any more, and the tray must still not stay red.
#[tokio::test(flavor = "multi_thread")]
async fn a_recovered_model_is_operational_without_a_request() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let text = two_endpoints(&lead.address, &second.address).replace(
        "id = \"lead\"\n",
        "id = \"lead\"\nprobe_model = \"model-tiny\"\n",
    );
    desk.settings(&text);
    desk.start();
    open_the_leads_breaker(&desk, &lead).await;
    desk.until("red", |s| verdict(s) == api::Level::MajorOutage)
        .await;
    lead.stage.outage(None);
    let before = lead.posts();
    let look = || async {
        let look = json!({ "do": "check_now" });
        let (status, printed) = desk.control(Method::POST, "/do", Some(look)).await;
        assert!(status.is_success(), "{printed}");
    };
    look().await;
    desk.until("half-open", |s| breaker(s) == "half-open").await;
    // A half-open breaker does not block requests.
    assert_eq!(gauge(&desk).await.as_deref(), Some("0"));
    // A single success is not enough.
    look().await;
    let operational = |s: &api::Snapshot| verdict(s) == api::Level::Operational;
    desk.until("green", operational).await;
    assert_eq!(
        gauge(&desk).await,
        None,
        "closed, though no request asked for it"
    );
    let requested = lead.stage.received().split_off(before);
    let probed = requested
        .iter()
        .filter(|r| r.model.as_deref() == Some("model-x"));
    assert_eq!(probed.count(), 2, "{requested:?}");
}

fn verdict(snapshot: &api::Snapshot) -> api::Level {
    let lead = snapshot.providers.iter().find(|p| p.id == "lead");
    lead.map_or(api::Level::Unknown, |lead| lead.level)
}
