//! Each fault's effect on the wire, in every dialect.

use std::time::Duration;

use catalog::Dialect;
use serde_json::Value;

use super::client::{Ending, Reply, generate, request};
use crate::{Fault, ScriptStep, Stage};

const ANTHROPIC: Dialect = Dialect::Anthropic;
const CHAT: Dialect = Dialect::OpenaiChat;
const RESPONSES: Dialect = Dialect::OpenaiResponses;

async fn play(dialect: Dialect, fault: &str, stream: bool) -> Reply {
    let model = format!("some-model@{fault}");
    generate(
        &Stage::any_model(),
        dialect,
        &request(dialect, &model, stream, "Good evening"),
    )
    .await
}

/// Summarises a streamed response in a few words.
fn amounts_to(dialect: Dialect, reply: &Reply) -> String {
    let mut words = vec![format!("{:?}", reply.ending).to_lowercase()];
    let mut expect = |word: &str| {
        if !words.iter().any(|user_text| user_text == word) {
            words.push(word.to_owned());
        }
    };
    for data in reply
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
    {
        let event: Value = match serde_json::from_str(data) {
            Ok(event) => event,
            Err(_) if data == "[DONE]" => "[DONE]".into(),
            Err(_) => {
                expect("garbage");
                continue;
            }
        };
        let word = match dialect {
            ANTHROPIC => match event["type"].as_str().unwrap() {
                "content_block_delta" => "content",
                "message_delta" if event["delta"]["stop_reason"].is_null() => "no-stop",
                "message_delta" => "stop",
                "message_stop" => "terminal",
                "error" => "error",
                _ => continue,
            },
            CHAT => {
                let choice = &event["choices"][0];
                let text = choice["delta"]["content"].as_str();
                if event == "[DONE]" {
                    "terminal"
                } else if !event["error"].is_null() {
                    "error"
                } else if !choice["finish_reason"].is_null() {
                    "stop"
                } else if text.is_some_and(|text| !text.is_empty())
                    || !choice["delta"]["tool_calls"].is_null()
                {
                    "content"
                } else {
                    continue;
                }
            }
            RESPONSES => match event["type"].as_str().unwrap() {
                "response.failed" | "error" => "error",
                "response.completed" | "response.incomplete" => "stop",
                kind if kind.ends_with(".delta") => "content",
                _ => continue,
            },
        };
        expect(word);
    }
    words.join(" ")
}

