//! Effects that need a complete response before them.

use reqwest::StatusCode;
use serde_json::json;

use super::receiver::Receiver;
use super::{effect, keyed, received};
use crate::desk::{Desk, Upstream, two_endpoints};

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_is_sent_only_after_a_complete_response() {
    let receiver = Receiver::start().await;
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    let settings = two_endpoints(&lead.address, &second.address);
    desk.settings(&format!(
        "{settings}{}",
        effect("invoice", &receiver, "after = \"completion\"")
    ));
    desk.start();
    let missing = received(keyed(&desk, "order-1")).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST, "{missing:?}");
    let message = missing.body["error"]["message"].as_str().unwrap();
    assert!(message.contains("x-understudy-exchange"), "{message}");

    let body = json!({ "model": "m", "messages": [{ "role": "user", "content": "Hello" }] });
    let exchange = async || {
        let response = desk.ask("/v1/chat/completions", &body).await;
        let id = response.headers()["x-understudy-exchange"].clone();
        response.bytes().await.unwrap();
        id
    };
    let complete = exchange().await;
    let sent = received(keyed(&desk, "order-1").header("x-understudy-after", &complete)).await;
    assert_eq!(sent.status, StatusCode::CREATED, "{sent:?}");
    let page = desk.get("/effects?all=true").await;
    let id = page["items"][0]["id"].as_str().unwrap();
    let shown = desk.get(&format!("/effects/{id}")).await;
    let after = shown["after_request"].as_i64().unwrap();
    let recorded = desk.get(&format!("/exchanges/{after}")).await;
    assert_eq!(recorded["request_id"], complete.to_str().unwrap());
    // The result is replayed also without it.
    assert!(received(keyed(&desk, "order-1")).await.replayed);

    for upstream in [&lead, &second] {
        upstream.stage.outage(Some("503".parse().unwrap()));
    }
    let failed = exchange().await;
    let refused = received(keyed(&desk, "order-2").header("x-understudy-after", &failed)).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    let message = refused.body["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("got no response from any provider"),
        "{message}"
    );
    let unknown = received(keyed(&desk, "order-2").header("x-understudy-after", "v0000")).await;
    assert_eq!(unknown.status, StatusCode::TOO_EARLY, "{unknown:?}");
    assert_eq!(receiver.requests().len(), 1);
}
