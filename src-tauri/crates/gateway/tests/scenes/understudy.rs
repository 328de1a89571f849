//! A fallback of another dialect than the client's.

use std::time::Duration;

use catalog::{Auth, Dialect, EndpointId, Model, ModelId, Secret};
use gateway::{Config, Consent, Delivery, End, Restart};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use stage::{Fault, ScriptStep, ScriptedPart};
use tokio::time::Instant;

use crate::delivery::{delivered, is_complete};
use crate::outage_scenarios::FALLBACK_MODEL;
use crate::world::{Scene, question, question_with_tool, text};

const PAIRS: [(Dialect, Dialect); 6] = [
    (Dialect::Anthropic, Dialect::OpenaiChat),
    (Dialect::Anthropic, Dialect::OpenaiResponses),
    (Dialect::OpenaiChat, Dialect::Anthropic),
    (Dialect::OpenaiChat, Dialect::OpenaiResponses),
    (Dialect::OpenaiResponses, Dialect::Anthropic),
    (Dialect::OpenaiResponses, Dialect::OpenaiChat),
];

/// From now on this endpoint supports only this dialect.
pub(crate) fn speaks_only(config: &mut Config, id: &str, dialect: Dialect) {
    let endpoint = config.endpoints.get_mut(&EndpointId::new(id)).unwrap();
    endpoint.endpoint.paths = [(dialect, dialect.default_path().to_owned())].into();
    // Messages requires an output limit, which the other dialects' requests may omit.
    endpoint.models = ["m", FALLBACK_MODEL].map(model).into();
}

fn model(id: &str) -> Model {
    Model {
        max_output: Some(32_000),
        ..Model::new(ModelId::new(id))
    }
}

fn only_the_second(config: &mut Config) {
    for route in &mut config.routes {
        route.candidates.remove(0);
    }
}

fn scene(second: Dialect) -> Scene {
    let scene = Scene::new();
    scene.change(|config| speaks_only(config, "second", second));
    scene
}

/// The client's side of a turn with one tool call: its id, its name and its arguments.
fn calls(dialect: Dialect, received: &str) -> Vec<(String, String, Value)> {
    let mut validator = wire::Validator::new(dialect, wire::Framing::Stream);
    validator.push(received.as_bytes(), &mut Vec::new());
    let report = validator.report();
    let input = input(dialect, received);
    let calls = report.tool_calls.iter();
    calls
        .map(|call| (call.id.clone(), call.name.clone(), input.clone()))
        .collect()
}

/// All arguments of a stream with one call.
fn input(dialect: Dialect, received: &str) -> Value {
    let data = received
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    let events = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let pieces: String = events
        .filter_map(|event| {
            let piece = match dialect {
                Dialect::Anthropic => &event["delta"]["partial_json"],
                Dialect::OpenaiChat => {
                    &event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
                }
                Dialect::OpenaiResponses
                    if event["type"] == "response.function_call_arguments.delta" =>
                {
                    &event["delta"]
                }
                Dialect::OpenaiResponses => &Value::Null,
            };
            piece.as_str().map(str::to_owned)
        })
        .collect();
    serde_json::from_str(&pieces).unwrap_or_default()
}

/// The next turn of an agent: its received message, and its tool's result.
fn with_result(dialect: Dialect, id: &str, input: &Value) -> Value {
    let mut next = question_with_tool(dialect);
    let arguments = input.to_string();
    let turns = match dialect {
        Dialect::Anthropic => json!([
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": [{ "type": "tool_use", "id": id, "name": "Bash", "input": input }] },
            { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": id, "content": "a.txt" }] },
        ]),
        Dialect::OpenaiChat => json!([
            { "role": "user", "content": "Hi" },
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": id, "type": "function", "function": { "name": "Bash", "arguments": arguments } },
            ] },
            { "role": "tool", "tool_call_id": id, "content": "a.txt" },
        ]),
        Dialect::OpenaiResponses => json!([
            { "role": "user", "content": "Hi" },
            { "type": "function_call", "call_id": id, "name": "Bash", "arguments": arguments },
            { "type": "function_call_output", "call_id": id, "output": "a.txt" },
        ]),
    };
    let key = match dialect {
        Dialect::Anthropic | Dialect::OpenaiChat => "messages",
        Dialect::OpenaiResponses => "input",
    };
    next[key] = turns;
    next
}

