//! Restart in place, as a client reads it. The client is a separate reader, so that the splice's own code does not judge it.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails here fails its test"
)]

#[path = "splices/client.rs"]
mod client;

use std::fs;
use std::path::PathBuf;

use catalog::Dialect;
use client::Client;
use proptest::prelude::*;
use wire::{
    BodyEnd, Broken, CannotRestart, Completion, Framing, ReleasedResponse, RequestFields, Validator,
};

const RESTART_LINE: &str = "[The provider was lost; the answer begins again with another.]";

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(name)
}

fn transcript(dialect: Dialect, name: &str) -> String {
    let file = folder("transcripts")
        .join(dialect.as_str())
        .join(format!("{name}.sse"));
    fs::read_to_string(file).unwrap()
}

fn transcripts(dialect: Dialect) -> Vec<(String, String)> {
    let files = fs::read_dir(folder("transcripts").join(dialect.as_str())).unwrap();
    let mut names: Vec<String> = files
        .map(|file| {
            let path = file.unwrap().path();
            path.file_stem().unwrap().to_str().unwrap().to_owned()
        })
        .collect();
    names.sort_unstable();
    let read = |name: String| {
        let text = transcript(dialect, &name);
        (name, text)
    };
    names.into_iter().map(read).collect()
}

fn judge(dialect: Dialect, stream: &[u8]) -> Completion {
    let mut validator = Validator::new(dialect, Framing::Stream);
    validator.push(stream, &mut Vec::new());
    validator.judge(BodyEnd::Cut)
}

fn ask(dialect: Dialect, thinking: bool) -> RequestFields {
    RequestFields {
        dialect,
        model: "any".to_owned(),
        stream: true,
        max_tokens: None,
        has_tools: true,
        lacks_required_thinking: false,
        has_credentials: false,
        stores: true,
        requires_schema: false,
        thinking,
        results: Vec::new(),
    }
}

fn released(dialect: Dialect, bytes: &[u8]) -> ReleasedResponse {
    let mut released = ReleasedResponse::new(dialect);
    for slice in bytes.chunks(11) {
        released.push(slice);
    }
    released
}

/// The first `events` events.
fn begin(text: &str, events: usize) -> String {
    text.split_inclusive("\n\n").take(events).collect()
}

fn splice<'a>(
    dialect: Dialect,
    first: &str,
    second: impl IntoIterator<Item = &'a [u8]>,
    thinking: bool,
) -> Result<Vec<u8>, CannotRestart> {
    let restart = released(dialect, first.as_bytes()).restart(&ask(dialect, thinking))?;
    let (opening, mut splice) = restart.open(Some(RESTART_LINE));
    let mut stream = [first.as_bytes(), &opening].concat();
    for slice in second {
        splice.pass(slice, &mut stream)?;
    }
    Ok(stream)
}

fn spliced(dialect: Dialect, first: &str, second: &str) -> Result<String, CannotRestart> {
    let stream = splice(dialect, first, [second.as_bytes()], false)?;
    Ok(String::from_utf8(stream).unwrap())
}

/// First transcript and the number of its released events, second transcript.
const GOLDEN: &[(Dialect, &str, usize, &str)] = &[
    (Dialect::Anthropic, "thinking", 8, "tool"),
    (Dialect::Anthropic, "thinking", 6, "thinking"),
    (Dialect::OpenaiChat, "reasoning", 3, "tool"),
    (Dialect::OpenaiChat, "text", 2, "usage"),
    (Dialect::OpenaiResponses, "web-search", 10, "reasoning"),
    (Dialect::OpenaiResponses, "reasoning", 8, "tool"),
];

#[test]
fn golden_restarts() {
    for (dialect, first, events, second) in GOLDEN {
        let cut = begin(&transcript(*dialect, first), *events);
        let stream = spliced(*dialect, &cut, &transcript(*dialect, second)).unwrap();
        let name = format!("{dialect}-{first}-{second}.sse");
        let expected = fs::read_to_string(folder("splices").join(&name)).unwrap_or_default();
        let continued = stream.strip_prefix(&cut).unwrap();
        assert_eq!(continued, expected, "{name}");
    }
}

