//! `wire`'s verdicts on the stage's responses: both were written separately from the same documents, so each checks the other.

use catalog::Dialect;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use wire::{BodyEnd, Completion, FailureClass, Framing, Validator, classify};

use super::client::{Ending, Reply, generate, request};
use crate::Stage;

const STREAM: bool = true;
const DOCUMENT: bool = false;

async fn play(dialect: Dialect, piece: &str, stream: bool) -> Reply {
    let ask = request(
        dialect,
        &format!("some-model@{piece}"),
        stream,
        "Good evening",
    );
    generate(&Stage::any_model(), dialect, &ask).await
}

fn judge(dialect: Dialect, stream: bool, reply: &Reply) -> (Completion, Validator) {
    let framing = if stream {
        Framing::Stream
    } else {
        Framing::Document
    };
    let mut validator = Validator::new(dialect, framing);
    for bytes in reply.body.chunks(113) {
        validator.push(bytes, &mut Vec::new());
    }
    let end = match reply.ending {
        Ending::Clean => BodyEnd::Clean,
        Ending::Cut | Ending::Reset | Ending::Never => BodyEnd::Cut,
    };
    (validator.judge(end), validator)
}

fn word(completion: &Completion) -> &'static str {
    match completion {
        Completion::Complete => "complete",
        Completion::Continues => "continues",
        Completion::Unknown => "unknown",
        Completion::Truncated => "truncated",
        Completion::Refused => "refused",
        Completion::Broken(_) => "broken",
    }
}

#[tokio::test(start_paused = true)]
async fn complete_and_incomplete_responses_are_judged_correctly() {
    for (piece, streamed, full) in [
        ("steady", ["complete"; 3], ["complete"; 3]),
        ("long", ["complete"; 3], ["complete"; 3]),
        ("thinking", ["complete"; 3], ["complete"; 3]),
        ("tool", ["complete"; 3], ["complete"; 3]),
        ("parallel-tools", ["complete"; 3], ["complete"; 3]),
        ("drip:1ms", ["complete"; 3], ["complete"; 3]),
        ("missing-terminal", ["complete"; 3], ["complete"; 3]),
        ("stop-sequence", ["complete"; 3], ["complete"; 3]),
        (
            "pause-turn",
            ["continues", "complete", "complete"],
            ["continues", "complete", "complete"],
        ),
        ("max-tokens", ["truncated"; 3], ["truncated"; 3]),
        ("tool+max-tokens", ["truncated"; 3], ["truncated"; 3]),
        ("context-window", ["truncated"; 3], ["truncated"; 3]),
        ("refusal", ["refused"; 3], ["refused"; 3]),
        ("stop-null", ["broken"; 3], ["broken"; 3]),
        ("nothing-to-act-on", ["broken"; 3], ["broken"; 3]),
        // In a Messages document the input is part of the JSON: there it is a string, which `wire` does not inspect.
        (
            "invalid-tool-input",
            ["broken"; 3],
            ["complete", "broken", "broken"],
        ),
        ("cut-after-opening", ["broken"; 3], ["broken"; 3]),
        ("cut-in-text", ["broken"; 3], ["broken"; 3]),
        ("cut-in-tool", ["broken"; 3], ["broken"; 3]),
        ("tool+cut-before-final", ["broken"; 3], ["broken"; 3]),
        ("reset-in-text", ["broken"; 3], ["broken"; 3]),
        ("clean-close-in-text", ["broken"; 3], ["broken"; 3]),
        ("clean-close-in-tool", ["broken"; 3], ["broken"; 3]),
        (
            "tool+clean-close-before-final",
            ["broken"; 3],
            ["broken"; 3],
        ),
        ("error-event", ["broken"; 3], ["broken"; 3]),
        ("error-event-first", ["broken"; 3], ["broken"; 3]),
        ("error-event-before-final", ["broken"; 3], ["broken"; 3]),
        ("malformed-event", ["broken"; 3], ["broken"; 3]),
        ("truncated-body", ["broken"; 3], ["broken"; 3]),
        ("empty-ok", ["broken"; 3], ["broken"; 3]),
        ("html-ok", ["broken"; 3], ["broken"; 3]),
        ("json-error-ok", ["broken"; 3], ["broken"; 3]),
    ] {
        for (stream, expected) in [(STREAM, streamed), (DOCUMENT, full)] {
            for (dialect, expected) in Dialect::ALL.into_iter().zip(expected) {
                let reply = play(dialect, piece, stream).await;
                let (completion, _) = judge(dialect, stream, &reply);
                let framing = if stream { "stream" } else { "whole" };
                assert_eq!(
                    word(&completion),
                    expected,
                    "{dialect} {framing} {piece}: {completion:?}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_as_reported() {
    for stream in [STREAM, DOCUMENT] {
        for dialect in Dialect::ALL {
            let mut ask = request(dialect, "some-model@tool", stream, &"word ".repeat(1200));
            if dialect == Dialect::Anthropic {
                ask["system"] = json!([{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]);
            }
            let reply = generate(&Stage::any_model(), dialect, &ask).await;
            let (_, validator) = judge(dialect, stream, &reply);
            let report = validator.report();
            let tokens = report.tokens;
            assert!(report.usage_reported);
            assert_eq!(
                tokens.input + tokens.cache_read + tokens.cache_write,
                ask.to_string().len().div_ceil(4) as u64,
                "{dialect}"
            );
            assert!(tokens.cache_read > 0 && tokens.output > 5, "{dialect}");
            assert_eq!(report.model.as_deref(), Some("some-model@tool"));
            let [call] = report.tool_calls.as_slice() else {
                panic!("{report:?}")
            };
            assert_eq!(call.name, "Bash");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn error_statuses_have_the_class_that_they_simulate() {
    for (fault, class) in [
        ("400", FailureClass::Caller),
        ("400-context", FailureClass::ContextTooLong),
        ("400-policy", FailureClass::ContentPolicy),
        ("401", FailureClass::Credential),
        ("404", FailureClass::ModelGone),
        ("413", FailureClass::Caller),
        ("429", FailureClass::RateLimit),
        ("429-quota", FailureClass::Quota),
        ("400-quota", FailureClass::Quota),
        ("500", FailureClass::Transient),
        ("502-html", FailureClass::Transient),
        ("503", FailureClass::Transient),
        ("503-empty", FailureClass::Transient),
        ("529", FailureClass::Transient),
    ] {
        for dialect in Dialect::ALL {
            let reply = play(dialect, fault, STREAM).await;
            let status = StatusCode::from_u16(reply.status).unwrap();
            let now = chrono::DateTime::UNIX_EPOCH;
            let failure = classify(dialect, status, &HeaderMap::new(), &reply.body, now);
            assert_eq!(failure.class, class, "{dialect} {fault}: {failure:?}");
        }
    }
}