#[tokio::test(start_paused = true)]
async fn a_fallback_of_another_dialect_responds_in_the_clients_dialect() {
    for (client, other) in PAIRS {
        for streamed in [true, false] {
            let case = format!("{client} by {other}, streamed: {streamed}");
            let mut scene = scene(other);
            scene.lead.outage(Some(Fault::status(503)));
            scene.second.cue(ScriptStep::answer([ScriptedPart::Text(
                "Forty-two, naïvely.".to_owned(),
            )]));
            let mut body = question(client);
            body["stream"] = streamed.into();
            let response = scene.send(client, body, |head| head).await;
            assert_eq!(response.status(), 200, "{case}");
            let kind = response.headers()["content-type"].to_str().unwrap();
            let wanted = if streamed {
                "text/event-stream"
            } else {
                "application/json"
            };
            assert!(kind.starts_with(wanted), "{case}: {kind}");
            assert_eq!(response.headers()["x-understudy-provider"], "second");
            assert_eq!(response.headers()["x-understudy-fallback"], "transient");
            assert_eq!(
                response.headers()["x-understudy-translated"],
                other.as_str()
            );
            let received = text(response).await.unwrap();
            assert!(received.contains("Forty-two"), "{case}: {received}");
            if streamed {
                assert!(
                    is_complete(client, received.as_bytes()),
                    "{case}: {received}"
                );
            }
            let requested = scene.second.received();
            assert_eq!(requested.len(), 1, "{case}");
            assert_eq!(requested[0].path, other.default_path(), "{case}");
            let exchange = scene.ended().await;
            assert_eq!(exchange.end, End::Complete, "{case}");
            let last = exchange.attempts.last().unwrap();
            assert_eq!(last.spoken, Some(other), "{case}");
            assert!(last.report.usage_reported, "{case}: {:?}", last.report);
            assert!(last.report.tokens.output > 0, "{case}");
        }
    }
}

/// The tool's id is restored in both directions, also if the recovered primary takes the next turn, and the reverse.
#[tokio::test(start_paused = true)]
async fn the_result_of_a_fallbacks_tool_call_goes_to_the_provider_of_the_next_turn() {
    let ls = json!({ "command": "ls" });
    for (client, other) in PAIRS {
        for lead_returns in [false, true] {
            let case = format!("{client} by {other}, lead returns: {lead_returns}");
            let mut scene = scene(other);
            scene.lead.outage(Some(Fault::status(503)));
            scene.second.cue(ScriptStep::answer([
                ScriptedPart::Text("Let me look.".to_owned()),
                ScriptedPart::Tool {
                    name: "Bash".to_owned(),
                    input: ls.clone(),
                },
            ]));
            let response = scene
                .send(client, question_with_tool(client), |head| head)
                .await;
            let received = text(response).await.unwrap();
            assert!(
                is_complete(client, received.as_bytes()),
                "{case}: {received}"
            );
            let called = calls(client, &received);
            let [(id, name, input)] = &called[..] else {
                panic!("{case}: {called:?}: {received}");
            };
            assert_eq!((name.as_str(), input), ("Bash", &ls), "{case}");
            let exchange = scene.ended().await;
            let reported = &exchange.attempts.last().unwrap().report.tool_calls;
            assert_eq!(&reported[0].id, id, "{case}: as the client knows it");
            if lead_returns {
                scene.lead.outage(None);
                tokio::time::advance(Duration::from_secs(3600)).await;
            }
            let next = with_result(client, id, input);
            let response = scene.send(client, next, |head| head).await;
            assert_eq!(response.status(), 200, "{case}");
            let by = response.headers()["x-understudy-provider"].clone();
            assert_eq!(by, if lead_returns { "lead" } else { "second" }, "{case}");
            let received = text(response).await.unwrap();
            assert!(
                is_complete(client, received.as_bytes()),
                "{case}: {received}"
            );
            assert_eq!(
                scene.ended().await.tool_results,
                std::slice::from_ref(id),
                "{case}"
            );
        }
    }
}