/// The properties, for every pair of transcripts and every end of the first.
#[test]
fn after_every_allowed_restart_the_client_has_one_complete_response() {
    for dialect in Dialect::ALL {
        let all = transcripts(dialect);
        let mut restarts = 0;
        for (first_name, first) in &all {
            for events in 0..=first.matches("\n\n").count() {
                let cut = begin(first, events);
                let before = Client::read(dialect, &cut);
                for (second_name, second) in &all {
                    let Ok(stream) = spliced(dialect, &cut, second) else {
                        continue;
                    };
                    restarts += 1;
                    let context = format!("{dialect}/{first_name} at {events} + {second_name}");
                    let after = Client::read(dialect, &stream);
                    let alone = Client::read(dialect, second);
                    // The second response's own validator reports whether it had content.
                    let of_second = judge(dialect, second.as_bytes());
                    let of_stream = judge(dialect, stream.as_bytes());
                    if let Completion::Broken(why) = &of_second {
                        let empty = *why == Broken::Empty;
                        assert!(empty || !of_stream.is_answer(), "{context}");
                    } else {
                        assert_eq!(of_stream, of_second, "{context}");
                    }
                    assert_eq!(after.calls, alone.calls, "{context}");
                    assert_eq!(after.stop, alone.stop, "{context}");
                    assert_eq!(after.thinking, before.thinking, "{context}");
                    assert_eq!((after.starts, after.ends), (1, alone.ends), "{context}");
                    assert_eq!(after.id, before.id, "{context}");
                    let (released, rest) = after.text.split_once(RESTART_LINE).unwrap();
                    assert_eq!(released.trim_end(), before.text.trim_end(), "{context}");
                    assert_eq!(rest.trim_start(), alone.text, "{context}");
                    assert_eq!(after.open.len(), alone.open.len(), "{context}");
                    if let Some(usage) = alone.usage {
                        assert_eq!(after.usage, Some(usage), "{context}");
                    }
                }
            }
        }
        assert!(restarts > 200, "{dialect}: only {restarts} were tried");
    }
}

#[test]
fn reasons_against_a_restart() {
    use CannotRestart as C;
    use Dialect::{Anthropic, OpenaiChat, OpenaiResponses};
    let block = |kind: &str| C::WithinBlock(kind.to_owned());
    let table = [
        (Anthropic, "text", 0, Some(C::NothingReleased)),
        (Anthropic, "text", 1, None),
        (Anthropic, "text", 4, None),
        (Anthropic, "text", 7, Some(C::Ended)),
        (Anthropic, "text", 8, Some(C::Ended)),
        (Anthropic, "error", 4, Some(C::Ended)),
        (Anthropic, "thinking", 3, Some(C::WithinThinking)),
        (Anthropic, "thinking", 6, None),
        (Anthropic, "redacted-thinking", 2, Some(C::WithinThinking)),
        (Anthropic, "tool", 4, None),
        (Anthropic, "tool", 5, Some(C::ToolCallBegun)),
        (Anthropic, "tool", 10, Some(C::ToolCallDelivered)),
        (Anthropic, "server-tool", 3, Some(C::ToolWithoutResult)),
        (Anthropic, "server-tool", 5, Some(C::ToolWithoutResult)),
        (
            Anthropic,
            "server-tool",
            6,
            Some(block("web_search_tool_result")),
        ),
        (Anthropic, "server-tool", 7, None),
        (Anthropic, "compaction", 3, Some(block("compaction"))),
        (Anthropic, "malformed", 3, Some(C::Unreadable)),
        (OpenaiChat, "text", 0, Some(C::NothingReleased)),
        (OpenaiChat, "text", 2, None),
        (OpenaiChat, "text", 4, Some(C::Ended)),
        (OpenaiChat, "error", 3, Some(C::Ended)),
        (OpenaiChat, "done-without-finish", 3, Some(C::Ended)),
        (OpenaiChat, "two-choices", 3, Some(C::SeveralChoices)),
        (OpenaiChat, "reasoning", 2, Some(C::WithinThinking)),
        (OpenaiChat, "reasoning", 3, None),
        (OpenaiChat, "tool", 1, Some(C::ToolCallBegun)),
        (OpenaiChat, "legacy-function", 2, Some(C::ToolCallBegun)),
        (OpenaiChat, "refusal", 2, Some(C::Refusing)),
        (OpenaiResponses, "text", 0, Some(C::NothingReleased)),
        (OpenaiResponses, "text", 1, None),
        (OpenaiResponses, "text", 6, None),
        (OpenaiResponses, "text", 10, None),
        (OpenaiResponses, "text", 11, Some(C::Ended)),
        (OpenaiResponses, "failed", 6, Some(C::Ended)),
        (OpenaiResponses, "reasoning", 5, Some(C::WithinThinking)),
        (OpenaiResponses, "reasoning", 8, None),
        (OpenaiResponses, "tool", 3, Some(C::ToolCallBegun)),
        (OpenaiResponses, "tool", 7, Some(C::ToolCallDelivered)),
        (
            OpenaiResponses,
            "tool-of-tomorrow",
            3,
            Some(C::ToolCallBegun),
        ),
        (
            OpenaiResponses,
            "web-search",
            4,
            Some(block("web_search_call")),
        ),
        (OpenaiResponses, "web-search", 7, None),
        (OpenaiResponses, "refusal", 5, Some(C::Refusing)),
    ];
    for (dialect, name, events, expected) in table {
        let cut = begin(&transcript(dialect, name), events);
        let released = released(dialect, cut.as_bytes());
        let found = released.restart(&ask(dialect, false)).err();
        assert_eq!(found, expected, "{dialect}/{name} at {events}");
    }
}

