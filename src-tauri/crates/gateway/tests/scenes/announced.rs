//! Without a tray and a window, one line in the session's next text announces another model.

use std::time::Duration;

use catalog::Dialect;
use serde_json::{Value, json};
use stage::{Fault, ScriptStep, ScriptedPart};
use tokio::time::sleep;

use crate::delivery::is_complete;
use crate::understudy::speaks_only;
use crate::world::{AGENT, Scene, question, question_with_tool, text};

const MOVED: &str = "[Understudy: m at lead does not answer; m at second answers instead.]";
const BACK: &str = "[Understudy: m at lead answers again.]";

fn desk() -> Scene {
    let scene = Scene::with(Fault::status(503)).of_agent();
    scene.change(|config| config.announce = true);
    scene
}

fn document(mut body: Value) -> Value {
    body["stream"] = json!(false);
    body
}

/// One turn of a session; returns the client's text.
async fn turn(scene: &mut Scene, dialect: Dialect, body: Value) -> String {
    let streamed = body["stream"] != json!(false);
    let response = scene.send(dialect, body, |head| head.header("session-id", "s1"));
    let received = text(response.await).await.unwrap();
    if streamed {
        assert!(
            is_complete(dialect, received.as_bytes()),
            "{dialect}: {received}"
        );
    }
    scene.ended().await;
    note_in(dialect, &received, streamed)
}

/// The text of a response, as a client reads it. If the dialect repeats it, both copies must be equal.
fn note_in(dialect: Dialect, received: &str, streamed: bool) -> String {
    let in_document = |response: &Value| {
        let parts = match dialect {
            Dialect::Anthropic => response["content"].clone(),
            Dialect::OpenaiChat => {
                json!([{ "text": response["choices"][0]["message"]["content"] }])
            }
            Dialect::OpenaiResponses => {
                let items = response["output"].as_array().cloned().unwrap_or_default();
                let contents = items.iter().filter_map(|item| item["content"].as_array());
                contents.flatten().cloned().collect()
            }
        };
        let parts = parts.as_array().cloned().unwrap_or_default();
        let texts = parts.iter().filter_map(|part| part["text"].as_str());
        texts.collect::<String>()
    };
    if !streamed {
        return in_document(&serde_json::from_str(received).unwrap());
    }
    let data = received
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    let events: Vec<Value> = data
        .filter_map(|data| serde_json::from_str(data).ok())
        .collect();
    let pieces = events.iter().filter_map(|event| match dialect {
        Dialect::Anthropic => event["delta"]["text"].as_str(),
        Dialect::OpenaiChat => event["choices"][0]["delta"]["content"].as_str(),
        Dialect::OpenaiResponses if event["type"] == "response.output_text.delta" => {
            event["delta"].as_str()
        }
        Dialect::OpenaiResponses => None,
    });
    let text: String = pieces.collect();
    if let Some(last) = events
        .iter()
        .find(|event| event["type"] == "response.completed")
    {
        assert_eq!(
            in_document(&last["response"]),
            text,
            "told twice, and not alike"
        );
    }
    text
}

