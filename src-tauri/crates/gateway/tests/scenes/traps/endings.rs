//! Ends of a response that are invalid, and ends that are valid.

use std::time::Duration;

use catalog::Dialect;
use gateway::{End, Restart, Timers};
use stage::{Fault, ScriptStep, ScriptedPart, Stop};
use tokio::time::Instant;

use crate::by_hand::{Beat, STREAM, always, first_content, raw, recorded, streaming};
use crate::delivery::delivered;
use crate::world::{Scene, complete, text};

/// The recorded response up to its first content.
fn begun(dialect: Dialect) -> Vec<String> {
    recorded(dialect, "text")[..=first_content(dialect)].to_vec()
}

#[tokio::test(start_paused = true)]
async fn trap_01_a_cut_is_no_end_however_the_connection_ends() {
    for dialect in Dialect::ALL {
        for fault in [
            Fault::CutInText,
            Fault::CleanCloseInText,
            Fault::TruncatedBody,
            Fault::ResetInText,
        ] {
            let mut scene = Scene::with(fault.clone());
            scene.restarts(Restart::Never);
            let (_, end) = delivered(scene.ask(dialect).await).await;
            assert!(end.is_err(), "{dialect} {fault}");
            assert_eq!(scene.requested().await.1, End::Cut, "{dialect} {fault}");
        }
        // A body that lasts until its connection ends, with and without the `close_notify` that TLS requires.
        for last in [vec![], vec![Beat::Torn]] {
            let beats = [vec![raw(STREAM), raw(begun(dialect).concat())], last].concat();
            let (mut scene, _) = always(beats);
            let (_, end) = delivered(scene.ask(dialect).await).await;
            assert!(end.is_err(), "{dialect}");
            assert_eq!(scene.requested().await.1, End::Cut, "{dialect}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn trap_02_pings_after_the_first_content_do_not_hide_a_stall() {
    for dialect in Dialect::ALL {
        let ping = match dialect {
            Dialect::Anthropic => "event: ping\ndata: {\"type\":\"ping\"}\n\n",
            Dialect::OpenaiChat | Dialect::OpenaiResponses => ": keep-alive\n\n",
        };
        let pings = Beat::Repeat(ping.into(), Duration::from_secs(5));
        let (mut scene, _) = always([raw(STREAM), raw(begun(dialect).concat()), pings]);
        let since = Instant::now();
        let (_, end) = delivered(scene.ask(dialect).await).await;
        assert!(end.is_err(), "{dialect}");
        assert!(
            since.elapsed() <= Timers::default().idle + Duration::from_secs(1),
            "{dialect}: {:?}",
            since.elapsed()
        );
        assert_eq!(scene.requested().await.1, End::Cut, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_05_an_error_in_the_stream_never_becomes_a_finish_reason() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::with(Fault::ErrorEvent);
        scene.restarts(Restart::Never);
        let (received, end) = delivered(scene.ask(dialect).await).await;
        let received = String::from_utf8(received).unwrap();
        assert!(end.is_err(), "{dialect}");
        for word in [
            "\"finish_reason\":\"",
            "[DONE]",
            "message_stop",
            "response.completed",
            "\"stop_reason\":\"",
        ] {
            assert!(!received.contains(word), "{dialect}: {word} in {received}");
        }
        assert_eq!(scene.requested().await.1, End::Cut, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_06_done_without_a_finish_reason_is_no_end() {
    let mut scene = Scene::with(Fault::Stop(Stop::Null));
    let (received, end) = delivered(scene.ask(Dialect::OpenaiChat).await).await;
    assert!(end.is_err(), "{}", String::from_utf8_lossy(&received));
    assert_eq!(scene.requested().await.1, End::Cut);
}

#[tokio::test(start_paused = true)]
async fn trap_07_a_finish_reason_without_done_is_complete_at_once_with_its_usage() {
    let mut scene = Scene::with(Fault::MissingTerminal);
    let since = Instant::now();
    let dialect = Dialect::OpenaiChat;
    let received = text(scene.ask(dialect).await).await.unwrap();
    assert!(complete(dialect, &received), "{received}");
    assert!(
        since.elapsed() < Duration::from_secs(1),
        "the end of the body is the end"
    );
    assert_eq!(
        scene.requested().await,
        (vec!["lead".into()], End::Complete)
    );

    // If usage was requested, it arrives before the missing `[DONE]`.
    let mut events = recorded(dialect, "usage");
    assert_eq!(events.pop().unwrap().trim(), "data: [DONE]");
    let (mut scene, _) = streaming(&events);
    let received = text(scene.ask(dialect).await).await.unwrap();
    assert_eq!(received, events.concat());
    let exchange = scene.ended().await;
    assert_eq!(exchange.end, End::Complete);
    assert!(exchange.attempts[0].report.usage_reported);
}

#[tokio::test(start_paused = true)]
async fn trap_08_end_turn_and_then_only_pings_is_complete_with_one_message_stop() {
    let mut scene = Scene::with(Fault::StallAfterStop);
    let since = Instant::now();
    let received = text(scene.ask(Dialect::Anthropic).await).await.unwrap();
    assert_eq!(
        received.matches("event: message_stop").count(),
        1,
        "{received}"
    );
    assert!(since.elapsed() <= Timers::default().grace + Duration::from_secs(1));
    assert_eq!(
        scene.requested().await,
        (vec!["lead".into()], End::Complete)
    );
}

#[tokio::test(start_paused = true)]
async fn trap_09_a_cut_inside_the_last_event_is_complete() {
    let events = recorded(Dialect::Anthropic, "text");
    let last = events.last().unwrap();
    for length in 1..last.len() {
        let all = events.concat();
        let cut = &all[..all.len() - length];
        let (mut scene, requested) = always([raw(STREAM), raw(cut), Beat::Torn]);
        let received = text(scene.ask(Dialect::Anthropic).await).await.unwrap();
        assert_eq!(
            received.matches("event: message_stop").count(),
            1,
            "{received}"
        );
        assert!(received.ends_with("\n\n"), "{received}");
        assert_eq!(
            scene.requested().await,
            (vec!["lead".into()], End::Complete)
        );
        assert_eq!(requested.count(), 1, "nothing is asked again");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_10_an_upstream_that_leaves_events_out_is_broken() {
    let tool = recorded(Dialect::Anthropic, "tool");
    for left_out in ["event: content_block_stop", "event: message_delta"] {
        let rest: Vec<String> = tool
            .iter()
            .filter(|event| !event.starts_with(left_out))
            .cloned()
            .collect();
        let (mut scene, _) = streaming(&rest);
        scene.restarts(Restart::Never);
        let (received, end) = delivered(scene.ask(Dialect::Anthropic).await).await;
        assert!(
            end.is_err(),
            "{left_out}: {}",
            String::from_utf8_lossy(&received)
        );
        assert_eq!(scene.requested().await.1, End::Cut, "{left_out}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_11_a_cut_is_not_reported_as_an_incomplete_response() {
    for fault in [Fault::CutInText, Fault::CleanCloseInText] {
        let mut scene = Scene::with(fault.clone());
        let (received, end) = delivered(scene.ask(Dialect::OpenaiResponses).await).await;
        let received = String::from_utf8(received).unwrap();
        assert!(end.is_err(), "{fault}");
        for word in ["response.incomplete", "\"incomplete\"", "\"reason\""] {
            assert!(!received.contains(word), "{fault}: {word} in {received}");
        }
        assert_eq!(scene.requested().await.1, End::Cut, "neither here: {fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_12_an_empty_chunk_and_done_do_not_make_a_dead_response_complete() {
    let dialect = Dialect::OpenaiChat;
    let mut events = begun(dialect);
    events.push(
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[]}\n\n".into(),
    );
    events.push("data: [DONE]\n\n".into());
    let (mut scene, _) = streaming(&events);
    let (received, end) = delivered(scene.ask(dialect).await).await;
    assert!(end.is_err(), "{}", String::from_utf8_lossy(&received));
    assert!(!String::from_utf8_lossy(&received).contains("[DONE]"));
    assert_eq!(scene.requested().await.1, End::Cut);
}

#[tokio::test(start_paused = true)]
async fn trap_19_one_event_that_is_no_json_leaks_nothing_and_ends_no_other_response() {
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        scene.lead.cue(ScriptStep::fault(Fault::MalformedEvent));
        let (received, end) = delivered(scene.ask(dialect).await).await;
        assert!(end.is_err(), "{dialect}");
        let received = String::from_utf8(received).unwrap();
        let events = received
            .lines()
            .filter_map(|line| line.strip_prefix("data: "));
        for event in events {
            assert!(
                serde_json::from_str::<serde_json::Value>(event).is_ok(),
                "{dialect}: {event}"
            );
        }
        assert_eq!(scene.requested().await.1, End::Cut, "{dialect}");
        // The same engine, the same provider.
        let received = text(scene.ask(dialect).await).await.unwrap();
        assert!(complete(dialect, &received), "{dialect}: {received}");
        assert_eq!(scene.requested().await.1, End::Complete, "{dialect}");
    }
}

#[tokio::test(start_paused = true)]
async fn trap_30_done_inside_a_text_or_a_tool_s_arguments_ends_nothing() {
    let mark = "data: [DONE]\n\nevent: message_stop\n\n[DONE]";
    for dialect in Dialect::ALL {
        let mut scene = Scene::new();
        scene.lead.cue(ScriptStep::answer([
            ScriptedPart::Text(format!("Write {mark} and go on.")),
            ScriptedPart::Tool {
                name: "Bash".to_owned(),
                input: serde_json::json!({ "command": mark }),
            },
        ]));
        let question = crate::world::question_with_tool(dialect);
        let response = scene.send(dialect, question, |head| head).await;
        let (received, end) = delivered(response).await;
        assert_eq!(end, Ok(()), "{dialect}");
        assert!(
            crate::delivery::is_complete(dialect, &received),
            "{dialect}"
        );
        let exchange = scene.ended().await;
        assert_eq!(exchange.end, End::Complete, "{dialect}");
        assert_eq!(exchange.attempts[0].report.tool_calls.len(), 1, "{dialect}");
    }
}