#[tokio::test(start_paused = true)]
async fn every_fault_has_its_documented_effect_on_a_stream() {
    // Fault, then the effect in the three dialects; Responses has no terminal event other than the one with the stop reason.
    let full = [
        "clean content stop terminal",
        "clean content stop terminal",
        "clean content stop",
    ];
    let cut = ["cut content"; 3];
    let clean = ["clean content"; 3];
    let no_content = ["never content"; 3];
    for (fault, expected) in [
        ("steady", full),
        ("long", full),
        ("tool", full),
        ("late-first-token", full),
        ("silent:30s", full),
        ("stall:30s", full),
        ("drip", full),
        ("stall", no_content),
        ("stall-in-tool", no_content),
        (
            "stall-after-stop",
            [
                "never content stop",
                "never content stop",
                "never content stop",
            ],
        ),
        ("pings-only", ["never"; 3]),
        ("cut-after-opening", ["cut"; 3]),
        ("cut-in-text", cut),
        ("cut:after=3", cut),
        ("cut-in-tool", cut),
        ("cut-before-final", cut),
        ("clean-close-in-text", clean),
        ("clean-close-in-tool", clean),
        ("clean-close-before-final", clean),
        ("missing-terminal", ["clean content stop"; 3]),
        ("error-event", ["clean content error"; 3]),
        ("error-event-first", ["clean error"; 3]),
        ("error-event-before-final", ["clean content error"; 3]),
        ("reset-in-text", cut),
        (
            "malformed-event",
            [
                "clean content garbage stop terminal",
                "clean content garbage stop terminal",
                "clean content garbage stop",
            ],
        ),
        ("truncated-body", cut),
        (
            "stop-null",
            [
                "clean content no-stop terminal",
                "clean content terminal",
                "clean content",
            ],
        ),
        (
            "nothing-to-act-on",
            ["clean stop terminal", "clean stop terminal", "clean stop"],
        ),
        ("invalid-tool-input", full),
        ("empty-ok", ["clean"; 3]),
    ] {
        for (dialect, expected) in Dialect::ALL.into_iter().zip(expected) {
            let reply = play(dialect, fault, true).await;
            assert_eq!(reply.status, 200, "{dialect} {fault}");
            assert_eq!(amounts_to(dialect, &reply), expected, "{dialect} {fault}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_fault_has_its_documented_effect_on_a_document() {
    // Fault, how the body ends, and whether it is JSON.
    for (fault, ending, json) in [
        ("steady", Ending::Clean, true),
        ("tool", Ending::Clean, true),
        ("late-first-token", Ending::Clean, true),
        ("silent:30s", Ending::Clean, true),
        ("stall:30s", Ending::Clean, true),
        ("drip", Ending::Clean, true),
        ("missing-terminal", Ending::Clean, true),
        ("error-event", Ending::Clean, true),
        ("error-event-first", Ending::Clean, true),
        ("error-event-before-final", Ending::Clean, true),
        ("json-error-ok", Ending::Clean, true),
        ("reset-in-text", Ending::Cut, false),
        ("stop-null", Ending::Clean, true),
        ("nothing-to-act-on", Ending::Clean, true),
        ("invalid-tool-input", Ending::Clean, true),
        ("stall", Ending::Never, false),
        ("stall-in-tool", Ending::Never, false),
        ("pings-only", Ending::Never, false),
        ("cut-after-opening", Ending::Cut, false),
        ("cut-in-text", Ending::Cut, false),
        ("cut:after=3", Ending::Cut, false),
        ("cut-in-tool", Ending::Cut, false),
        ("cut-before-final", Ending::Cut, false),
        ("truncated-body", Ending::Cut, false),
        ("clean-close-in-text", Ending::Clean, false),
        ("clean-close-in-tool", Ending::Clean, false),
        ("clean-close-before-final", Ending::Clean, false),
        ("malformed-event", Ending::Clean, false),
        ("empty-ok", Ending::Clean, false),
        ("html-ok", Ending::Clean, false),
    ] {
        for dialect in Dialect::ALL {
            let reply = play(dialect, fault, false).await;
            assert_eq!(reply.status, 200, "{dialect} {fault}");
            assert_eq!(reply.ending, ending, "{dialect} {fault}");
            let read = serde_json::from_slice::<Value>(&reply.body);
            assert_eq!(read.is_ok(), json, "{dialect} {fault}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_byte_is_sent_before_a_dropped_or_delayed_response() {
    for (fault, ending) in [
        ("refuse", Ending::Cut),
        ("reset", Ending::Cut),
        ("silent", Ending::Never),
    ] {
        for dialect in Dialect::ALL {
            for stream in [true, false] {
                let reply = play(dialect, fault, stream).await;
                assert_eq!(
                    (reply.status, reply.ending),
                    (0, ending),
                    "{dialect} {fault}"
                );
            }
        }
    }
    let reply = play(ANTHROPIC, "stall-after-stop", false).await;
    assert_eq!((reply.status, reply.ending), (0, Ending::Never));
}

#[tokio::test(start_paused = true)]
async fn pauses_have_their_stated_length() {
    for (fault, seconds) in [
        ("steady", 0),
        ("silent:30s", 30),
        ("late-first-token", 20),
        ("stall:after=0,45s", 45),
    ] {
        let took = play(CHAT, fault, true).await.took;
        let expected = Duration::from_secs(seconds);
        assert!(
            took >= expected && took < expected + Duration::from_secs(1),
            "{fault} took {took:?}"
        );
    }
    let dripping = play(CHAT, "drip:1s", true).await;
    let events = dripping.text().matches("data: ").count() as u64;
    assert_eq!(dripping.took.as_secs(), events);
}

#[tokio::test(start_paused = true)]
async fn an_error_status_has_the_dialects_envelope_and_its_headers() {
    for (fault, kind) in [
        ("401", "authentication_error"),
        ("404", "not_found_error"),
        ("413", "request_too_large"),
        ("429", "rate_limit_error"),
        ("400-context", "invalid_request_error"),
        ("500", "api_error"),
        ("529", "overloaded_error"),
    ] {
        let reply = play(ANTHROPIC, fault, true).await;
        assert_eq!(reply.status.to_string(), fault[..3]);
        let body = reply.json();
        assert_eq!(body["type"], "error");
        assert_eq!(body["error"]["type"], kind, "{fault}");
    }
    for (fault, code) in [
        ("401", "invalid_api_key"),
        ("429-quota", "insufficient_quota"),
        ("400-context", "context_length_exceeded"),
        ("400-policy", "content_policy_violation"),
        ("503", "server_is_overloaded"),
    ] {
        for dialect in [CHAT, RESPONSES] {
            assert_eq!(
                play(dialect, fault, false).await.json()["error"]["code"],
                code,
                "{fault}"
            );
        }
    }
    let reply = play(ANTHROPIC, "429:retry-after=2,x-should-retry=false", true).await;
    assert_eq!(reply.header("retry-after"), Some("2"));
    assert_eq!(reply.header("x-should-retry"), Some("false"));
    let reply = play(CHAT, "502-html", true).await;
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(reply.text().contains("<h1>502"));
    assert!(play(CHAT, "503-empty", true).await.body.is_empty());
}

#[tokio::test(start_paused = true)]
async fn stop_reasons_have_the_form_of_each_dialect() {
    for (fault, anthropic, chat, responses) in [
        ("steady", "end_turn", "stop", "completed"),
        ("tool", "tool_use", "tool_calls", "completed"),
        ("max-tokens", "max_tokens", "length", "incomplete"),
        (
            "context-window",
            "model_context_window_exceeded",
            "length",
            "incomplete",
        ),
        ("refusal", "refusal", "content_filter", "incomplete"),
        ("pause-turn", "pause_turn", "stop", "completed"),
        ("stop-sequence", "stop_sequence", "stop", "completed"),
    ] {
        for stream in [true, false] {
            let reply = play(ANTHROPIC, fault, stream).await;
            assert!(
                reply
                    .text()
                    .contains(&format!("\"stop_reason\":\"{anthropic}\"")),
                "{fault}"
            );
            let reply = play(CHAT, fault, stream).await;
            assert!(
                reply
                    .text()
                    .contains(&format!("\"finish_reason\":\"{chat}\"")),
                "{fault}"
            );
            let reply = play(RESPONSES, fault, stream).await;
            let response = match stream {
                true => reply.events().last().unwrap()["response"].clone(),
                false => reply.json(),
            };
            assert_eq!(response["status"], responses, "{fault}");
        }
    }
    let refused = play(RESPONSES, "refusal", false).await.json();
    assert_eq!(refused["incomplete_details"]["reason"], "content_filter");
}

#[tokio::test(start_paused = true)]
async fn an_outage_affects_every_request_until_its_end() {
    let stage = Stage::any_model();
    stage.cue(ScriptStep::fault(Fault::status(500)));
    stage.outage(Some(Fault::status(529)));
    let ask = request(ANTHROPIC, "some-model", true, "Good evening");
    for _ in 0..3 {
        assert_eq!(generate(&stage, ANTHROPIC, &ask).await.status, 529);
    }
    stage.outage(None);
    assert_eq!(
        generate(&stage, ANTHROPIC, &ask).await.status,
        500,
        "the cue was not used up"
    );
    assert_eq!(generate(&stage, ANTHROPIC, &ask).await.status, 200);
}
