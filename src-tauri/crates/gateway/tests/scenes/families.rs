//! What each endpoint gets: every byte for the client's own vendor, the same bytes within a model family, a translation for any
//! other.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use catalog::{Allow, Dialect, EndpointId, Families, ReasoningContent};
use gateway::{Dialed, End};
use serde_json::{Value, json};
use stage::{Fault, ScriptStep, ScriptedPart, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::delivery::is_complete;
use crate::world::{Scene, question, question_with_tool, text};

const SECRET: &str = "SECRET";

/// Makes the second endpoint serve another family's models.
fn another_family(scene: &Scene) {
    scene.change(|config| {
        let second = config
            .endpoints
            .get_mut(&EndpointId::new("second"))
            .unwrap();
        second.endpoint.families = Families::new("others");
        second.endpoint.max_output = Some(32_000);
    });
}

/// Pseudorandom numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        self.0 >> 33
    }

    fn name(&mut self) -> String {
        let sign =
            |number: u64| char::from(b"abcdefghijklmnopqrstuvwxyz_-"[(number % 28) as usize]);
        let length = 4 + self.next() % 14;
        let rest: String = (0..length).map(|_| sign(self.next())).collect();
        format!("x{rest}{}", self.next() % 100)
    }
}

/// 200 headers and 200 unknown fields with secrets in them reach the client's own vendor, and no other endpoint.
#[tokio::test(start_paused = true)]
async fn secrets_of_a_client_reach_its_own_vendor_and_no_other() {
    let mut numbers = Numbers(7);
    for dialect in Dialect::ALL {
        for (same_family, streamed) in [(true, true), (true, false), (false, true), (false, false)]
        {
            let case = format!("{dialect}, same family: {same_family}, streamed: {streamed}");
            let mut scene = Scene::with(Fault::status(503));
            if !same_family {
                another_family(&scene);
            }
            let headers: Vec<String> = (0..200).map(|_| numbers.name()).collect();
            let mut body = question(dialect);
            body["stream"] = streamed.into();
            for _ in 0..200 {
                body[numbers.name()] = json!({ "a": [SECRET, { "b": SECRET }] });
            }
            for name in [
                "metadata",
                "user",
                "safety_identifier",
                "session_id",
                "client_metadata",
                "prompt_cache_key",
            ] {
                let nested = json!({ "user_id": SECRET, "inner": { "id": SECRET } });
                let plain =
                    name == "user" || name.ends_with("_key") || name.ends_with("identifier");
                body[name] = if plain { json!(SECRET) } else { nested };
            }
            let sent = body.to_string();
            let response = scene
                .send(dialect, body, |head| {
                    let named = headers
                        .iter()
                        .fold(head, |head, name| head.header(name, SECRET));
                    named
                        .header("user-agent", format!("agent/{SECRET}"))
                        .header("traceparent", SECRET)
                        .header("x-auth-token", SECRET)
                        .header("cf-access-client-secret", SECRET)
                        .header("x-amz-security-token", SECRET)
                        .header("cookie", SECRET)
                        .header("accept", format!("text/event-stream, {SECRET}"))
                        .header("anthropic-beta", SECRET)
                        .header("anthropic-version", SECRET)
                })
                .await;
            assert_eq!(response.status(), 200, "{case}");
            let dropped = response.headers()["x-understudy-dropped"]
                .to_str()
                .unwrap()
                .to_owned();
            assert!(
                dropped.len() < 700 && dropped.contains("metadata"),
                "{case}: {dropped}"
            );
            assert!(!dropped.contains(SECRET), "{case}: {dropped}");
            text(response).await.unwrap();

            let lead = scene.lead.received();
            assert_eq!(String::from_utf8_lossy(&lead[0].body), sent, "{case}");
            for name in headers
                .iter()
                .map(String::as_str)
                .chain(["x-auth-token", "traceparent"])
            {
                assert_eq!(lead[0].headers[name], SECRET, "{case}: {name}");
            }
            let second = scene.second.received();
            assert_eq!(second.len(), 1, "{case}");
            let all = format!(
                "{} {:?} {}",
                second[0].path,
                second[0].headers,
                String::from_utf8_lossy(&second[0].body)
            );
            assert!(!all.contains(SECRET), "{case}: {all}");
            let agent = second[0].headers["user-agent"].to_str().unwrap();
            assert!(agent.starts_with("Understudy/"), "{case}: {agent}");
            let ended = scene.ended().await;
            assert!(
                !ended.attempts.last().unwrap().left_out.is_empty(),
                "{case}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn allowed_fields_are_sent_and_the_others_are_listed() {
    let scene = Scene::with(Fault::status(503));
    scene.change(|config| {
        let second = config
            .endpoints
            .get_mut(&EndpointId::new("second"))
            .unwrap();
        second.endpoint.allow = Allow {
            headers: vec!["x-trace".to_owned(), "authorization".to_owned()],
            betas: vec!["context-1m-2025-08-07".to_owned()],
            fields: vec!["context_management".to_owned(), "metadata".to_owned()],
        };
    });
    let mut body = question(Dialect::Anthropic);
    body["context_management"] = json!({ "edits": [] });
    body["metadata"] = json!({ "user_id": SECRET });
    body["speed"] = json!("fast");
    let response = scene
        .send(Dialect::Anthropic, body, |head| {
            head.header("x-trace", "1")
                .header("anthropic-beta", "context-1m-2025-08-07, of-tomorrow")
        })
        .await;
    let dropped = response.headers()["x-understudy-dropped"].clone();
    text(response).await.unwrap();
    assert_eq!(dropped, "metadata, speed, anthropic-beta");
    let second = &scene.second.received()[0];
    assert_eq!(second.headers["x-trace"], "1");
    assert_eq!(second.headers["anthropic-beta"], "context-1m-2025-08-07");
    let body: Value = serde_json::from_slice(&second.body).unwrap();
    assert_eq!(body["context_management"], json!({ "edits": [] }));
    assert_eq!(
        (&body["metadata"], &body["speed"]),
        (&Value::Null, &Value::Null)
    );
}

/// The sent bodies, each with whether it went to the primary.
type Seen = Arc<Mutex<Vec<(bool, String)>>>;

/// Two hosts that respond with these exact bodies, and the requests that each got.
fn answering(lead: (u16, String), second: String) -> (Scene, Seen) {
    let seen = Seen::default();
    let record = Arc::clone(&seen);
    let connect = gateway::connect(move |uri: http::Uri| {
        let is_lead = uri.host() == Some("lead.test");
        let (status, body) = match is_lead {
            true => lead.clone(),
            false => (200, second.clone()),
        };
        let record = Arc::clone(&record);
        async move {
            let (ours, mut theirs) = tokio::io::duplex(1 << 20);
            tokio::spawn(async move {
                let mut read = Vec::new();
                let mut buffer = [0; 4096];
                loop {
                    let count = theirs.read(&mut buffer).await.unwrap_or(0);
                    read.extend_from_slice(&buffer[..count]);
                    let text = String::from_utf8_lossy(&read).into_owned();
                    let Some((head, sent)) = text.split_once("\r\n\r\n") else {
                        continue;
                    };
                    let length = head
                        .lines()
                        .find_map(|line| line.strip_prefix("content-length: "));
                    if sent.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                        record.lock().unwrap().push((is_lead, sent.to_owned()));
                        break;
                    }
                }
                let kind = if body.starts_with('{') {
                    "application/json"
                } else {
                    "text/event-stream"
                };
                let head = format!(
                    "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                let _ = theirs.write_all(head.as_bytes()).await;
                let _ = theirs.write_all(body.as_bytes()).await;
            });
            Ok(Dialed::pipe(ours))
        }
    });
    (
        Scene::dialling(Stage::any_model(), Stage::any_model(), connect),
        seen,
    )
}

fn events(events: &[Value]) -> String {
    let events = events.iter().map(|event| {
        let name = event["type"]
            .as_str()
            .map(|name| format!("event: {name}\n"));
        format!("{}data: {event}\n\n", name.unwrap_or_default())
    });
    events.collect()
}

const OVERLOADED: &str =
    r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;

/// The turn of another vendor's Messages endpoint, with its thinking and signature.
#[tokio::test(start_paused = true)]
async fn a_session_is_not_poisoned_by_another_vendors_thinking() {
    let block = |index: u8, block: Value, delta: Value| {
        [
            json!({ "type": "content_block_start", "index": index, "content_block": block }),
            json!({ "type": "content_block_delta", "index": index, "delta": delta }),
            json!({ "type": "content_block_stop", "index": index }),
        ]
    };
    let mut received = vec![
        json!({ "type": "message_start", "message": { "id": "msg_1", "type": "message", "role": "assistant", "model": "k", "content": [], "stop_reason": null, "stop_sequence": null, "usage": { "input_tokens": 3, "output_tokens": 1 } } }),
    ];
    received.extend(block(
        0,
        json!({ "type": "thinking", "thinking": "", "signature": "" }),
        json!({ "type": "thinking_delta", "thinking": "Hm" }),
    ));
    received.insert(3, json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "signature_delta", "signature": "THEIRS" } }));
    received.extend(block(
        1,
        json!({ "type": "text", "text": "" }),
        json!({ "type": "text_delta", "text": "Forty-two" }),
    ));
    received.push(json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn", "stop_sequence": null }, "usage": { "output_tokens": 9 } }));
    received.push(json!({ "type": "message_stop" }));
    let (scene, seen) = answering((529, OVERLOADED.to_owned()), events(&received));
    another_family(&scene);
    let mut body = question(Dialect::Anthropic);
    body["thinking"] = json!({ "type": "adaptive" });
    body["messages"] = json!([
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": [
            { "type": "thinking", "thinking": "OURS", "signature": "OURS" }, { "type": "text", "text": "Yes?" },
        ] },
        { "role": "user", "content": "Go on" },
    ]);
    let response = scene.send(Dialect::Anthropic, body, |head| head).await;
    assert_eq!(response.headers()["x-understudy-translated"], "anthropic");
    let received = text(response).await.unwrap();
    assert!(
        is_complete(Dialect::Anthropic, received.as_bytes()) && received.contains("Forty-two"),
        "{received}"
    );
    assert!(
        !received.contains("THEIRS") && !received.contains("thinking"),
        "{received}"
    );
    let seen = seen.lock().unwrap().clone();
    let second = &seen.iter().find(|(is_lead, _)| !is_lead).unwrap().1;
    assert!(
        !second.contains("OURS") && !second.contains("thinking"),
        "{second}"
    );
}

