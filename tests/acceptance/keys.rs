//! Keys: tested once, and their place is shown.

use serde_json::json;

use crate::desk::{Desk, Upstream, text};

pub(crate) fn own(upstream: &Upstream) -> String {
    format!(
        "[[endpoint]]\nid = \"own\"\nname = \"Own\"\nbase = \"{}/v1\"\ndialects = [\"openai-chat\"]\nserves = [\"own-*\"]\nkey_env = \"OWN_KEY\"\n",
        upstream.address
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_a_key_works_until_the_engine_stops_and_this_is_stated() {
    let upstream = Upstream::start().await;
    let mut desk = Desk::new();
    desk.settings(&own(&upstream));
    desk.start();
    let printed = desk.output_with_input(&["key", "add", "own"], "sk-own-secret\n");
    assert!(
        printed.contains("The provider accepted the key")
            && printed.contains("no keychain")
            && printed.contains("OWN_KEY"),
        "{printed}"
    );
    let tried = upstream
        .stage
        .received()
        .into_iter()
        .find(|r| r.path == "/v1/models")
        .unwrap();
    assert!(
        tried.headers.iter().any(
            |(name, value)| name.as_str() == "authorization" && value == "Bearer sk-own-secret"
        ),
        "{:?}",
        tried.headers
    );
    let response = desk
        .ask(
            "/v1/chat/completions",
            &json!({ "model": "own-1", "messages": [{ "role": "user", "content": "x" }] }),
        )
        .await;
    assert_eq!(response.status(), 200);
    let requested = upstream
        .stage
        .received()
        .into_iter()
        .find(|r| r.method == "POST")
        .unwrap();
    assert!(
        requested.headers.iter().any(
            |(name, value)| name.as_str() == "authorization" && value == "Bearer sk-own-secret"
        )
    );
    assert!(
        desk.printed(&["key", "list"])
            .contains("until the engine stops")
    );
    assert!(desk.printed(&["key", "remove", "own"]).contains("removed"));
    let response = desk
        .ask(
            "/v1/chat/completions",
            &json!({ "model": "own-1", "messages": [] }),
        )
        .await;
    assert_eq!(response.status(), 403);
    for file in ["engine.log", "ledger.sqlite", "settings.toml"] {
        let bytes = std::fs::read(desk.file(file)).unwrap();
        assert!(
            !text(&bytes).contains("sk-own-secret"),
            "the key stands in {file}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_from_the_environment_is_used_and_named() {
    let upstream = Upstream::start().await;
    let mut desk = Desk::new();
    desk.settings(&own(&upstream));
    desk.env("OWN_KEY", "sk-from-env");
    desk.start();
    assert!(desk.printed(&["key", "list"]).contains("from OWN_KEY"));
    let response = desk
        .ask(
            "/v1/chat/completions",
            &json!({ "model": "own-1", "messages": [{ "role": "user", "content": "x" }] }),
        )
        .await;
    assert_eq!(response.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_endpoint_and_an_invalid_key_are_refused() {
    let desk = Desk::started();
    for (endpoint, key, word) in [
        ("nobody", "sk-1", "no endpoint"),
        ("anthropic", "two words", "one word"),
    ] {
        let (status, answer) = desk
            .control(
                reqwest::Method::PUT,
                &format!("/keys/{endpoint}"),
                Some(json!({ "key": key })),
            )
            .await;
        assert!(
            status.is_client_error() && answer["error"].as_str().unwrap().contains(word),
            "{answer}"
        );
    }
}