/// An incomplete translated response is never accepted as complete, and its first content has the usual timeout.
#[tokio::test(start_paused = true)]
async fn a_truncated_translated_response_never_ends_cleanly() {
    for (client, other) in PAIRS {
        for fault in [
            Fault::CutInText,
            Fault::CleanCloseInText,
            Fault::ErrorEvent,
            Fault::MalformedEvent,
            Fault::Stall {
                after: 3,
                lasting: None,
            },
        ] {
            let case = format!("{client} by {other}: {fault}");
            let mut scene = scene(other);
            scene.restarts(Restart::Never);
            scene.lead.outage(Some(Fault::status(503)));
            scene.second.outage(Some(fault));
            let body = question(client);
            let (received, end) = delivered(scene.send(client, body, |head| head).await).await;
            let text = String::from_utf8_lossy(&received);
            assert!(end.is_err(), "{case}: {text}");
            assert!(!is_complete(client, &received), "{case}: {text}");
            for received in ["event: error", "response.failed", "\"error\":{"] {
                assert!(!text.contains(received), "{case}: {text}");
            }
            assert_eq!(scene.ended().await.end, End::Cut, "{case}");
        }
    }
}

/// Claude Code never repeats a request after a completed block, whichever provider could continue.
#[tokio::test(start_paused = true)]
async fn a_truncated_response_continues_from_another_dialect_in_the_same_message() {
    for (client, other) in PAIRS {
        let mut scene = scene(other).of_agent();
        scene.restarts(Restart::Always);
        scene.lead.cue(ScriptStep {
            fault: Some(Fault::CutInText),
            ..ScriptStep::answer([ScriptedPart::Text(
                "The answer is on its way, and it is long enough to be cut.".to_owned(),
            )])
        });
        scene.second.cue(ScriptStep::answer([
            ScriptedPart::Text("Once more.".to_owned()),
            ScriptedPart::Tool {
                name: "Bash".to_owned(),
                input: json!({ "command": "ls" }),
            },
        ]));
        let body = question_with_tool(client);
        let received = text(scene.send(client, body, |head| head).await).await;
        let received = received.unwrap();
        let case = format!("{client}, then {other}: {received}");
        assert!(is_complete(client, received.as_bytes()), "{case}");
        assert!(received.contains("second begins again"), "{case}");
        let calls = calls(client, &received);
        assert_eq!(calls.len(), 1, "{case}");
        assert_eq!(calls[0].2, json!({ "command": "ls" }), "{case}");
        let exchange = scene.ended().await;
        assert_eq!(exchange.restarts, 1, "{case}");
        assert_eq!(exchange.end, End::Complete, "{case}");
    }
}

/// A conversation that its vendor stores is not sent to another. The user gets the reason.
#[tokio::test(start_paused = true)]
async fn an_ineligible_candidate_is_skipped_with_the_reason() {
    let mut scene = scene(Dialect::Anthropic);
    scene.lead.outage(Some(Fault::status(503)));
    let mut body = question(Dialect::OpenaiResponses);
    body["previous_response_id"] = "resp_1".into();
    let response = scene
        .send(Dialect::OpenaiResponses, body, |head| head)
        .await;
    assert_eq!(response.status(), 503);
    let received = text(response).await.unwrap();
    assert!(received.contains("previous_response_id"), "{received}");
    assert!(scene.second.received().is_empty());
    let exchange = scene.ended().await;
    assert_eq!(exchange.passed_over.len(), 1);
    let passed_over = exchange.passed_over[0].to_string();
    assert!(passed_over.contains("second with m"), "{passed_over}");
    assert!(
        passed_over.contains("previous_response_id"),
        "{passed_over}"
    );
}