/// The endpoint's own options also apply if it uses the client's dialect.
#[tokio::test(start_paused = true)]
async fn another_vendor_of_chat_gets_requests_as_its_file_states() {
    let scene = Scene::with(Fault::status(503));
    another_family(&scene);
    scene.change(|config| {
        let second = config
            .endpoints
            .get_mut(&EndpointId::new("second"))
            .unwrap();
        second.endpoint.call_ids = catalog::CallIds::NineLetters;
        second.endpoint.stream_usage = catalog::StreamUsage::Always;
        second.endpoint.reasoning_content = ReasoningContent::Required;
    });
    let mut body = question_with_tool(Dialect::OpenaiChat);
    body["max_completion_tokens"] = json!(50);
    body["stream_options"] = json!({ "include_usage": true });
    body["messages"] = json!([
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "content": null, "reasoning_content": "OURS", "tool_calls": [
            { "id": "call_abcdefghijklmnop", "type": "function", "function": { "name": "Bash", "arguments": "{}" } },
        ] },
        { "role": "tool", "tool_call_id": "call_abcdefghijklmnop", "content": "a.txt" },
    ]);
    text(scene.send(Dialect::OpenaiChat, body, |head| head).await)
        .await
        .unwrap();
    let sent: Value = serde_json::from_slice(&scene.second.received()[0].body).unwrap();
    assert_eq!(sent["max_tokens"], 50, "{sent}");
    assert_eq!(sent.get("max_completion_tokens"), None, "{sent}");
    assert_eq!(sent.get("stream_options"), None, "{sent}");
    assert_eq!(sent["messages"][1]["reasoning_content"], "", "{sent}");
    let id = sent["messages"][1]["tool_calls"][0]["id"].as_str().unwrap();
    assert_eq!(
        (id.len(), &sent["messages"][2]["tool_call_id"]),
        (9, &json!(id))
    );
}

