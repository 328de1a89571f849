//! A stand-in that speaks another dialect than the client: whoever can play the part may play it.

use std::time::Duration;

use catalog::{Dialect, EndpointId};
use gateway::{Config, End, Restart};
use serde_json::{Value, json};
use stage::{Cue, Fault, Line};

use crate::delivery::{given, is_whole};
use crate::world::{Scene, question, question_with_tool, text};

const PAIRS: [(Dialect, Dialect); 6] = [
    (Dialect::Anthropic, Dialect::OpenaiChat),
    (Dialect::Anthropic, Dialect::OpenaiResponses),
    (Dialect::OpenaiChat, Dialect::Anthropic),
    (Dialect::OpenaiChat, Dialect::OpenaiResponses),
    (Dialect::OpenaiResponses, Dialect::Anthropic),
    (Dialect::OpenaiResponses, Dialect::OpenaiChat),
];

/// From now on this endpoint speaks nothing else.
fn speaks(config: &mut Config, id: &str, dialect: Dialect) {
    let endpoint = config.endpoints.get_mut(&EndpointId::new(id)).unwrap();
    endpoint.endpoint.paths = [(dialect, dialect.default_path().to_owned())].into();
}

/// Messages demands a limit to the answer; the other dialects have one if their client says so.
fn limited(dialect: Dialect, mut body: Value) -> Value {
    let limit = match dialect {
        Dialect::Anthropic | Dialect::OpenaiChat => "max_tokens",
        Dialect::OpenaiResponses => "max_output_tokens",
    };
    body[limit] = 99.into();
    body
}

fn scene(second: Dialect) -> Scene {
    let scene = Scene::new();
    scene.change(|config| speaks(config, "second", second));
    scene
}

/// The client's side of a turn with one tool call: its id, its name and its arguments.
fn calls(dialect: Dialect, told: &str) -> Vec<(String, String, Value)> {
    let mut validator = wire::Validator::new(dialect, wire::Framing::Stream);
    validator.push(told.as_bytes(), &mut Vec::new());
    let report = validator.report();
    let input = input(dialect, told);
    let calls = report.tool_calls.iter();
    calls
        .map(|call| (call.id.clone(), call.name.clone(), input.clone()))
        .collect()
}

/// All arguments of a stream with one call.
fn input(dialect: Dialect, told: &str) -> Value {
    let data = told.lines().filter_map(|line| line.strip_prefix("data: "));
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

/// The next turn of an agent: what it was told, and its tool's result.
fn with_result(dialect: Dialect, id: &str, input: &Value) -> Value {
    let mut next = limited(dialect, question_with_tool(dialect));
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
async fn a_stand_in_of_another_dialect_answers_in_the_clients() {
    for (client, other) in PAIRS {
        for streamed in [true, false] {
            let case = format!("{client} by {other}, streamed: {streamed}");
            let mut scene = scene(other);
            scene.lead.outage(Some(Fault::status(503)));
            scene
                .second
                .cue(Cue::answer([Line::Text("Forty-two, naïvely.".to_owned())]));
            let mut body = limited(client, question(client));
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
            let told = text(response).await.unwrap();
            assert!(told.contains("Forty-two"), "{case}: {told}");
            if streamed {
                assert!(is_whole(client, told.as_bytes()), "{case}: {told}");
            }
            let asked = scene.second.received();
            assert_eq!(asked.len(), 1, "{case}");
            assert_eq!(asked[0].path, other.default_path(), "{case}");
            let exchange = scene.ended().await;
            assert_eq!(exchange.end, End::Complete, "{case}");
            let last = exchange.attempts.last().unwrap();
            assert_eq!(last.spoken, Some(other), "{case}");
            assert!(last.report.usage_told, "{case}: {:?}", last.report);
            assert!(last.report.tokens.output > 0, "{case}");
        }
    }
}

/// The tool's id goes there and back, also where the lead, well again, takes the next turn; and the other way round.
#[tokio::test(start_paused = true)]
async fn a_tool_call_of_the_stand_ins_is_answered_to_whoever_takes_the_next_turn() {
    let ls = json!({ "command": "ls" });
    for (client, other) in PAIRS {
        for lead_returns in [false, true] {
            let case = format!("{client} by {other}, lead returns: {lead_returns}");
            let mut scene = scene(other);
            scene.lead.outage(Some(Fault::status(503)));
            scene.second.cue(Cue::answer([
                Line::Text("Let me look.".to_owned()),
                Line::Tool {
                    name: "Bash".to_owned(),
                    input: ls.clone(),
                },
            ]));
            let response = scene
                .send(
                    client,
                    limited(client, question_with_tool(client)),
                    |head| head,
                )
                .await;
            let told = text(response).await.unwrap();
            assert!(is_whole(client, told.as_bytes()), "{case}: {told}");
            let called = calls(client, &told);
            let [(id, name, input)] = &called[..] else {
                panic!("{case}: {called:?}: {told}");
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
            let told = text(response).await.unwrap();
            assert!(is_whole(client, told.as_bytes()), "{case}: {told}");
            assert_eq!(
                scene.ended().await.tool_results,
                std::slice::from_ref(id),
                "{case}"
            );
        }
    }
}

/// No half of a translated answer is taken for a whole, and its first content is awaited like any other's.
#[tokio::test(start_paused = true)]
async fn a_translated_answer_that_breaks_off_is_never_ended_cleanly() {
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
            let body = limited(client, question(client));
            let (told, end) = given(scene.send(client, body, |head| head).await).await;
            let text = String::from_utf8_lossy(&told);
            assert!(end.is_err(), "{case}: {text}");
            assert!(!is_whole(client, &told), "{case}: {text}");
            for told in ["event: error", "response.failed", "\"error\":{"] {
                assert!(!text.contains(told), "{case}: {text}");
            }
            assert_eq!(scene.ended().await.end, End::Cut, "{case}");
        }
    }
}