/// The primary has no retry left if no other candidate is eligible: it is the last, and has the last candidate's timeout.
#[tokio::test(start_paused = true)]
async fn a_primary_without_an_able_fallback_has_the_timeout_of_the_last_candidate() {
    let scene = scene(Dialect::Anthropic);
    scene
        .lead
        .outage(Some(Fault::LateFirstToken(Duration::from_secs(100))));
    let mut body = question(Dialect::OpenaiResponses);
    body["previous_response_id"] = "resp_1".into();
    let received = scene
        .send(Dialect::OpenaiResponses, body, |head| head)
        .await;
    let received = text(received).await.unwrap();
    assert!(
        is_complete(Dialect::OpenaiResponses, received.as_bytes()),
        "{received}"
    );
    assert!(scene.second.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_error_of_a_fallback_is_translated_into_the_clients_dialect() {
    for (client, other) in PAIRS {
        let mut scene = scene(other);
        scene.change(only_the_second);
        scene.second.outage(Some(Fault::status(429)));
        let body = question(client);
        let response = scene.send(client, body, |head| head).await;
        assert_eq!(response.status(), 429, "{client} by {other}");
        let received: Value = serde_json::from_str(&text(response).await.unwrap()).unwrap();
        let kind = match client {
            Dialect::Anthropic => {
                assert_eq!(received["type"], "error", "{received}");
                &received["error"]["type"]
            }
            Dialect::OpenaiChat | Dialect::OpenaiResponses => {
                assert!(received.get("type").is_none(), "{received}");
                &received["error"]["type"]
            }
        };
        assert_eq!(kind, "rate_limit_error", "{received}");
        assert_eq!(scene.ended().await.end, End::Exhausted);
    }
}

/// A client's login belongs to a vendor of its own dialect.
#[tokio::test(start_paused = true)]
async fn a_login_never_goes_to_a_candidate_of_another_dialect() {
    for (client, other) in PAIRS {
        let scene = scene(other);
        scene.change(|config| {
            for endpoint in config.endpoints.values_mut() {
                endpoint.endpoint.accepts_client_login = true;
                endpoint.endpoint.auth = Auth::Bearer;
                endpoint.key = Some(Secret::new("ours"));
            }
            config.spending.subscription_to_paid_key = Consent::Yes;
            for route in &mut config.routes {
                route.candidates.swap(0, 1);
            }
        });
        let body = question(client);
        let response = scene
            .send(client, body, |head| {
                head.header("authorization", "Bearer theirs")
                    .header("cookie", "a=b")
                    .header("anthropic-beta", "x")
                    .header("openai-organization", "org-1")
            })
            .await;
        assert_eq!(response.status(), 200, "{client} by {other}");
        drop(text(response).await);
        let requested = &scene.second.received()[0];
        assert_eq!(
            requested.headers["authorization"], "Bearer ours",
            "{client} by {other}"
        );
        for name in [
            "cookie",
            "anthropic-beta",
            "openai-organization",
            "x-understudy-token",
        ] {
            assert!(
                !requested.headers.contains_key(name),
                "{client} by {other}: {name}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_of_tokens_is_estimated_where_no_provider_can_count() {
    let mut scene = scene(Dialect::OpenaiChat);
    scene.change(only_the_second);
    let body = json!({
        "model": "m",
        "messages": [{ "role": "user", "content": "word ".repeat(200) }],
    });
    let response = scene.count_tokens(&body).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-understudy-estimate"], "tokens");
    let received: Value = serde_json::from_str(&text(response).await.unwrap()).unwrap();
    let tokens = received["input_tokens"].as_u64().unwrap();
    assert!((200..=400).contains(&tokens), "{tokens}");
    assert!(
        scene.second.received().is_empty(),
        "no provider got a request"
    );
    assert_eq!(scene.ended().await.end, End::Complete);
}

/// Anthropic refuses a turn that requires thinking and began without it: the candidate that began it ends it.
#[tokio::test(start_paused = true)]
async fn the_fallback_that_began_a_turn_ends_it_and_the_next_turn_is_the_primarys() {
    for thinking in ["enabled", "adaptive"] {
        let mut scene = scene(Dialect::OpenaiChat);
        let (id, input) = ("call_1", json!({ "command": "ls" }));
        let mut body = with_result(Dialect::Anthropic, id, &input);
        body["thinking"] = json!({ "type": thinking, "budget_tokens": 1024 });
        body["max_tokens"] = 4096.into();
        let response = scene
            .send(Dialect::Anthropic, body.clone(), |head| head)
            .await;
        assert_eq!(response.status(), 200, "{thinking}");
        let (by, why) = match thinking {
            "enabled" => ("second", Some("turn")),
            _ => ("lead", None),
        };
        assert_eq!(response.headers()["x-understudy-provider"], by);
        let sentence = response.headers().get("x-understudy-fallback");
        assert_eq!(sentence.map(|why| why.to_str().unwrap()), why, "{thinking}");
        drop(text(response).await);
        assert_eq!(scene.ended().await.end, End::Complete);
        // The user's next text begins a new turn.
        let messages = body["messages"].as_array_mut().unwrap();
        messages.push(json!({ "role": "assistant", "content": "There is a.txt." }));
        messages.push(json!({ "role": "user", "content": "Thanks." }));
        let response = scene.send(Dialect::Anthropic, body, |head| head).await;
        assert_eq!(response.headers()["x-understudy-provider"], "lead");
        let received = text(response).await.unwrap();
        assert!(
            is_complete(Dialect::Anthropic, received.as_bytes()),
            "{received}"
        );
    }
}

/// Another vendor's thinking is not released; the client gets keep-alives meanwhile, and the provider does not time out.
#[tokio::test(start_paused = true)]
async fn a_fallback_that_thinks_for_long_does_not_time_out_and_its_client_gets_keep_alives() {
    for (client, other) in PAIRS {
        // Chat has no thinking.
        if other == Dialect::OpenaiChat {
            continue;
        }
        let mut scene = scene(other);
        scene.lead.outage(Some(Fault::status(503)));
        scene.second.cue(ScriptStep {
            fault: Some(Fault::Drip(Duration::from_secs(20))),
            ..ScriptStep::answer([
                ScriptedPart::Thinking(
                    "Let me think about this for a good while, and longer.".to_owned(),
                ),
                ScriptedPart::Text("Forty-two.".to_owned()),
            ])
        });
        let case = format!("{client} by {other}");
        let body = question(client);
        let mut body = scene.send(client, body, |head| head).await.into_body();
        let (mut received, mut longest) = (Vec::new(), Duration::ZERO);
        loop {
            let since = Instant::now();
            let Some(frame) = body.frame().await else {
                break;
            };
            longest = longest.max(since.elapsed());
            received.extend_from_slice(frame.unwrap().data_ref().unwrap());
        }
        assert!(is_complete(client, &received), "{case}");
        let received = String::from_utf8(received).unwrap();
        assert!(received.contains("Forty-two"), "{case}: {received}");
        assert!(!received.contains("Let me think"), "{case}: {received}");
        assert!(longest <= Duration::from_secs(16), "{case}: {longest:?}");
        assert_eq!(scene.ended().await.attempts.len(), 3, "{case}");
    }
}

/// For Claude Code a ping is not an event, and it closes the stream after 300 s.
#[tokio::test(start_paused = true)]
async fn a_client_that_ignores_pings_gets_events_as_keep_alives() {
    for delivery in [Delivery::Guarded, Delivery::Live, Delivery::Verified] {
        let mut scene = scene(Dialect::OpenaiResponses);
        scene.change(|config| {
            for route in &mut config.routes {
                route.delivery = Some(delivery);
            }
        });
        scene.lead.outage(Some(Fault::status(503)));
        scene.second.cue(ScriptStep {
            fault: Some(Fault::Drip(Duration::from_secs(20))),
            ..ScriptStep::answer([
                ScriptedPart::Thinking("Let me think about this for a good while. ".repeat(8)),
                ScriptedPart::Text("Forty-two.".to_owned()),
            ])
        });
        let request = question(Dialect::Anthropic);
        let response = scene.send(Dialect::Anthropic, request, |head| {
            head.header("user-agent", "claude-cli/2.1.197 (external, cli)")
        });
        let mut body = response.await.into_body();
        let (mut received, mut longest) = (Vec::new(), Duration::ZERO);
        let mut response = Instant::now();
        while let Some(frame) = body.frame().await {
            let bytes = frame.unwrap().into_data().unwrap();
            received.extend_from_slice(&bytes);
            let text = String::from_utf8_lossy(&bytes);
            if text.contains("event: ") && !text.contains("event: ping") {
                longest = longest.max(response.elapsed());
                response = Instant::now();
            }
        }
        assert!(is_complete(Dialect::Anthropic, &received), "{delivery:?}");
        let received = String::from_utf8(received).unwrap();
        assert!(received.contains("Forty-two"), "{delivery:?}: {received}");
        let ours = received.matches("second").count();
        assert_eq!(
            ours, 0,
            "{delivery:?}: nothing of ours in its text: {received}"
        );
        let limit = Duration::from_secs(250);
        assert!(longest < limit, "{delivery:?}: {longest:?}: {received}");
        let exchange = scene.ended().await;
        assert!(
            exchange.total > Duration::from_secs(600),
            "{:?}",
            exchange.total
        );
    }
}

/// Also for a fallback of another dialect, and only if the owner allows it.
#[tokio::test(start_paused = true)]
async fn tool_arguments_are_reported_where_the_owner_keeps_them() {
    for (client, second) in PAIRS {
        for (streamed, keep) in [(true, true), (false, true), (true, false), (false, false)] {
            let mut scene = scene(second);
            scene.change(|config| config.keep_tool_arguments = keep);
            scene.lead.outage(Some("503".parse().unwrap()));
            let call = || {
                ScriptStep::answer([ScriptedPart::Tool {
                    name: "Bash".to_owned(),
                    input: json!({ "command": "alembic upgrade head" }),
                }])
            };
            scene.second.cue(call());
            let mut body = question_with_tool(client);
            body["stream"] = streamed.into();
            text(scene.send(client, body, |head| head).await)
                .await
                .unwrap();
            let exchange = scene.ended().await;
            assert_eq!(exchange.end, End::Complete, "{client} {second}");
            let report = &exchange.attempts.last().unwrap().report;
            assert!(report.argument_bytes >= 34, "{client} {second}");
            let kept = report.tool_calls[0].arguments.as_ref();
            let kept = kept.map(|kept| serde_json::from_str::<Value>(kept.reveal()).unwrap());
            let received = json!({ "command": "alembic upgrade head" });
            assert_eq!(
                kept,
                keep.then_some(received),
                "{client} {second} {streamed}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn under_a_key_a_translated_response_runs_once_and_is_replayed_byte_by_byte() {
    for (client, other) in PAIRS {
        let scene = scene(other);
        scene.lead.outage(Some(Fault::status(503)));
        let mut received = Vec::new();
        for time in ["first", "second"] {
            let response = scene.send(client, question(client), |head| {
                head.header("idempotency-key", "k-1")
            });
            let response = response.await;
            let replayed = response.headers().contains_key("idempotency-replayed");
            assert_eq!(replayed, time == "second", "{client} by {other}");
            received.push(text(response).await.unwrap());
        }
        assert_eq!(received[0], received[1], "{client} by {other}");
        assert!(
            is_complete(client, received[0].as_bytes()),
            "{client} by {other}"
        );
        assert_eq!(scene.second.received().len(), 1, "{client} by {other}");
    }
}