#[test]
fn structured_output_does_not_restart() {
    for dialect in Dialect::ALL {
        let released = released(dialect, begin(&transcript(dialect, "text"), 4).as_bytes());
        let mut ask = ask(dialect, false);
        ask.requires_schema = true;
        let found = released.restart(&ask).err();
        let ended = dialect == Dialect::OpenaiChat;
        let expected = if ended {
            CannotRestart::Ended
        } else {
            CannotRestart::StructuredOutput
        };
        assert_eq!(found, Some(expected), "{dialect}");
    }
}

#[test]
fn within_an_event_there_is_no_keep_alive() {
    for dialect in Dialect::ALL {
        let text = transcript(dialect, "text");
        let cut = begin(&text, 2);
        for part in cut.len() + 1..begin(&text, 3).len() {
            let released = released(dialect, &text.as_bytes()[..part]);
            assert_eq!(released.keep_alive(), b"", "{dialect} at {part}");
            let found = released.restart(&ask(dialect, false)).err();
            assert_eq!(found, Some(CannotRestart::WithinEvent));
        }
    }
}

/// With thinking on, a tool call of the second response needs thinking before it; everything before the call is passed on.
#[test]
fn without_released_thinking_a_tool_call_is_refused_before_release() {
    for dialect in Dialect::ALL {
        let first = begin(&transcript(dialect, "text"), 2);
        let restart = released(dialect, first.as_bytes())
            .restart(&ask(dialect, true))
            .unwrap();
        assert!(restart.forbids_tool_calls());
        let (opening, mut splice) = restart.open(Some(RESTART_LINE));
        assert!(splice.forbids_tool_calls());
        let mut stream = [first.as_bytes(), &opening].concat();
        let tool = transcript(dialect, "tool");
        for _ in 0..2 {
            let refused = splice.pass(tool.as_bytes(), &mut stream);
            assert_eq!(
                refused,
                Err(CannotRestart::ToolCallWithoutThinking),
                "{dialect}"
            );
        }
        let client = Client::read(dialect, std::str::from_utf8(&stream).unwrap());
        assert!(client.calls.is_empty() && client.ends == 0, "{dialect}");
        assert!(!String::from_utf8(stream).unwrap().contains("get_weather"));

        let text = transcript(dialect, "text");
        assert!(self::splice(dialect, &first, [text.as_bytes()], true).is_ok());
    }
}

