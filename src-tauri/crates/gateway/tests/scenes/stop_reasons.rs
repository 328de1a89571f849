//! Stop reasons from end to end: agents get responses that may be complete, pipelines only complete ones.

use std::time::Duration;

use catalog::Dialect;
use gateway::{End, Restart};
use http::request::Builder;
use serde_json::{Value, json};

use crate::by_hand::{Beat, Requests, STREAM, always, raw, recorded, streaming};
use crate::delivery::{delivered, is_complete};
use crate::understudy::speaks_only;
use crate::world::{Scene, complete, question, text};

fn pipeline(head: Builder) -> Builder {
    head.header("x-understudy-pipeline", "leads")
}

/// The recorded response `text` with another stop reason; `with_text` false: without content before it.
fn stopping(dialect: Dialect, reason: &str, with_text: bool) -> Vec<String> {
    let events = recorded(dialect, "text");
    let (old, new) = match dialect {
        Dialect::Anthropic => (
            r#""stop_reason":"end_turn""#,
            format!(r#""stop_reason":"{reason}""#),
        ),
        Dialect::OpenaiChat => (
            r#""finish_reason":"stop""#,
            format!(r#""finish_reason":"{reason}""#),
        ),
        Dialect::OpenaiResponses => (r#""status":"completed""#, format!(r#""status":"{reason}""#)),
    };
    let is_frame = |event: &String| {
        [
            "message_start",
            "message_delta",
            "message_stop",
            "finish_reason\":\"",
            "[DONE]",
            "response.c",
        ]
        .iter()
        .any(|word| event.contains(word))
    };
    let kept = events
        .into_iter()
        .filter(|event| with_text || is_frame(event));
    let changed: Vec<String> = kept.map(|event| event.replace(old, &new)).collect();
    if with_text {
        return changed;
    }
    // The terminal event of Responses contains the output too.
    changed.iter().map(|event| without_output(event)).collect()
}

fn without_output(event: &str) -> String {
    let Some((head, data)) = event.trim_end().split_once("data: ") else {
        return event.to_owned();
    };
    let Ok(mut data) = serde_json::from_str::<Value>(data) else {
        return event.to_owned();
    };
    if data["response"]["output"].is_array() {
        data["response"]["output"] = json!([]);
    }
    format!("{head}data: {data}\n\n")
}

fn lead(events: &[String]) -> (Scene, Requests) {
    let (scene, requested) = always([raw(STREAM), raw(events.concat())]);
    scene.restarts(Restart::Never);
    (scene, requested)
}

/// sgl-project/sglang#3912: every chunk has an empty reason, and the stream is cut.
#[tokio::test(start_paused = true)]
async fn a_blank_reason_in_every_chunk_does_not_end_the_response() {
    for blank in ["", " ", "null", "none"] {
        let chunk = |text: &str, reason: &str| {
            let choice = json!({"index": 0, "delta": {"content": text}, "finish_reason": reason});
            format!(
                "data: {}\n\n",
                json!({"id": "c", "model": "m", "choices": [choice]})
            )
        };
        let begun = chunk("Once", blank) + &chunk(" upon", blank);
        let (mut scene, _) = always([raw(STREAM), raw(begun.clone())]);
        scene.restarts(Restart::Never);
        let (_, end) = delivered(scene.ask(Dialect::OpenaiChat).await).await;
        assert!(end.is_err(), "{blank:?}");
        assert_eq!(scene.requested().await.1, End::Cut, "{blank:?}");

        // A pause longer than the grace time after an end, and then the rest of a healthy response.
        let rest = chunk(" a time.", "stop") + "data: [DONE]\n\n";
        let beats = [
            raw(STREAM),
            raw(begun.clone()),
            Beat::Wait(Duration::from_secs(15)),
            raw(rest.clone()),
        ];
        for piped in [false, true] {
            let (mut scene, _) = always(beats.clone());
            let head = if piped { pipeline } else { |head| head };
            let response = scene
                .send(Dialect::OpenaiChat, question(Dialect::OpenaiChat), head)
                .await;
            let received = text(response).await.unwrap();
            assert!(
                received.ends_with(&(begun.clone() + &rest)),
                "{blank:?}: {received}"
            );
            assert_eq!(
                scene.requested().await,
                (vec!["lead".into()], End::Complete)
            );
        }

        // A pipeline receives nothing of a cut response.
        let (mut scene, _) = always([raw(STREAM), raw(begun)]);
        let response = scene
            .send(Dialect::OpenaiChat, question(Dialect::OpenaiChat), pipeline)
            .await;
        let received = text(response).await.unwrap();
        assert!(
            complete(Dialect::OpenaiChat, &received) && !received.contains("upon"),
            "{blank:?}: {received}"
        );
        assert_eq!(scene.requested().await.0.last().unwrap(), "second");
    }
}

/// The second endpoint's text.
const SECOND: &str = "rehearsal";

const FAILURES: [&str; 7] = [
    "network_error",
    "abort",
    "time_limit",
    "cancelled",
    "error",
    "function_call_filter: MALFORMED_FUNCTION_CALL",
    "insufficient_system_resource",
];

#[tokio::test(start_paused = true)]
async fn an_empty_response_with_a_failure_reason_is_never_released() {
    for dialect in Dialect::ALL {
        for reason in FAILURES {
            for piped in [false, true] {
                let (mut scene, _) = lead(&stopping(dialect, reason, false));
                let head = if piped { pipeline } else { |head| head };
                let received = text(scene.send(dialect, question(dialect), head).await)
                    .await
                    .unwrap();
                assert!(
                    complete(dialect, &received) && received.contains(SECOND),
                    "{dialect} {reason}: {received}"
                );
                assert_eq!(
                    scene.requested().await.0,
                    ["lead", "lead", "second"],
                    "{dialect} {reason}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_that_reports_its_failure_is_never_complete() {
    for dialect in Dialect::ALL {
        for reason in FAILURES {
            let events = stopping(dialect, reason, true);
            // Streamed: the text is released before the end is known.
            let (mut scene, _) = streaming(&events);
            scene.restarts(Restart::Never);
            let (received, end) = delivered(scene.ask(dialect).await).await;
            assert!(
                end.is_err() && !is_complete(dialect, &received),
                "{dialect} {reason}"
            );
            assert_eq!(scene.requested().await.1, End::Cut, "{dialect} {reason}");

            let (mut scene, _) = lead(&events);
            let received = text(scene.send(dialect, question(dialect), pipeline).await)
                .await
                .unwrap();
            assert!(
                complete(dialect, &received) && received.contains(SECOND),
                "{dialect} {reason}: {received}"
            );
            assert_eq!(
                scene.requested().await.1,
                End::Complete,
                "{dialect} {reason}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_reason_is_released_to_an_agent_and_never_to_a_pipeline() {
    let reason = "stop_of_tomorrow";
    for dialect in Dialect::ALL {
        let events = stopping(dialect, reason, true);
        let (mut scene, _) = lead(&events);
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert_eq!(received, events.concat(), "{dialect}");
        assert_eq!(
            scene.requested().await,
            (vec!["lead".into()], End::Complete)
        );

        let (mut scene, _) = lead(&events);
        let received = text(scene.send(dialect, question(dialect), pipeline).await)
            .await
            .unwrap();
        assert!(
            complete(dialect, &received) && received.contains(SECOND),
            "{dialect}: {received}"
        );
        assert_eq!(
            scene.requested().await.0.last().unwrap(),
            "second",
            "{dialect}"
        );

        // An empty response is a failure for both.
        let (mut scene, _) = lead(&stopping(dialect, reason, false));
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(
            complete(dialect, &received) && received.contains(SECOND),
            "{dialect}: {received}"
        );
        assert_eq!(
            scene.requested().await.0.last().unwrap(),
            "second",
            "{dialect}"
        );
    }
}

/// Together's `eos`, and other vendors' words for a normal end, also if the client uses another dialect.
#[tokio::test(start_paused = true)]
async fn a_vendors_reason_for_a_normal_end_is_valid_in_every_dialect() {
    for reason in ["eos", "EOS", "end_turn", "stop_sequence", "COMPLETE", "end"] {
        for client in Dialect::ALL {
            for piped in [false, true] {
                let (mut scene, _) = lead(&stopping(Dialect::OpenaiChat, reason, true));
                scene.change(|config| speaks_only(config, "lead", Dialect::OpenaiChat));
                let head = if piped { pipeline } else { |head| head };
                let response = scene.send(client, question(client), head).await;
                assert_eq!(response.status(), 200, "{client} {reason}");
                let received = text(response).await.unwrap();
                assert!(
                    is_complete(
                        client,
                        received.trim_start_matches(": waiting\n\n").as_bytes()
                    ),
                    "{client} {reason}: {received}"
                );
                assert_eq!(
                    scene.requested().await,
                    (vec!["lead".into()], End::Complete)
                );
            }
        }
    }
}

/// vllm-project/vllm#45386: every stream ends with `response.completed`.
#[tokio::test(start_paused = true)]
async fn the_status_in_the_terminal_event_overrides_its_name() {
    let dialect = Dialect::OpenaiResponses;
    let incomplete = |reason: &str| {
        let details = format!(r#""incomplete_details":{{"reason":"{reason}"}}"#);
        let mut events = stopping(dialect, "incomplete", true);
        let last = events.last_mut().unwrap();
        *last = last.replace(r#""incomplete_details":null"#, &details);
        events
    };
    let cut = incomplete("max_output_tokens");
    assert!(
        cut.last().unwrap().contains("response.completed"),
        "{cut:?}"
    );
    let (mut scene, _) = lead(&cut);
    assert_eq!(text(scene.ask(dialect).await).await.unwrap(), cut.concat());
    assert_eq!(scene.requested().await.1, End::Truncated);

    let (mut scene, _) = lead(&cut);
    let received = text(scene.send(dialect, question(dialect), pipeline).await)
        .await
        .unwrap();
    assert!(
        complete(dialect, &received) && !received.contains("incomplete_details\":{"),
        "{received}"
    );
    assert_eq!(scene.requested().await.0, ["lead", "second"]);

    for (client, word) in [
        (Dialect::Anthropic, r#""stop_reason":"max_tokens""#),
        (Dialect::OpenaiChat, r#""finish_reason":"length""#),
    ] {
        let (mut scene, _) = lead(&cut);
        scene.change(|config| speaks_only(config, "lead", dialect));
        let received = text(scene.ask(client).await).await.unwrap();
        assert!(received.contains(word), "{client}: {received}");
        assert_eq!(scene.requested().await.1, End::Truncated, "{client}");
    }

    let (mut scene, _) = lead(&incomplete("content_filter"));
    text(scene.ask(dialect).await).await.unwrap();
    assert_eq!(scene.requested().await.1, End::Refused);
}

/// Servers that stream UTF-16 split an emoji into two events.
#[tokio::test(start_paused = true)]
async fn a_lone_surrogate_of_a_response_is_passed_on_unchanged() {
    let (one, two) = (r"Go \ud83d", r"\ude80!");
    for dialect in Dialect::ALL {
        let events: Vec<String> = match dialect {
            Dialect::Anthropic => vec![
                r#"{"type":"message_start","message":{"id":"m","model":"m","usage":{"input_tokens":1,"output_tokens":1}}}"#.to_owned(),
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#.to_owned(),
                format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{one}"}}}}"#),
                format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{two}"}}}}"#),
                r#"{"type":"content_block_stop","index":0}"#.to_owned(),
                r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"}}"#.to_owned(),
                r#"{"type":"message_stop"}"#.to_owned(),
            ],
            Dialect::OpenaiChat => vec![
                format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{{"content":"{one}"}}}}]}}"#),
                format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{{"content":"{two}"}}}}]}}"#),
                r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#.to_owned(),
                "[DONE]".to_owned(),
            ],
            Dialect::OpenaiResponses => vec![
                r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"m"}}"#.to_owned(),
                format!(r#"{{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"{one}"}}"#),
                format!(r#"{{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"{two}"}}"#),
                format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{{"type":"message","id":"m","content":[{{"type":"output_text","text":"{one}{two}"}}]}}}}"#),
                r#"{"type":"response.completed","response":{"id":"r","status":"completed"}}"#.to_owned(),
            ],
        };
        let events: Vec<String> = events
            .iter()
            .map(|data| format!("data: {data}\n\n"))
            .collect();
        for piped in [false, true] {
            let (mut scene, _) = lead(&events);
            let head = if piped { pipeline } else { |head| head };
            let received = text(scene.send(dialect, question(dialect), head).await)
                .await
                .unwrap();
            assert!(
                received.ends_with(&events.concat()),
                "{dialect}: {received}"
            );
            assert_eq!(
                scene.requested().await,
                (vec!["lead".into()], End::Complete)
            );
        }
        for client in Dialect::ALL.into_iter().filter(|client| *client != dialect) {
            let (mut scene, _) = lead(&events);
            scene.change(|config| speaks_only(config, "lead", dialect));
            let received = text(scene.ask(client).await).await.unwrap();
            let exchange = scene.ended().await;
            assert!(
                received.contains("Go ") && is_complete(client, received.as_bytes()),
                "{client} by {dialect}: {:?} {received}",
                exchange.attempts[0].outcome
            );
            assert_eq!((exchange.attempts.len(), exchange.end), (1, End::Complete));
        }
    }
}

/// A client may send such a lone surrogate too.
#[tokio::test(start_paused = true)]
async fn a_lone_surrogate_of_a_request_is_passed_on_unchanged() {
    for dialect in Dialect::ALL {
        let events = recorded(dialect, "text");
        let (scene, requested) = lead(&events);
        let body = question(dialect).to_string().replace("Hi", r"Hi \ud83d");
        let request = http::Request::post(dialect.default_path())
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("x-understudy-token", "token")
            .body(http_body_util::Full::new(bytes::Bytes::from(body.clone())))
            .unwrap();
        let response = scene.gateway.handle(request).await;
        assert_eq!(response.status(), 200, "{dialect}");
        assert_eq!(text(response).await.unwrap(), events.concat(), "{dialect}");
        assert!(
            requested.all()[0].ends_with(&body),
            "{dialect}: {}",
            requested.all()[0]
        );
    }
}
