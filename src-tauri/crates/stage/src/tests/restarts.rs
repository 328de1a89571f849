//! Histories after a restart in place, sent as the next turn: the strict validator accepts them.

use catalog::Dialect;
use serde_json::{Value, json};
use wire::{CannotRestart, ReleasedResponse, RequestFields};

use super::client::{Reply, generate, request};
use crate::Stage;

async fn turn(piece: &str, history: &[Value], thinking: bool) -> Reply {
    let model = format!("some-model@{piece}");
    let mut body = request(Dialect::Anthropic, &model, true, "Good evening");
    if thinking {
        body["max_tokens"] = json!(4096);
        body["thinking"] = json!({"type": "enabled", "budget_tokens": 1024});
    }
    if let Value::Array(messages) = &mut body["messages"] {
        messages.extend_from_slice(history);
    }
    generate(&Stage::any_model(), Dialect::Anthropic, &body).await
}

fn splice(first: &str, second: &str, thinking: bool) -> Result<String, CannotRestart> {
    let mut received = ReleasedResponse::new(Dialect::Anthropic);
    received.push(first.as_bytes());
    let mut ask = RequestFields::read(Dialect::Anthropic, br#"{"model":"m"}"#).unwrap();
    ask.thinking = thinking;
    let restart = received.restart(&ask)?;
    let (opening, mut splice) =
        restart.open(Some("[The provider was lost; the answer begins again.]"));
    let mut stream = [first.as_bytes(), &opening].concat();
    splice.pass(second.as_bytes(), &mut stream)?;
    Ok(String::from_utf8(stream).unwrap())
}

/// The assistant's message as an agent stores it, and the next message of its user.
fn next_turn(stream: &str) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    let mut inputs: Vec<String> = Vec::new();
    for line in stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
    {
        let event: Value = serde_json::from_str(line).unwrap();
        let at = usize::try_from(event["index"].as_u64().unwrap_or(0)).unwrap();
        match event["type"].as_str().unwrap() {
            "content_block_start" => {
                assert_eq!(at, blocks.len());
                blocks.push(event["content_block"].clone());
                inputs.push(String::new());
            }
            "content_block_delta" => {
                for field in ["text", "thinking", "signature"] {
                    if let Some(more) = event["delta"][field].as_str() {
                        let before = blocks[at][field].as_str().unwrap_or_default();
                        blocks[at][field] = format!("{before}{more}").into();
                    }
                }
                inputs[at].push_str(event["delta"]["partial_json"].as_str().unwrap_or_default());
            }
            _ => {}
        }
    }
    let mut results = Vec::new();
    for (block, input) in blocks.iter_mut().zip(&inputs) {
        if block["type"] == "tool_use" {
            block["input"] = serde_json::from_str(input).unwrap();
            results.push(
                json!({"type": "tool_result", "tool_use_id": block["id"], "content": "done"}),
            );
        }
    }
    if results.is_empty() {
        results.push(json!({"type": "text", "text": "Go on."}));
    }
    vec![
        json!({"role": "assistant", "content": blocks}),
        json!({"role": "user", "content": results}),
    ]
}

#[tokio::test(start_paused = true)]
async fn the_next_turn_after_a_restart_is_accepted() {
    let mut accepted = 0;
    let mut refused = 0;
    for (first, thinking) in [
        ("steady", false),
        ("long", false),
        ("thinking", true),
        ("steady", true),
    ] {
        let first = turn(first, &[], thinking).await;
        let first = first.text();
        for second in ["steady", "thinking", "tool", "parallel-tools"] {
            let second = turn(second, &[], thinking).await;
            for events in 1..first.matches("\n\n").count() {
                let cut: String = first.split_inclusive("\n\n").take(events).collect();
                match splice(&cut, second.text(), thinking) {
                    Ok(stream) => {
                        let reply = turn("steady", &next_turn(&stream), thinking).await;
                        assert_eq!(reply.status, 200, "{}\n{stream}", reply.text());
                        accepted += 1;
                    }
                    Err(CannotRestart::ToolCallWithoutThinking) => refused += 1,
                    Err(_) => {}
                }
            }
        }
    }
    assert!(accepted > 100 && refused > 0, "{accepted} {refused}");
}

/// A tool call without prior thinking, and the second response's thinking in the history, are both refused by the vendor. So a
/// restart allows neither.
#[tokio::test(start_paused = true)]
async fn a_restart_refuses_only_what_the_vendor_refuses() {
    let first = turn("steady", &[], false).await;
    let cut: String = first.text().split_inclusive("\n\n").take(4).collect();
    let second = turn("tool", &[], false).await;
    let stream = splice(&cut, second.text(), false).unwrap();
    let reply = turn("steady", &next_turn(&stream), true).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
    let thinking = turn("thinking", &[], true).await;
    let mut history = next_turn(&splice(&cut, "", false).unwrap());
    let late = next_turn(thinking.text()).remove(0);
    let late = late["content"].as_array().unwrap().clone();
    history[0]["content"].as_array_mut().unwrap().extend(late);
    let reply = turn("steady", &history, true).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
}