#[test]
fn released_thinking_allows_tool_calls() {
    for (dialect, events) in [
        (Dialect::Anthropic, 6),
        (Dialect::OpenaiChat, 3),
        (Dialect::OpenaiResponses, 8),
    ] {
        let name = if dialect == Dialect::Anthropic {
            "thinking"
        } else {
            "reasoning"
        };
        let first = begin(&transcript(dialect, name), events);
        let tool = transcript(dialect, "tool");
        let stream = splice(dialect, &first, [tool.as_bytes()], true).unwrap();
        assert_eq!(judge(dialect, &stream), Completion::Complete, "{dialect}");
    }
}

#[test]
fn an_error_of_the_second_provider_is_reported() {
    for (dialect, name, error) in [
        (Dialect::Anthropic, "error", "overloaded_error: Overloaded"),
        (Dialect::OpenaiChat, "error", "server_error: The server had"),
        (
            Dialect::OpenaiResponses,
            "failed",
            "server_error: The model failed",
        ),
        (
            Dialect::OpenaiResponses,
            "error",
            "rate_limit_exceeded: Rate limit",
        ),
    ] {
        let first = begin(&transcript(dialect, "text"), 2);
        let refused = spliced(dialect, &first, &transcript(dialect, name)).unwrap_err();
        assert!(matches!(refused, CannotRestart::Broken(_)), "{refused}");
        assert!(
            refused.to_string().contains(error),
            "{dialect}/{name}: {refused}"
        );
    }
}

/// A second failure is handled like the first.
#[test]
fn an_answer_can_be_restarted_twice() {
    for dialect in Dialect::ALL {
        let text = transcript(dialect, "text");
        let first = begin(&text, 2);
        let cut = text
            .split_inclusive("\n\n")
            .take(if dialect == Dialect::OpenaiChat { 2 } else { 5 });
        let twice = spliced(dialect, &first, &cut.collect::<String>()).unwrap();
        let stream = spliced(dialect, &twice, &transcript(dialect, "tool")).unwrap();
        assert_eq!(
            judge(dialect, stream.as_bytes()),
            Completion::Complete,
            "{dialect}"
        );
        let client = Client::read(dialect, &stream);
        assert_eq!(client.text.matches(RESTART_LINE).count(), 2, "{dialect}");
        assert_eq!(client.calls.len(), 1);
    }
}

/// A keep-alive changes neither the client's view nor the response.
#[test]
fn keep_alives_between_any_two_events_change_nothing() {
    for dialect in Dialect::ALL {
        for (name, text) in transcripts(dialect) {
            let mut released = ReleasedResponse::new(dialect);
            let mut kept = String::new();
            for event in text.split_inclusive("\n\n") {
                kept.push_str(&String::from_utf8(released.keep_alive()).unwrap());
                released.push(event.as_bytes());
                kept.push_str(event);
            }
            assert_eq!(
                Client::read(dialect, &kept),
                Client::read(dialect, &text),
                "{dialect}/{name}"
            );
            assert_eq!(
                judge(dialect, kept.as_bytes()),
                judge(dialect, text.as_bytes()),
                "{dialect}/{name}"
            );
        }
    }
}

