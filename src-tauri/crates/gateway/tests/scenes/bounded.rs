//! Texts that a client or a provider chooses: what an exchange keeps of them is bounded, and has no control character.

use catalog::{Dialect, EndpointId};
use gateway::{Exchange, Review};
use http::request::Builder;
use serde_json::{Value, json};

use crate::world::{Scene, question, question_with_tool, text};

/// Characters of an exchange's record without a parked request.
const MOST: usize = 24_000;

fn check(exchange: &Exchange, what: &str) {
    let mut exchange = exchange.clone();
    if let Some(Review::Parked(parked) | Review::Unfetched(parked)) = &mut exchange.review {
        parked.body = bytes::Bytes::new();
    }
    let kept = format!("{exchange:?}");
    let size = kept.chars().count();
    assert!(size < MOST, "{what}: {size} characters: {:.300}", kept);
}

/// The primary passes the request on; then it fails, and a provider of another dialect gets a translation.
async fn kept(dialect: Dialect, what: &str, body: &Value, head: impl Fn(Builder) -> Builder) {
    for translated in [false, true] {
        let what = format!("{dialect}: {what}, translated: {translated}");
        let mut scene = Scene::new();
        if translated {
            scene.lead.outage(Some("503".parse().unwrap()));
            scene.change(|config| {
                let second = config
                    .endpoints
                    .get_mut(&EndpointId::new("second"))
                    .unwrap();
                let other = match dialect {
                    Dialect::Anthropic => Dialect::OpenaiChat,
                    Dialect::OpenaiChat | Dialect::OpenaiResponses => Dialect::Anthropic,
                };
                second.endpoint.paths.retain(|spoken, _| *spoken == other);
            });
        }
        let response = scene.send(dialect, body.clone(), &head).await;
        for (name, value) in response.headers() {
            assert!(value.len() < 3_000, "{what}: {name}: {} bytes", value.len());
        }
        let _ = text(response).await;
        check(&scene.ended().await, &what);
    }
}

#[tokio::test(start_paused = true)]
async fn a_clients_texts_are_bounded() {
    let long = "x".repeat(60_000);
    let many: Vec<String> = (0..2_000).map(|n| format!("field_{n}")).collect();
    for dialect in Dialect::ALL {
        let plain = async |body: &Value, what: &str| kept(dialect, what, body, |head| head).await;
        let mut body = question(dialect);
        body[&long] = json!(1);
        plain(&body, "a long field").await;
        let mut body = question(dialect);
        for name in &many {
            body[name] = json!(1);
        }
        plain(&body, "many fields").await;
        let mut body = question(dialect);
        let messages = match dialect {
            Dialect::Anthropic | Dialect::OpenaiChat => "messages",
            Dialect::OpenaiResponses => "input",
        };
        body[messages] = json!([{ "role": long, "type": long, "content": [{ "type": long }] }]);
        plain(&body, "a long role").await;
        let results: Vec<Value> = many
            .iter()
            .map(|id| match dialect {
                Dialect::Anthropic => json!({ "role": "user", "content": [{ "type": "tool_result", "tool_use_id": id, "content": "x" }] }),
                Dialect::OpenaiChat => json!({ "role": "tool", "tool_call_id": id, "content": "x" }),
                Dialect::OpenaiResponses => json!({ "type": "function_call_output", "call_id": id, "output": "x" }),
            })
            .collect();
        body[messages] = json!(results);
        plain(&body, "many results").await;
        let mut body = question_with_tool(dialect);
        body["tools"][0]["type"] = json!(long);
        plain(&body, "a long tool").await;
        for header in [
            "x-understudy-pipeline",
            "x-understudy-item",
            "x-session-id",
            "anthropic-beta",
            "anthropic-version",
            "openai-beta",
            "user-agent",
            "accept",
            "via",
        ] {
            kept(dialect, header, &question(dialect), |head| {
                head.header(header, &long)
            })
            .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_providers_texts_are_bounded() {
    let long = "x".repeat(60_000);
    let document = |dialect: Dialect, model: &str, id: &str, tool: &str, stop: &str| match dialect {
        Dialect::Anthropic => {
            json!({ "type": "message", "id": id, "model": model, "role": "assistant", "stop_reason": stop,
                "content": [{ "type": "tool_use", "id": id, "name": tool, "input": {} }], "usage": { "input_tokens": 1, "output_tokens": 1 } })
        }
        Dialect::OpenaiChat => {
            json!({ "object": "chat.completion", "id": id, "model": model, "choices": [{ "index": 0, "finish_reason": stop,
                "message": { "role": "assistant", "content": null, "tool_calls": [{ "id": id, "type": "function", "function": { "name": tool, "arguments": "{}" } }] } }] })
        }
        Dialect::OpenaiResponses => {
            json!({ "object": "response", "id": id, "model": model, "status": stop,
                "output": [{ "type": "function_call", "id": id, "call_id": id, "name": tool, "arguments": "{}", "status": stop }] })
        }
    };
    for dialect in Dialect::ALL {
        for at in 0..5 {
            let [model, id, tool, stop, error] =
                std::array::from_fn(|n| if n == at { long.as_str() } else { "tool_use" });
            let (status, body) = match at {
                4 => (
                    "500 Oops",
                    json!({ "type": "error", "error": { "type": error, "code": error, "message": error } }),
                ),
                _ => ("200 OK", document(dialect, model, id, tool, stop)),
            };
            let body = body.to_string();
            let bytes = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nx-request-id: {}\r\ncontent-length: {}\r\n\r\n{body}",
                &long[..6_000],
                body.len()
            );
            let mut scene = Scene::answering(bytes.leak().as_bytes());
            let mut body = question_with_tool(dialect);
            body["stream"] = json!(false);
            let response = scene.send(dialect, body, |head| head).await;
            let _ = text(response).await;
            check(&scene.ended().await, &format!("{dialect}: {at}"));
        }
    }
}