/// A conversation that one vendor stores is sent to no other, whatever the family.
#[tokio::test(start_paused = true)]
async fn a_request_for_what_a_vendor_keeps_goes_to_no_other_vendor() {
    let with = |key: &str, value: Value| {
        let mut body = question(Dialect::OpenaiResponses);
        body[key] = value;
        body
    };
    let bodies = [
        with("previous_response_id", json!("resp_1")),
        with("conversation", json!("conv_1")),
        with("prompt", json!({ "id": "pmpt_1" })),
        with(
            "input",
            json!([{ "type": "item_reference", "id": "msg_1" }, { "role": "user", "content": "Hi" }]),
        ),
    ];
    for body in bodies {
        for same_family in [true, false] {
            let mut scene = Scene::with(Fault::status(503));
            if !same_family {
                another_family(&scene);
            }
            let response = scene
                .send(Dialect::OpenaiResponses, body.clone(), |head| head)
                .await;
            assert_eq!(response.status(), 503, "{body}");
            text(response).await.unwrap();
            assert_eq!(scene.second.received().len(), 0, "{body}");
            let ended = scene.ended().await;
            assert_eq!(ended.passed_over.len(), 1, "{body}");
        }
    }
}

/// An invalid request, or one that no candidate supports, is an error of the caller and needs no permission.
#[tokio::test(start_paused = true)]
async fn a_request_that_cannot_be_translated_is_a_bad_request() {
    let only_the_second = |scene: &Scene, dialect: Dialect| {
        scene.change(|config| {
            crate::understudy::speaks_only(config, "second", dialect);
            for route in &mut config.routes {
                route.candidates.remove(0);
            }
        });
    };
    let malformed = json!({ "model": "m", "max_tokens": -5, "messages": [{ "role": "user", "content": "Hi" }] });
    let mut unsupported = question(Dialect::Anthropic);
    unsupported["messages"] = json!([{ "role": "user", "content": [{ "type": "hologram" }] }]);
    for body in [malformed, unsupported] {
        let mut scene = Scene::new();
        only_the_second(&scene, Dialect::OpenaiChat);
        let response = scene
            .send(Dialect::Anthropic, body.clone(), |head| head)
            .await;
        assert_eq!(response.status(), 400, "{body}");
        let received = text(response).await.unwrap();
        assert!(received.contains("\"invalid_request_error\""), "{received}");
        assert!(matches!(scene.ended().await.end, End::TurnedAway(_)));
    }
}

