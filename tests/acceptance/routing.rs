//! The candidates, with reasons and cost.

use reqwest::StatusCode;
use serde_json::json;

use crate::desk::{Desk, Upstream, text, two_endpoints};

/// The primary fails; the second endpoint has a key that is billed.
async fn desk_with(fallback: &str) -> (Desk, Upstream, Upstream) {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    lead.stage.outage(Some("500".parse().unwrap()));
    let mut desk = Desk::new();
    let endpoints = two_endpoints(&lead.address, &second.address).replace(
        "id = \"second\"\n",
        "id = \"second\"\nkey_env = \"SECOND_KEY\"\nserves = [\"gpt-*\"]\n",
    );
    desk.env("SECOND_KEY", "a-key");
    desk.settings(&format!("[fallback]\n{fallback}\n{endpoints}"));
    desk.start();
    (desk, lead, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_explained_with_the_reason_for_each_place() {
    let (desk, _lead, _second) = desk_with("").await;
    let printed = desk.printed(&["route", "explain", "gpt-9"]);
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(
        lines[0],
        "gpt-9 (anthropic), route work anthropic, delivered as the client needs:"
    );
    assert!(
        lines[1].starts_with("1. lead with gpt-9: the primary"),
        "{printed}"
    );
    assert!(
        lines[2].starts_with("2. second with gpt-9: fallback 1, with your key"),
        "{printed}"
    );
    let other = desk.printed(&[
        "route",
        "explain",
        "maker/model-1",
        "--dialect",
        "openai-chat",
        "--json",
    ]);
    let received: serde_json::Value = serde_json::from_str(&other).unwrap();
    assert_eq!(received["candidates"][1]["usable"], false);
    let why = received["candidates"][1]["reason"].as_str().unwrap();
    assert!(why.contains("name the model to use instead"), "{why}");
    let unknown = desk.run(&["route", "explain", "m", "--dialect", "gemini"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_daily_cap_the_providers_error_is_returned_and_the_plan_states_it() {
    let body = json!({ "model": "gpt-9", "max_tokens": 9, "stream": true, "messages": [{ "role": "user", "content": "Hi" }] });
    let (desk, _lead, second) = desk_with("dollars_a_day = 0").await;
    let response = desk.ask("/v1/messages", &body).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(second.posts(), 0);
    assert!(!response.headers().contains_key("x-understudy-review-id"));
    let printed = desk.printed(&["route", "explain", "gpt-9"]);
    assert!(
        printed.contains("the daily cap of $0 for fallbacks is used up"),
        "{printed}"
    );

    // A pipeline's request is parked.
    let parked = desk
        .http
        .post(format!("{}/v1/messages", desk.base()))
        .header("x-understudy-pipeline", "Leads")
        .json(&body)
        .send()
        .await
        .unwrap();
    assert_eq!(parked.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let id = parked.headers()["x-understudy-review-id"].clone();
    parked.text().await.unwrap();
    desk.until("the parked request", |s| s.review_open == 1)
        .await;
    let queue = desk.get("/review").await;
    assert_eq!(queue["items"][0]["id"], id.to_str().unwrap(), "{queue}");
    assert_eq!(second.posts(), 0);

    // A model without a price counts at the highest price: one response exceeds this small cap.
    let (desk, _lead, second) = desk_with("dollars_a_day = 0.000001").await;
    let response = desk.ask("/v1/messages", &body).await;
    assert_eq!(response.headers()["x-understudy-endpoint"], "second");
    assert_eq!(response.headers()["x-understudy-fallback"], "transient");
    response.text().await.unwrap();
    desk.until("the notice of the cap", |s| {
        s.notifications
            .iter()
            .any(|n| n.title.contains("for fallbacks is used up"))
    })
    .await;
    let response = desk.ask("/v1/messages", &body).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(second.posts(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_consent_is_requested_once_and_survives_a_restart() {
    let (mut desk, _lead, _second) = desk_with("").await;
    let allowed = async |desk: &Desk| desk.snapshot().await.engine.paid_fallbacks.allowed;
    assert_eq!(allowed(&desk).await, None);
    let printed = desk.printed(&["paid-fallbacks", "yes"]);
    assert!(printed.contains("up to the daily cap"), "{printed}");
    assert_eq!(allowed(&desk).await, Some(true));
    desk.kill();
    desk.start();
    assert_eq!(allowed(&desk).await, Some(true));
    let printed = desk.printed(&["paid-stand-ins", "no"]);
    assert!(printed.contains("never"), "{printed}");
    assert_eq!(allowed(&desk).await, Some(false));

    let (desk, _lead, _second) = desk_with("subscription_to_paid_key = \"yes\"").await;
    let received = desk.snapshot().await.engine.paid_fallbacks;
    assert_eq!(
        (received.allowed, received.by_settings_file, received.cap),
        (Some(true), true, 10_000_000)
    );
}