#[test]
fn a_keep_alive_is_an_empty_delta_of_the_open_block() {
    let table = [
        (Dialect::Anthropic, "tool", 0, ": keep-alive"),
        (Dialect::Anthropic, "tool", 1, r#"{"type":"ping"}"#),
        (
            Dialect::Anthropic,
            "tool",
            3,
            r#"{"delta":{"text":"","type":"text_delta"},"index":0,"type":"content_block_delta"}"#,
        ),
        (
            Dialect::Anthropic,
            "tool",
            8,
            r#"{"delta":{"partial_json":"","type":"input_json_delta"},"index":1,"type":"content_block_delta"}"#,
        ),
        (
            Dialect::Anthropic,
            "thinking",
            3,
            r#"{"delta":{"thinking":"","type":"thinking_delta"},"index":0,"type":"content_block_delta"}"#,
        ),
        (Dialect::Anthropic, "tool", 12, ""),
        (Dialect::OpenaiChat, "tool", 0, ": keep-alive"),
        (
            Dialect::OpenaiChat,
            "tool",
            3,
            r#"{"id":"chatcmpl-TRANSCRIPT","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"delta":{},"finish_reason":null}]}"#,
        ),
        (Dialect::OpenaiChat, "tool", 5, ": keep-alive"),
        (Dialect::OpenaiChat, "tool", 6, ""),
        (Dialect::OpenaiResponses, "tool", 0, ": keep-alive"),
        (
            Dialect::OpenaiResponses,
            "tool",
            5,
            r#"{"item_id":"fc_0","delta":"","output_index":0,"type":"response.function_call_arguments.delta","sequence_number":4}"#,
        ),
        (
            Dialect::OpenaiResponses,
            "text",
            5,
            r#"{"item_id":"msg_0","delta":"","content_index":0,"logprobs":[],"output_index":0,"type":"response.output_text.delta","sequence_number":4}"#,
        ),
        (
            Dialect::OpenaiResponses,
            "reasoning",
            5,
            r#"{"item_id":"rs_0","delta":"","summary_index":0,"output_index":0,"type":"response.reasoning_summary_text.delta","sequence_number":4}"#,
        ),
        (
            Dialect::OpenaiResponses,
            "custom-tool",
            3,
            r#"{"item_id":"ctc_0","delta":"","output_index":0,"type":"response.custom_tool_call_input.delta","sequence_number":2}"#,
        ),
        (Dialect::OpenaiResponses, "tool", 8, ""),
    ];
    for (dialect, name, events, expected) in table {
        let cut = begin(&transcript(dialect, name), events);
        let bytes = String::from_utf8(released(dialect, cut.as_bytes()).keep_alive()).unwrap();
        let content = bytes.lines().find(|line| !line.starts_with("event: "));
        let content = content.unwrap_or_default();
        let content = content.strip_prefix("data: ").unwrap_or(content);
        assert_eq!(content, expected, "{dialect}/{name} at {events}");
    }
    // With no item open, the response is repeated as its client received it.
    let cut = begin(&transcript(Dialect::OpenaiResponses, "tool"), 2);
    let bytes = released(Dialect::OpenaiResponses, cut.as_bytes()).keep_alive();
    let bytes = String::from_utf8(bytes).unwrap();
    assert!(bytes.starts_with(
        "event: response.in_progress\ndata: {\"response\":{\"id\":\"resp_TRANSCRIPT\""
    ));
    assert!(bytes.contains("\"sequence_number\":1"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_split_of_the_second_answer_gives_the_same(
        dialect in prop::sample::select(&Dialect::ALL[..]),
        second in any::<prop::sample::Index>(),
        at in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        crlf in any::<bool>(),
    ) {
        let all = transcripts(dialect);
        let mut second = all[second.index(all.len())].1.clone();
        if crlf {
            second = second.replace('\n', "\r\n");
        }
        let first = begin(&transcript(dialect, "text"), 2);
        let bytes = second.as_bytes();
        let mut cuts: Vec<usize> = at.iter().map(|i| i.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let slices = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]);
        prop_assert_eq!(splice(dialect, &first, slices, false), splice(dialect, &first, [bytes], false));
    }

    #[test]
    fn any_bytes_do_not_panic(
        dialect in prop::sample::select(&Dialect::ALL[..]),
        name in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let all = transcripts(dialect);
        let mut bytes = all[name.index(all.len())].1.clone().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let odd = released(dialect, &bytes);
        odd.keep_alive();
        if let Ok(restart) = odd.restart(&ask(dialect, false)) {
            restart.open(Some(RESTART_LINE));
        }
        let first = begin(&transcript(dialect, "text"), 2);
        let restart = released(dialect, first.as_bytes()).restart(&ask(dialect, false)).unwrap();
        let (_, mut splice) = restart.open(Some(RESTART_LINE));
        let mut out = Vec::new();
        let outcome = splice.pass(&bytes, &mut out);
        if outcome.is_err() {
            let length = out.len();
            prop_assert_eq!(splice.pass(&bytes, &mut out), outcome);
            prop_assert_eq!(out.len(), length);
        }
    }
}
