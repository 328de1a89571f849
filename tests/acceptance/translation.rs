//! A fallback of another dialect, through the real engine.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::desk::{Desk, Upstream, text};

/// The primary uses Messages and is down; the second endpoint supports only Responses.
async fn desk() -> (Desk, Upstream, Upstream) {
    let (lead, second) = (Upstream::start().await, Upstream::start().await);
    lead.stage.outage(Some("503".parse().unwrap()));
    let mut desk = Desk::new();
    let endpoint = |id: &str, base: &str, dialect: &str| {
        format!("[[endpoint]]\nid = \"{id}\"\nbase = \"{base}\"\ndialects = [\"{dialect}\"]\n")
    };
    desk.settings(&format!(
        "[[route]]\nname = \"work\"\ndialect = \"anthropic\"\nmodels = \"*\"\n\
         candidates = [\"lead\", {{ endpoint = \"second\", model = \"gpt-9\" }}]\n{}{}",
        endpoint("lead", &lead.address, "anthropic"),
        endpoint("second", &second.address, "openai-responses"),
    ));
    desk.start();
    (desk, lead, second)
}

fn question() -> Value {
    json!({
        "model": "claude-9", "max_tokens": 99, "stream": true,
        "system": [{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" } }],
        "messages": [{ "role": "user", "content": "Hi" }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_translated_response_and_its_dropped_fields_are_recorded() {
    let (desk, _lead, second) = desk().await;
    let response = desk.ask("/v1/messages", &question()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["x-understudy-model"], "gpt-9");
    let received = response.text().await.unwrap();
    assert_eq!(
        received.matches("event: message_stop").count(),
        1,
        "{received}"
    );
    let requested = second.stage.received();
    assert_eq!(requested[0].path, "/v1/responses");
    assert_eq!(requested[0].model.as_deref(), Some("gpt-9"));

    let rows = desk.exchanges(1).await;
    let last = rows[0]["attempts"].as_array().unwrap().last().unwrap();
    assert_eq!(last["spoken"], "openai-responses");
    let left_out = last["left_out"][0].as_str().unwrap();
    assert!(left_out.contains("cache_control"), "{left_out}");
    assert!(left_out.contains("a prompt cache"), "{left_out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_explained_by_the_candidates_that_support_it() {
    let (desk, _lead, second) = desk().await;
    let any = desk.printed(&["route", "explain", "claude-9"]);
    let translated = "2. second with gpt-9: fallback 1, translated to openai-responses";
    assert!(any.contains(translated), "{any}");

    let mut body = question();
    let this = desk.output_with_input(&["route", "explain", "--request", "-"], &body.to_string());
    assert!(this.contains(translated), "{this}");
    // Responses has no stop sequences.
    body["stop_sequences"] = json!(["END"]);
    let not_this =
        desk.output_with_input(&["route", "explain", "--request", "-"], &body.to_string());
    let why = "-  second with gpt-9: the request needs stop sequences, which openai-responses does not have";
    assert!(not_this.contains(why), "{not_this}");

    let response = desk.ask("/v1/messages", &body).await;
    let status = response.status();
    let received = response.text().await.unwrap();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{received}");
    assert!(received.contains("second was not used"), "{received}");
    assert_eq!(second.posts(), 0);
    let rows = desk.exchanges(1).await;
    let passed_over = rows[0]["passed_over"][0].as_str().unwrap();
    assert!(passed_over.contains("stop sequences"), "{passed_over}");

    let none = desk.run(&["route", "explain", "--request", "no-such-file"]);
    assert_eq!(none.status.code(), Some(2));
    let printed = text(&none.stderr);
    assert!(printed.contains("no-such-file cannot be used"), "{printed}");
}
