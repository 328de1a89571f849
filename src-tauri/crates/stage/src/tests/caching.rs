//! Prompt caches, with each vendor's usage fields.

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};
use tokio::time::advance;

use super::client::{generate, generate_with, request};
use crate::{Family, Stage};

/// A conversation with this many exchanges and a long prefix; its last block has the mark.
fn conversation(model: &str, turns: usize, ttl: &str) -> Value {
    let mark = json!({"type": "ephemeral", "ttl": ttl});
    let mut ask = request(Dialect::Anthropic, model, false, "");
    ask["system"] = json!([{"type": "text", "text": "rule ".repeat(2000), "cache_control": mark}]);
    let mut messages = Vec::new();
    for turn in 0..turns {
        messages.push(json!({"role": "user", "content": [{"type": "text", "text": format!("question {turn}")}]}));
        messages.push(json!({"role": "assistant", "content": [{"type": "text", "text": format!("answer {turn}")}]}));
    }
    messages.push(json!({"role": "user", "content": [{"type": "text", "text": "and now?", "cache_control": mark}]}));
    ask["messages"] = messages.into();
    ask
}

async fn counted(stage: &Stage, ask: &Value) -> [u64; 3] {
    let reply = generate(stage, Dialect::Anthropic, ask).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let usage = reply.json()["usage"].take();
    [
        "input_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    ]
    .map(|name| usage[name].as_u64().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_session_that_stays_reads_its_prefix_and_a_late_one_writes_it_again() {
    let stage = Stage::any_model().acting(Family::Anthropic);
    let ask = |turns: usize| conversation("claude-sonnet-4-5", turns, "5m");
    let [_, read, written] = counted(&stage, &ask(0)).await;
    assert_eq!(read, 0);
    assert!(written > 2500);
    for turn in 1..4 {
        advance(Duration::from_secs(200)).await;
        let [_, read, new] = counted(&stage, &ask(turn)).await;
        assert!(read >= 2500 && new < 200, "turn {turn}: {read} {new}");
    }
    advance(Duration::from_secs(301)).await;
    let [_, read, again] = counted(&stage, &ask(4)).await;
    assert_eq!(read, 0, "cold");
    assert!(again > 2500);
}

#[tokio::test(start_paused = true)]
async fn a_mark_of_an_hour_lasts_longer_and_is_reported_separately() {
    let stage = Stage::any_model().acting(Family::Anthropic);
    let ask = conversation("claude-sonnet-4-5", 0, "1h");
    let reply = generate(&stage, Dialect::Anthropic, &ask).await.json();
    let creation = &reply["usage"]["cache_creation"];
    assert_eq!(creation["ephemeral_5m_input_tokens"], 0);
    assert_eq!(
        creation["ephemeral_1h_input_tokens"],
        reply["usage"]["cache_creation_input_tokens"]
    );
    advance(Duration::from_secs(3000)).await;
    let [_, read, _] = counted(&stage, &ask).await;
    assert!(read > 2500);
}

#[tokio::test(start_paused = true)]
async fn a_cache_is_limited_to_one_model_effort_and_owner() {
    let stage = Stage::any_model().acting(Family::Anthropic);
    let ask = conversation("claude-sonnet-4-5", 0, "5m");
    counted(&stage, &ask).await;
    let [_, read, _] = counted(&stage, &conversation("claude-haiku-4-5", 0, "5m")).await;
    assert_eq!(read, 0, "another model");
    let mut effort = ask.clone();
    effort["output_config"] = json!({"effort": "low"});
    assert_eq!(counted(&stage, &effort).await[1], 0, "another effort");
    let other = generate_with(&stage, Dialect::Anthropic, "x-api-key: sk-other\r\n", &ask)
        .await
        .json();
    assert_eq!(
        other["usage"]["cache_read_input_tokens"], 0,
        "another organisation"
    );
    assert!(counted(&stage, &ask).await[1] > 0, "its own is there still");
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_writes_no_cache() {
    let stage = Stage::any_model().acting(Family::Anthropic);
    let mut ask = conversation("claude-sonnet-4-5@529", 0, "5m");
    assert_eq!(generate(&stage, Dialect::Anthropic, &ask).await.status, 529);
    ask["model"] = "claude-sonnet-4-5".into();
    assert_eq!(counted(&stage, &ask).await[1], 0);
}

#[tokio::test(start_paused = true)]
async fn vendors_with_automatic_caches_report_them_in_their_fields() {
    for (family, model, place) in [
        (
            Family::OpenAi,
            "gpt-6.1-sol",
            "/usage/prompt_tokens_details/cached_tokens",
        ),
        (
            Family::DeepSeek,
            "deepseek-v4-pro",
            "/usage/prompt_cache_hit_tokens",
        ),
        (Family::Moonshot, "kimi-k2.6", "/usage/cached_tokens"),
        (
            Family::Xai,
            "grok-4.7",
            "/usage/prompt_tokens_details/cached_tokens",
        ),
    ] {
        let stage = Stage::any_model().acting(family);
        let ask = request(Dialect::OpenaiChat, model, false, &"word ".repeat(2000));
        let cached = |reply: Value| reply.pointer(place).unwrap().as_u64().unwrap();
        let first = generate(&stage, Dialect::OpenaiChat, &ask).await;
        assert_eq!(first.status, 200, "{}", first.text());
        let first = first.json();
        if family == Family::OpenAi {
            assert!(
                first["usage"]["prompt_tokens_details"]["cache_write_tokens"]
                    .as_u64()
                    .unwrap()
                    > 2000
            );
        }
        assert_eq!(cached(first), 0, "{family}");
        let second = generate(&stage, Dialect::OpenaiChat, &ask).await.json();
        assert!(cached(second) > 2000, "{family}");
        advance(Duration::from_secs(5 * 3600)).await;
        let late = generate(&stage, Dialect::OpenaiChat, &ask).await.json();
        assert_eq!(cached(late), 0, "{family}");
    }
}
