//! Another response continues a truncated one in the same message.

use std::time::Duration;

use catalog::Dialect;
use gateway::{End, Restart};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use stage::{Fault, ScriptStep, ScriptedPart};
use tokio::time::Instant;

use crate::delivery::{delivered, is_complete};
use crate::world::{Scene, question, question_with_tool, text};

/// A complete thinking block, and text in which the fault occurs.
fn truncated(fault: Fault) -> ScriptStep {
    ScriptStep {
        fault: Some(fault),
        ..ScriptStep::answer([
            ScriptedPart::Thinking("Let me see.".to_owned()),
            ScriptedPart::Text(
                "The answer is on its way, and it is long enough to be cut.".to_owned(),
            ),
        ])
    }
}

fn second_answer() -> ScriptStep {
    ScriptStep::answer([
        ScriptedPart::Thinking("Another head.".to_owned()),
        ScriptedPart::Text("Forty-two.".to_owned()),
    ])
}

fn events(received: &str) -> Vec<Value> {
    let data = received
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok())
        .collect()
}

/// Claude Code never repeats a request after a completed block, so only the gateway can continue it.
#[tokio::test(start_paused = true)]
async fn after_a_complete_block_another_provider_continues_the_same_message() {
    for fault in [
        Fault::CutInText,
        Fault::CleanCloseInText,
        Fault::ErrorEvent,
        Fault::MalformedEvent,
    ] {
        let mut scene = Scene::new().of_agent();
        scene.lead.cue(truncated(fault.clone()));
        scene.second.cue(second_answer());
        let received = text(scene.ask(Dialect::Anthropic).await).await.unwrap();
        assert!(
            is_complete(Dialect::Anthropic, received.as_bytes()),
            "{fault}: {received}"
        );
        for once in [
            "event: message_start",
            "event: message_stop",
            "\"stop_reason\":\"end_turn\"",
        ] {
            assert_eq!(
                received.matches(once).count(),
                1,
                "{fault}: {once}: {received}"
            );
        }
        assert!(
            received.contains("Let me"),
            "{fault}: the thinking that was shown stays"
        );
        assert!(
            !received.contains("Another"),
            "{fault}: a second thinking would poison the history"
        );
        assert!(
            received.contains("lead ended in the middle"),
            "{fault}: {received}"
        );
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::Complete, "{fault}");
        assert_eq!(exchange.restarts, 1, "{fault}");
        let requested = exchange.attempts.iter().map(|a| a.endpoint.as_str());
        assert!(
            requested.eq(["lead", "second"]),
            "{fault}: at once the other one"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn blocks_of_the_second_answer_are_numbered_after_those_of_the_first() {
    let mut scene = Scene::new().of_agent();
    scene.lead.cue(truncated(Fault::CutInText));
    scene.second.cue(ScriptStep::answer([
        ScriptedPart::Text("I will look.".to_owned()),
        ScriptedPart::Tool {
            name: "Bash".to_owned(),
            input: json!({ "command": "ls" }),
        },
    ]));
    let dialect = Dialect::Anthropic;
    let response = scene
        .send(dialect, question_with_tool(dialect), |head| head)
        .await;
    let received = text(response).await.unwrap();
    let starts: Vec<u64> = events(&received)
        .iter()
        .filter(|event| event["type"] == "content_block_start")
        .map(|event| event["index"].as_u64().unwrap())
        .collect();
    let in_order: Vec<u64> = (0..starts.len() as u64).collect();
    assert_eq!(starts, in_order, "{received}");
    assert_eq!(
        received.matches("\"name\":\"Bash\"").count(),
        1,
        "{received}"
    );
    assert_eq!(scene.requested().await.1, End::Complete);
}

/// An agent without a completed block repeats the request, and gets a clean response.
#[tokio::test(start_paused = true)]
async fn before_any_complete_block_the_connection_is_aborted_unless_the_route_allows_a_restart() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::CutInText).of_agent();
        assert!(text(scene.ask(dialect).await).await.is_err(), "{dialect}");
        assert_eq!(scene.requested().await.1, End::Cut, "{dialect}");

        let mut scene = Scene::with(Fault::CutInText).of_agent();
        scene.restarts(Restart::Always);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(
            is_complete(dialect, received.as_bytes()),
            "{dialect}: {received}"
        );
        assert!(
            received.contains("ended in the middle"),
            "{dialect}: {received}"
        );
        let exchange = scene.ended().await;
        assert_eq!(
            (exchange.end, exchange.restarts),
            (End::Complete, 1),
            "{dialect}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_cannot_restart_in_place_is_aborted() {
    for dialect in Dialect::ALL {
        // One model cannot complete a document of another.
        let mut scene = Scene::with(Fault::CutBeforeFinal).of_agent();
        scene.restarts(Restart::Always);
        let mut body = question(dialect);
        let parts = json!({ "first": { "type": "string" }, "second": { "type": "string" } });
        let schema =
            json!({ "type": "object", "properties": parts, "required": ["first", "second"] });
        match dialect {
            Dialect::Anthropic => {
                body["output_format"] = json!({ "type": "json_schema", "schema": schema });
            }
            Dialect::OpenaiChat => {
                body["response_format"] = json!({ "type": "json_schema", "json_schema": { "name": "a", "schema": schema } });
            }
            Dialect::OpenaiResponses => {
                body["text"] =
                    json!({ "format": { "type": "json_schema", "name": "a", "schema": schema } });
            }
        }
        let (received, end) = delivered(scene.send(dialect, body, |head| head).await).await;
        assert!(
            end.is_err(),
            "{dialect}: {}",
            String::from_utf8_lossy(&received)
        );
        assert_eq!(scene.requested().await.1, End::Cut, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn without_another_candidate_the_connection_is_aborted() {
    let mut scene = Scene::new().of_agent();
    scene.lead.cue(truncated(Fault::CutInText).times(9));
    scene.second.outage(Some(Fault::status(503)));
    let (_, end) = delivered(scene.ask(Dialect::Anthropic).await).await;
    assert!(end.is_err());
    let exchange = scene.ended().await;
    assert_eq!(exchange.end, End::Cut);
    assert!(exchange.attempts.len() <= 6, "{}", exchange.attempts.len());
}

#[tokio::test(start_paused = true)]
async fn while_the_next_provider_thinks_the_client_gets_events_of_its_dialect() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::CutInText).of_agent();
        scene.restarts(Restart::Always);
        scene
            .second
            .outage(Some(Fault::LateFirstToken(Duration::from_secs(100))));
        let mut body = scene.ask(dialect).await.into_body();
        let (mut received, mut longest, mut since) = (Vec::new(), Duration::ZERO, Instant::now());
        while let Some(frame) = body.frame().await {
            let bytes = frame.unwrap().into_data().unwrap();
            if !bytes.starts_with(b":") {
                longest = longest.max(since.elapsed());
                since = Instant::now();
            }
            received.extend_from_slice(&bytes);
        }
        assert!(longest <= Duration::from_secs(16), "{dialect}: {longest:?}");
        assert!(is_complete(dialect, &received), "{dialect}");
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_during_a_failover_ends_the_exchange_once() {
    let mut scene = Scene::new().of_agent();
    scene.lead.cue(truncated(Fault::CutInText));
    scene.second.outage(Some(Fault::NoHeaders(None)));
    let mut body = scene.ask(Dialect::Anthropic).await.into_body();
    let reading = async {
        while let Some(frame) = body.frame().await {
            frame.unwrap();
        }
    };
    assert!(
        tokio::time::timeout(Duration::from_secs(8), reading)
            .await
            .is_err()
    );
    drop(body);
    let exchange = scene.ended().await;
    assert_eq!(exchange.end, End::ClientLeft);
    assert_eq!(scene.gateway.open_exchanges(), 0);
    assert!(scene.reports.try_recv().is_err(), "once");
}

/// Most output of an agent's turn is a tool call: if it is truncated within one, another provider continues.
#[tokio::test(start_paused = true)]
async fn a_truncated_tool_call_is_never_released() {
    for fault in [
        Fault::CutInTool,
        Fault::CleanCloseInTool,
        Fault::StallInTool,
        Fault::CutBeforeFinal,
        Fault::ErrorEventBeforeFinal,
    ] {
        let bash = |command: &str| ScriptedPart::Tool {
            name: "Bash".to_owned(),
            input: json!({ "command": command }),
        };
        let mut scene = Scene::new().of_agent();
        scene.lead.cue(ScriptStep {
            fault: Some(fault.clone()),
            ..ScriptStep::answer([
                ScriptedPart::Text("I will look.".to_owned()),
                bash("rm --first"),
            ])
        });
        scene.second.cue(ScriptStep::answer([bash("ls --second")]));
        let dialect = Dialect::Anthropic;
        let response = scene
            .send(dialect, question_with_tool(dialect), |head| head)
            .await;
        let received = text(response).await.unwrap();
        assert!(
            is_complete(dialect, received.as_bytes()),
            "{fault}: {received}"
        );
        assert_eq!(
            received.matches("\"type\":\"tool_use\"").count(),
            1,
            "{fault}: {received}"
        );
        assert!(!received.contains("first"), "{fault}: {received}");
        let exchange = scene.ended().await;
        assert_eq!(
            (exchange.end, exchange.restarts),
            (End::Complete, 1),
            "{fault}"
        );
    }
}

/// Chat's vendor does not return its thinking, so no thinking needs to precede a tool call.
#[tokio::test(start_paused = true)]
async fn in_chat_a_reasoning_effort_does_not_forbid_tool_calls_after_a_restart() {
    for (field, value, check_session) in [
        ("reasoning_effort", json!("high"), true),
        ("thinking", json!({ "type": "enabled" }), false),
    ] {
        let mut scene = Scene::new().of_agent();
        scene.restarts(Restart::Always);
        scene.lead.cue(ScriptStep {
            fault: Some(Fault::CutInText),
            ..ScriptStep::answer([ScriptedPart::Text(
                "It is long enough to be cut in two.".to_owned(),
            )])
        });
        scene.second.cue(ScriptStep::answer([ScriptedPart::Tool {
            name: "Bash".to_owned(),
            input: json!({ "command": "ls" }),
        }]));
        let mut body = question_with_tool(Dialect::OpenaiChat);
        body[field] = value;
        let response = scene.send(Dialect::OpenaiChat, body, |head| head).await;
        let (received, end) = delivered(response).await;
        assert_eq!(end.is_ok(), check_session, "{field}");
        let received = String::from_utf8(received).unwrap();
        assert_eq!(
            received.matches("\"name\":\"Bash\"").count(),
            usize::from(check_session)
        );
        let exchange = scene.ended().await;
        let expected = if check_session {
            End::Complete
        } else {
            End::Cut
        };
        assert_eq!(exchange.end, expected, "{field}");
    }
}
