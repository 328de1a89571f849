//! What an on-call engineer sees without a token: health, metrics, and a page for a browser.

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, two_endpoints};

fn question(model: &str) -> Value {
    json!({ "model": model, "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }] })
}

async fn page(desk: &Desk, path: &str) -> (u16, String) {
    let url = format!("{}{path}", desk.address());
    let response = desk.http.get(url).send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_count_what_happened_and_tell_a_breakers_state_of_the_moment() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    lead.stage.outage(Some("529".parse().unwrap()));
    for _ in 0..3 {
        desk.ask("/v1/messages", &question("m"))
            .await
            .bytes()
            .await
            .unwrap();
    }
    desk.exchanges(3).await;
    let (status, metrics) = page(&desk, "/metrics").await;
    assert_eq!(status, 200);
    for line in [
        "understudy_exchanges_total{outcome=\"complete\",provider=\"second\",model=\"m\",route=\"work anthropic\",pipeline=\"\",client=\"application\"} 3",
        "understudy_failovers_total{from=\"lead\",to=\"second\"} 3",
        "understudy_exchange_duration_seconds_count{provider=\"second\",model=\"m\"} 3",
        "understudy_breaker_state{provider=\"lead\",endpoint=\"lead\",model=\"m\"} 2",
        "understudy_breaker_open{endpoint=\"lead\",model=\"m\"} 1",
        "understudy_exchanges_today{kind=\"all\"} 3",
        "understudy_review_depth 0",
    ] {
        assert!(
            metrics.contains(&format!("\n{line}\n")),
            "{line}\n{metrics}"
        );
    }

    // A try now half-opens it, and its success closes it: both at once, without another event.
    lead.stage.outage(None);
    let command = json!({ "do": "try_now", "endpoint": "lead", "model": "m" });
    let (status, said) = desk
        .control(reqwest::Method::POST, "/do", Some(command))
        .await;
    assert_eq!(status, 200, "{said}");
    let (_, metrics) = page(&desk, "/metrics").await;
    let state = "understudy_breaker_state{provider=\"lead\",endpoint=\"lead\",model=\"m\"}";
    assert!(metrics.contains(&format!("{state} 1\n")), "{metrics}");
    assert!(
        metrics.contains("understudy_breaker_open{endpoint=\"lead\",model=\"m\"} 0\n"),
        "{metrics}"
    );
    desk.ask("/v1/messages", &question("m"))
        .await
        .bytes()
        .await
        .unwrap();
    let (_, metrics) = page(&desk, "/metrics").await;
    assert!(!metrics.contains(&format!("{state} 2\n")), "{metrics}");
    assert!(!metrics.contains(&format!("{state} 1\n")), "{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_needs_no_token_and_tells_a_stop() {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    let mut desk = Desk::new();
    desk.settings(&two_endpoints(&lead.address, &second.address));
    desk.start();
    assert_eq!(
        page(&desk, "/healthz").await,
        (200, "{\"status\":\"ok\"}".to_owned())
    );
    let probe = desk.http.get(format!("{}/healthz", desk.address()));
    let by_ip = probe.header("host", "10.1.2.3").send().await.unwrap();
    assert_eq!(
        by_ip.status(),
        200,
        "a container's probe asks by its address"
    );

    lead.stage.outage(Some("drip:300ms".parse().unwrap()));
    let mut body = question("m");
    body["stream"] = json!(true);
    let mut open = desk.ask("/v1/messages", &body).await.bytes_stream();
    open.next().await.unwrap().unwrap();
    let address = desk.address();
    desk.said(&["stop"]);
    let health = desk.http.get(format!("{address}/healthz"));
    let health = health.send().await.unwrap();
    assert_eq!(health.status(), 503);
    assert_eq!(health.text().await.unwrap(), "{\"status\":\"draining\"}");
    drop(open);
    desk.ended();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_led_to_the_page_from_every_address_of_the_port() {
    let desk = Desk::started();
    for address in [
        format!("{}/", desk.address()),
        desk.base(),
        format!("{}/", desk.base()),
    ] {
        let browser = desk.http.get(&address).header("accept", "text/html,*/*");
        let response = browser.send().await.unwrap();
        assert_eq!(response.status(), 307, "{address}");
        assert_eq!(response.headers()["location"], "/ui/", "{address}");
    }
    let client = desk.http.get(desk.base()).send().await.unwrap();
    assert_eq!(client.text().await.unwrap(), "{\"understudy\":\"ready\"}");
}