/// JSON without a schema is requested from Claude in the prompt, and checked before any byte is released.
#[tokio::test(start_paused = true)]
async fn a_json_format_is_requested_by_an_instruction_and_checked() {
    for streamed in [true, false] {
        let mut scene = Scene::with(Fault::status(503));
        scene.change(|config| crate::understudy::speaks_only(config, "second", Dialect::Anthropic));
        let part = |text: &str| ScriptStep::answer([ScriptedPart::Text(text.to_owned())]);
        scene.second.cue(part("I would rather chat."));
        scene.second.cue(part("```json\n{\"a\": 1}\n```"));
        let mut body = question(Dialect::OpenaiChat);
        body["stream"] = streamed.into();
        body["response_format"] = json!({ "type": "json_object" });
        let received = text(scene.send(Dialect::OpenaiChat, body, |head| head).await)
            .await
            .unwrap();
        assert!(
            !received.contains("rather chat") && !received.contains("```"),
            "{streamed}: {received}"
        );
        assert!(received.contains(r#"{\"a\": 1}"#), "{streamed}: {received}");
        let sent = String::from_utf8_lossy(&scene.second.received()[0].body).into_owned();
        assert!(sent.contains("one JSON object"), "{sent}");
        assert_eq!(scene.requested().await.1, End::Complete);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_family_gets_the_clients_bytes_without_identifying_fields() {
    for dialect in Dialect::ALL {
        let scene = Scene::with(Fault::status(503));
        let body = question(dialect);
        let sent = body.to_string();
        text(scene.send(dialect, body, |head| head).await)
            .await
            .unwrap();
        let second = &scene.second.received()[0].body;
        assert_eq!(*second, Bytes::from(sent), "{dialect}");
    }
}
