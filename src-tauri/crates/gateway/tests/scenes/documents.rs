//! A stream was requested, and one complete JSON document arrived.

use catalog::Dialect;
use gateway::{End, Restart};
use serde_json::{Value, json};

use crate::by_hand::{Beat, always, raw};
use crate::delivery::{delivered, is_complete};
use crate::understudy::speaks_only;
use crate::world::{Scene, complete, question, question_with_tool, text};

fn head(kind: &str) -> Beat {
    raw(format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n"
    ))
}

/// A response with a text and, if a tool is offered, its call.
fn document(dialect: Dialect, call: bool) -> Value {
    let arguments = r#"{"command":"ls"}"#;
    match dialect {
        Dialect::Anthropic => {
            let mut content = json!([{"type": "thinking", "thinking": "Hm", "signature": "sig"}, {"type": "text", "text": "Forty-two."}]);
            if call {
                content.as_array_mut().unwrap().push(json!({"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}}));
            }
            let stop = if call { "tool_use" } else { "end_turn" };
            json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": content, "stop_reason": stop, "usage": {"input_tokens": 11, "output_tokens": 7}})
        }
        Dialect::OpenaiChat => {
            let mut message = json!({"role": "assistant", "content": "Forty-two."});
            if call {
                message["tool_calls"] = json!([{"id": "call_1", "type": "function", "function": {"name": "Bash", "arguments": arguments}}]);
            }
            let stop = if call { "tool_calls" } else { "stop" };
            let choice = json!({"index": 0, "message": message, "finish_reason": stop});
            json!({"id": "c", "object": "chat.completion", "created": 7, "model": "m", "choices": [choice], "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}})
        }
        Dialect::OpenaiResponses => {
            let mut output = json!([{"type": "message", "id": "msg_1", "role": "assistant", "content": [{"type": "output_text", "text": "Forty-two.", "annotations": []}]}]);
            if call {
                output.as_array_mut().unwrap().push(json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "Bash", "arguments": arguments}));
            }
            json!({"id": "resp_1", "object": "response", "created_at": 7, "model": "m", "status": "completed", "output": output, "usage": {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}})
        }
    }
}

fn lead(kind: &str, body: &str, dialect: Option<Dialect>) -> Scene {
    // In two pieces, and after the white space that some servers send while they work.
    let (one, two) = body.split_at(body.len() / 2);
    let (scene, _) = always([head(kind), raw("\n\n"), raw(one), raw(two)]);
    scene.restarts(Restart::Never);
    if let Some(dialect) = dialect {
        scene.change(|config| speaks_only(config, "lead", dialect));
    }
    scene
}

#[tokio::test(start_paused = true)]
async fn a_document_is_a_response_and_the_client_gets_events() {
    for client in Dialect::ALL {
        for spoken in Dialect::ALL {
            for kind in [
                "application/json",
                "text/event-stream",
                "application/json; charset=utf-8",
            ] {
                for call in [false, true] {
                    for piped in [false, true] {
                        let case = format!(
                            "{client} by {spoken}, {kind}, call: {call}, pipeline: {piped}"
                        );
                        let body = document(spoken, call).to_string();
                        let mut scene = lead(kind, &body, (client != spoken).then_some(spoken));
                        let requested = if call {
                            question_with_tool(client)
                        } else {
                            question(client)
                        };
                        let response = scene
                            .send(client, requested, |head| match piped {
                                true => head.header("x-understudy-pipeline", "leads"),
                                false => head,
                            })
                            .await;
                        assert_eq!(response.status(), 200, "{case}");
                        assert_eq!(
                            response.headers()["content-type"],
                            "text/event-stream",
                            "{case}"
                        );
                        assert!(!response.headers().contains_key("content-length"), "{case}");
                        let received = text(response).await.unwrap();
                        assert!(
                            is_complete(client, received.as_bytes()),
                            "{case}: {received}"
                        );
                        assert!(received.contains("Forty-two."), "{case}: {received}");
                        assert_eq!(received.contains("Bash"), call, "{case}: {received}");
                        let exchange = scene.ended().await;
                        assert_eq!(
                            (exchange.end, exchange.attempts.len()),
                            (End::Complete, 1),
                            "{case}"
                        );
                        let report = &exchange.attempts[0].report;
                        assert_eq!(
                            (
                                report.tokens.input,
                                report.tokens.output,
                                report.usage_reported
                            ),
                            (11, 7, true),
                            "{case}"
                        );
                        assert_eq!(report.tool_calls.len(), usize::from(call), "{case}");
                    }
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_document_stays_a_failure_with_its_text() {
    let bodies = [
        json!({"error": {"message": "The moon is in the way", "type": "server_error"}}),
        json!({"type": "error", "error": {"type": "api_error", "message": "The moon is in the way"}}),
    ];
    for dialect in Dialect::ALL {
        for body in &bodies {
            for kind in ["application/json", "text/event-stream"] {
                let mut scene = lead(kind, &body.to_string(), None);
                let received = text(scene.ask(dialect).await).await.unwrap();
                assert!(complete(dialect, &received), "{dialect}: {received}");
                let exchange = scene.ended().await;
                let sentence = format!("{:?}", exchange.attempts[0].outcome);
                assert!(
                    sentence.contains("The moon is in the way"),
                    "{dialect} {kind}: {sentence}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_truncated_document_and_one_without_an_end_are_failures() {
    for dialect in Dialect::ALL {
        let body = document(dialect, false).to_string();
        let open = match dialect {
            Dialect::Anthropic => body.replace("\"end_turn\"", "null"),
            Dialect::OpenaiChat => body.replace("\"stop\"", "\"\""),
            Dialect::OpenaiResponses => body.replace("\"completed\"", "\"failed\""),
        };
        for wrong in [&body[..body.len() - 9], &open] {
            let mut scene = lead("application/json", wrong, None);
            let received = text(scene.ask(dialect).await).await.unwrap();
            assert!(
                complete(dialect, &received) && !received.contains("Forty-two."),
                "{dialect}: {received}"
            );
            assert_eq!(
                scene.requested().await.0.last().unwrap(),
                "second",
                "{dialect}"
            );
        }
    }
}

/// While it is paused, Understudy changes nothing.
#[tokio::test(start_paused = true)]
async fn a_paused_gateway_forwards_the_document_unchanged() {
    for dialect in Dialect::ALL {
        let body = document(dialect, false).to_string();
        let (scene, _) = always([head("application/json"), raw(body.clone())]);
        scene.change(|config| config.paused = true);
        let response = scene.ask(dialect).await;
        assert_eq!(
            response.headers()["content-type"],
            "application/json",
            "{dialect}"
        );
        let (received, end) = delivered(response).await;
        assert_eq!(
            (String::from_utf8(received).unwrap(), end.is_ok()),
            (body, true),
            "{dialect}"
        );
    }
}
