//! Clients that never retry a broken stream: a response that they act on passes the completion check first, and contains no
//! text of Understudy.

use catalog::Dialect;
use gateway::{End, Restart};
use serde_json::{Value, json};
use stage::{Fault, ScriptStep, ScriptedPart};

use crate::delivery::{delivered, is_complete};
use crate::world::{Scene, question, question_with_tool, text};

const APPLICATIONS: [&str; 6] = [
    "ai/7.0.173 ai-sdk/provider-utils/4.0.30 runtime/node.js/24",
    "langchainjs-openai/1.0.0 (node/v24)",
    "Agents/Python 0.24.0",
    "OpenAI/Python 3.57.0",
    "pydantic-ai/2.66.0",
    "some-script/1",
];

const SHOWN: &str = "Here is the first part of a text that is long enough to be cut.";

/// Each candidate is attempted twice.
fn cut(fault: Fault, lines: impl Into<Vec<ScriptedPart>>) -> ScriptStep {
    ScriptStep {
        fault: Some(fault),
        ..ScriptStep::answer(lines)
    }
    .times(2)
}

fn line_of(text: &str) -> ScriptedPart {
    ScriptedPart::Text(text.to_owned())
}

fn bash(command: &str) -> ScriptedPart {
    ScriptedPart::Tool {
        name: "Bash".to_owned(),
        input: json!({ "command": command }),
    }
}

async fn requested(scene: &Scene, dialect: Dialect, body: Value) -> (String, bool) {
    let (received, end) = delivered(scene.send(dialect, body, |head| head).await).await;
    let received = String::from_utf8(received).unwrap();
    assert!(!received.contains("Understudy"), "{dialect}: {received}");
    (received, end.is_ok())
}

#[tokio::test(start_paused = true)]
async fn with_tools_a_cut_at_any_point_has_no_effect_on_the_client() {
    for application in APPLICATIONS {
        for dialect in Dialect::ALL {
            for fault in [
                Fault::CutInText,
                Fault::CutInTool,
                Fault::CleanCloseInText,
                Fault::CleanCloseInTool,
                Fault::CutBeforeFinal,
                Fault::CleanCloseBeforeFinal,
                Fault::StallInTool,
                Fault::ErrorEvent,
            ] {
                let case = format!("{application} {dialect} {fault}");
                let mut scene = Scene::new().of_client(application);
                scene
                    .lead
                    .cue(cut(fault, [line_of(SHOWN), bash("rm --first")]));
                scene.second.cue(ScriptStep::answer([bash("ls --second")]));
                let (received, clean) =
                    requested(&scene, dialect, question_with_tool(dialect)).await;
                assert!(
                    clean && is_complete(dialect, received.as_bytes()),
                    "{case}: {received}"
                );
                assert!(!received.contains("first"), "{case}: {received}");
                assert_eq!(scene.ended().await.end, End::Complete, "{case}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_demanded_document_is_checked_before_its_first_byte_is_released() {
    for dialect in Dialect::ALL {
        let mut body = question(dialect);
        let schema = json!({ "type": "object", "properties": { "a": { "type": "string" } } });
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
        let mut scene = Scene::new().of_client(APPLICATIONS[0]);
        let document = |value: &str| line_of(&json!({ "a": value }).to_string());
        scene.lead.cue(cut(Fault::CutInText, [document(SHOWN)]));
        scene.second.cue(ScriptStep::answer([document("whole")]));
        let (received, clean) = requested(&scene, dialect, body).await;
        assert!(
            clean && is_complete(dialect, received.as_bytes()),
            "{dialect}: {received}"
        );
        assert!(!received.contains("first part"), "{dialect}: {received}");
        assert_eq!(scene.ended().await.end, End::Complete, "{dialect}");
    }
}

/// Plain text streams live; until some of it was released, nothing is lost.
#[tokio::test(start_paused = true)]
async fn released_text_is_never_followed_by_that_of_another_response() {
    for application in APPLICATIONS {
        for dialect in Dialect::ALL {
            for (fault, complete) in [
                (Fault::CutAfterOpening, true),
                (Fault::ErrorEventFirst, true),
                (Fault::CutInText, false),
                (Fault::CleanCloseInText, false),
                (Fault::CutBeforeFinal, false),
                (Fault::ErrorEvent, false),
            ] {
                let case = format!("{application} {dialect} {fault}");
                let mut scene = Scene::new().of_client(application);
                scene.lead.cue(cut(fault, [line_of(SHOWN)]));
                scene
                    .second
                    .cue(ScriptStep::answer([line_of("Forty-two.")]));
                let (received, clean) = requested(&scene, dialect, question(dialect)).await;
                assert_eq!(
                    clean && is_complete(dialect, received.as_bytes()),
                    complete,
                    "{case}: {received}"
                );
                let both = received.contains("Here is") && received.contains("Forty");
                assert!(!both && clean == complete, "{case}: {received}");
                let end = if complete { End::Complete } else { End::Cut };
                assert_eq!(scene.ended().await.end, end, "{case}");
            }
        }
    }
}

/// Also if the owner set `restart = "always"`.
#[tokio::test(start_paused = true)]
async fn an_applications_text_has_no_note_of_understudy() {
    for (user_agent, note) in [(APPLICATIONS[0], false), (crate::world::AGENT, true)] {
        for dialect in Dialect::ALL {
            let mut scene = Scene::with(Fault::CutInText).of_client(user_agent);
            scene.restarts(Restart::Always);
            let received = text(scene.ask(dialect).await).await.unwrap();
            assert!(
                is_complete(dialect, received.as_bytes()),
                "{dialect}: {received}"
            );
            assert_eq!(
                received.contains("[Understudy: "),
                note,
                "{user_agent} {dialect}: {received}"
            );
            assert_eq!(scene.ended().await.restarts, 1);
        }
    }
}

/// Versions of Qwen Code before 0.24.4 retry a stream that ends without a finish reason, but not a broken connection.
#[tokio::test(start_paused = true)]
async fn a_client_that_retries_only_after_a_clean_end_gets_one() {
    for (version, clean) in [("0.24.3", true), ("0.24.4", false)] {
        let user_agent = format!("QwenCode/{version} (linux; x64)");
        let scene = Scene::with(Fault::CutInText);
        let body = question(Dialect::OpenaiChat);
        let response = scene.send(Dialect::OpenaiChat, body, |head| {
            head.header("user-agent", user_agent)
        });
        let (received, end) = delivered(response.await).await;
        let received = String::from_utf8(received).unwrap();
        assert!(
            !received.contains("\"finish_reason\":\"") && !received.contains("[DONE]"),
            "{received}"
        );
        assert_eq!(end.is_ok(), clean, "{version}: {received}");
    }
}