#[tokio::test(start_paused = true)]
async fn a_change_of_provider_is_noted_once_in_the_sessions_next_text() {
    for dialect in Dialect::ALL {
        for second in Dialect::ALL {
            for streamed in [true, false] {
                let case = format!("{dialect} by {second}, streamed {streamed}");
                let mut scene = desk();
                scene.change(|config| speaks_only(config, "second", second));
                let body = || {
                    if streamed {
                        question(dialect)
                    } else {
                        document(question(dialect))
                    }
                };
                let first = turn(&mut scene, dialect, body()).await;
                assert!(
                    first.starts_with(&format!("{MOVED}\n\n")),
                    "{case}: {first}"
                );
                assert!(first.len() > MOVED.len() + 9, "{case}: {first}");
                let next = turn(&mut scene, dialect, body()).await;
                assert!(!next.contains("[Understudy"), "{case}: {next}");
                scene.lead.outage(None);
                // Without news of the primary a session returns after an hour.
                sleep(Duration::from_secs(3700)).await;
                let back = turn(&mut scene, dialect, body()).await;
                assert!(back.starts_with(BACK), "{case}: {back}");
                let next = turn(&mut scene, dialect, body()).await;
                assert!(!next.contains("[Understudy"), "{case}: {next}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_without_text_defers_the_line_to_the_next_one() {
    for dialect in Dialect::ALL {
        let mut scene = desk();
        scene.second.cue(ScriptStep::answer([ScriptedPart::Tool {
            name: "Bash".to_owned(),
            input: json!({ "command": "ls" }),
        }]));
        let call = turn(&mut scene, dialect, question_with_tool(dialect)).await;
        assert_eq!(call, "", "{dialect}");
        let next = turn(&mut scene, dialect, question_with_tool(dialect)).await;
        assert!(next.starts_with(MOVED), "{dialect}: {next}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_note_goes_to_agents_alone_in_no_document_and_only_where_nothing_else_can_carry_it() {
    for dialect in Dialect::ALL {
        let mut scene = desk();
        scene.change(|config| config.announce = false);
        let received = turn(&mut scene, dialect, question(dialect)).await;
        assert!(
            !received.contains("[Understudy"),
            "{dialect}: a tray says it"
        );

        let mut scene = desk().of_client("ai/7.0.173 ai-sdk/openai");
        let received = turn(&mut scene, dialect, question(dialect)).await;
        assert!(
            !received.contains("[Understudy"),
            "{dialect}: an application"
        );

        let mut scene = desk();
        let mut body = question(dialect);
        let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
        match dialect {
            Dialect::Anthropic => {
                body["output_format"] = json!({ "type": "json_schema", "schema": schema })
            }
            Dialect::OpenaiChat => {
                body["response_format"] = json!({ "type": "json_schema", "json_schema": { "name": "a", "schema": schema } });
            }
            Dialect::OpenaiResponses => {
                body["text"] =
                    json!({ "format": { "type": "json_schema", "name": "a", "schema": schema } });
            }
        }
        scene.second.cue(ScriptStep::answer([ScriptedPart::Text(
            "{\"a\":\"b\"}".to_owned(),
        )]));
        assert_eq!(
            turn(&mut scene, dialect, body).await,
            "{\"a\":\"b\"}",
            "{dialect}"
        );
    }
}

/// A restart within a response announces the provider that continues.
#[tokio::test(start_paused = true)]
async fn after_the_note_of_a_restart_no_other_note_follows() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::CutInText).of_agent();
        scene.change(|config| config.announce = true);
        scene.restarts(gateway::Restart::Always);
        let first = turn(&mut scene, dialect, question(dialect)).await;
        assert_eq!(
            first.matches("[Understudy: ").count(),
            1,
            "{dialect}: {first}"
        );
        let next = turn(&mut scene, dialect, question(dialect)).await;
        assert!(!next.contains("[Understudy"), "{dialect}: {next}");
    }
}

/// A client without a session id gets the line in each turn of its user, but not after each tool.
#[tokio::test(start_paused = true)]
async fn without_a_session_each_turn_of_the_user_has_the_note() {
    let scene = desk();
    let ask = |body: Value| async {
        let response = scene.send(Dialect::OpenaiChat, body, |head| {
            head.header("user-agent", AGENT)
        });
        note_in(
            Dialect::OpenaiChat,
            &text(response.await).await.unwrap(),
            true,
        )
    };
    for _ in 0..2 {
        assert!(ask(question(Dialect::OpenaiChat)).await.starts_with(MOVED));
    }
    let mut body = question_with_tool(Dialect::OpenaiChat);
    body["messages"] = json!([
        { "role": "user", "content": "Hi" },
        { "role": "assistant", "tool_calls": [{ "id": "call_1", "type": "function", "function": { "name": "Bash", "arguments": "{}" } }] },
        { "role": "tool", "tool_call_id": "call_1", "content": "done" },
    ]);
    assert!(!ask(body).await.contains("[Understudy"));
}
