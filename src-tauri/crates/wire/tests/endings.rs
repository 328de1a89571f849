//! How a response ends, in every dialect and framing: by stop reason, earlier content and later events.

use catalog::Dialect;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};
use wire::{BodyEnd, Broken, Completion, Framing, Validator};

const FRAMINGS: [Framing; 2] = [Framing::Stream, Framing::Document];

/// The content of a response before its stop reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Brings {
    Nothing,
    Thinking,
    Text,
    Call,
    InvalidCall,
}

impl Brings {
    const ALL: [Brings; 5] = [
        Brings::Nothing,
        Brings::Thinking,
        Brings::Text,
        Brings::Call,
        Brings::InvalidCall,
    ];

    fn arguments(self) -> &'static str {
        match self {
            Brings::InvalidCall => r#"{"command":"#,
            Brings::Nothing | Brings::Thinking | Brings::Text | Brings::Call => {
                r#"{"command":"ls"}"#
            }
        }
    }

    fn acts(self) -> bool {
        match self {
            Brings::Nothing | Brings::Thinking => false,
            Brings::Text | Brings::Call | Brings::InvalidCall => true,
        }
    }
}

/// The body of a response with this content, this stop reason and the terminal event.
fn body(dialect: Dialect, framing: Framing, brings: Brings, reason: &Value) -> String {
    let events = events(dialect, brings, reason);
    match framing {
        Framing::Stream => events.concat(),
        Framing::Document => document(dialect, brings, reason).to_string(),
    }
}

fn event(data: &Value) -> String {
    match data["type"].as_str() {
        Some(kind) => format!("event: {kind}\ndata: {data}\n\n"),
        None => format!("data: {data}\n\n"),
    }
}

/// The last two are the stop reason and the terminal event; in Responses both are one.
fn events(dialect: Dialect, brings: Brings, reason: &Value) -> Vec<String> {
    let arguments = brings.arguments();
    match dialect {
        Dialect::Anthropic => {
            let (block, delta) = match brings {
                Brings::Nothing => (None, None),
                Brings::Thinking => (
                    Some(json!({"type": "thinking", "thinking": ""})),
                    Some(json!({"type": "thinking_delta", "thinking": "Hm"})),
                ),
                Brings::Text => (
                    Some(json!({"type": "text", "text": ""})),
                    Some(json!({"type": "text_delta", "text": "Hello"})),
                ),
                Brings::Call | Brings::InvalidCall => (
                    Some(json!({"type": "tool_use", "id": "a", "name": "Bash", "input": {}})),
                    Some(json!({"type": "input_json_delta", "partial_json": arguments})),
                ),
            };
            let mut all =
                vec![json!({"type": "message_start", "message": {"id": "m", "model": "x"}})];
            all.extend(block.map(
                |block| json!({"type": "content_block_start", "index": 0, "content_block": block}),
            ));
            all.extend(
                delta.map(
                    |delta| json!({"type": "content_block_delta", "index": 0, "delta": delta}),
                ),
            );
            if brings != Brings::Nothing {
                all.push(json!({"type": "content_block_stop", "index": 0}));
            }
            all.push(json!({"type": "message_delta", "delta": {"stop_reason": reason}}));
            all.push(json!({"type": "message_stop"}));
            all.iter().map(event).collect()
        }
        Dialect::OpenaiChat => {
            let delta = match brings {
                Brings::Nothing => json!({"role": "assistant", "content": ""}),
                Brings::Thinking => json!({"reasoning_content": "Hm"}),
                Brings::Text => json!({"content": "Hello"}),
                Brings::Call | Brings::InvalidCall => {
                    json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "Bash", "arguments": arguments}}]})
                }
            };
            let chunk = |delta: &Value, reason: &Value| json!({"id": "c", "model": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]});
            vec![
                event(&chunk(&delta, &Value::Null)),
                event(&chunk(&json!({}), reason)),
                "data: [DONE]\n\n".to_owned(),
            ]
        }
        Dialect::OpenaiResponses => {
            let mut all = vec![
                json!({"type": "response.created", "response": {"id": "r", "model": "x", "status": "in_progress"}}),
            ];
            for item in items(brings) {
                all.push(
                    json!({"type": "response.output_item.added", "output_index": 0, "item": item}),
                );
                all.push(
                    json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
                );
            }
            all.push(json!({"type": "response.completed", "response": document(dialect, brings, reason)}));
            all.iter().map(event).collect()
        }
    }
}

fn items(brings: Brings) -> Vec<Value> {
    match brings {
        Brings::Nothing => vec![],
        Brings::Thinking => vec![
            json!({"type": "reasoning", "id": "i", "summary": [{"type": "summary_text", "text": "Hm"}]}),
        ],
        Brings::Text => vec![
            json!({"type": "message", "id": "i", "content": [{"type": "output_text", "text": "Hello"}]}),
        ],
        Brings::Call | Brings::InvalidCall => {
            vec![
                json!({"type": "function_call", "id": "i", "call_id": "a", "name": "Bash", "arguments": brings.arguments()}),
            ]
        }
    }
}

fn document(dialect: Dialect, brings: Brings, reason: &Value) -> Value {
    match dialect {
        Dialect::Anthropic => {
            let content = match brings {
                Brings::Nothing => json!([]),
                Brings::Thinking => {
                    json!([{"type": "thinking", "thinking": "Hm", "signature": "x"}])
                }
                Brings::Text => json!([{"type": "text", "text": "Hello"}]),
                // A document has an object here, which cannot be truncated.
                Brings::Call | Brings::InvalidCall => {
                    json!([{"type": "tool_use", "id": "a", "name": "Bash", "input": {}}])
                }
            };
            json!({"id": "m", "type": "message", "role": "assistant", "model": "x", "content": content, "stop_reason": reason})
        }
        Dialect::OpenaiChat => {
            let message = match brings {
                Brings::Nothing => json!({"content": null}),
                Brings::Thinking => json!({"content": "", "reasoning_content": "Hm"}),
                Brings::Text => json!({"content": "Hello"}),
                Brings::Call | Brings::InvalidCall => {
                    json!({"tool_calls": [{"id": "a", "function": {"name": "Bash", "arguments": brings.arguments()}}]})
                }
            };
            json!({"id": "c", "model": "x", "choices": [{"index": 0, "message": message, "finish_reason": reason}]})
        }
        Dialect::OpenaiResponses => {
            json!({"id": "r", "object": "response", "model": "x", "status": reason, "output": items(brings)})
        }
    }
}

fn judged(dialect: Dialect, framing: Framing, body: &str) -> (Completion, Completion) {
    let mut validator = Validator::new(dialect, framing);
    for slice in body.as_bytes().chunks(7) {
        validator.push(slice, &mut Vec::new());
    }
    (
        validator.judge(BodyEnd::Clean),
        validator.judge(BodyEnd::Cut),
    )
}

fn verdict(dialect: Dialect, framing: Framing, brings: Brings, reason: &Value) -> Completion {
    judged(dialect, framing, &body(dialect, framing, brings, reason)).0
}

fn each() -> impl Iterator<Item = (Dialect, Framing, Brings)> {
    let dialects = Dialect::ALL.into_iter();
    dialects.flat_map(|dialect| {
        FRAMINGS.into_iter().flat_map(move |framing| {
            Brings::ALL
                .into_iter()
                .map(move |brings| (dialect, framing, brings))
        })
    })
}

/// In a document of Messages the input of a call is an object, and always valid.
fn is_invalid(dialect: Dialect, framing: Framing, brings: Brings) -> bool {
    brings == Brings::InvalidCall && (dialect, framing) != (Dialect::Anthropic, Framing::Document)
}

#[test]
fn a_blank_reason_is_no_stop_reason() {
    for (dialect, framing, brings) in each() {
        for reason in [
            json!(""),
            json!(" "),
            json!("null"),
            json!("NULL"),
            json!("none"),
            json!("None"),
            json!(null),
            json!(false),
            json!(0),
            json!([]),
            json!({}),
        ] {
            let found = verdict(dialect, framing, brings, &reason);
            // In a Responses stream, the event's name is that of a completed response.
            if (dialect, framing) == (Dialect::OpenaiResponses, Framing::Stream) {
                assert_eq!(
                    found.is_answer(),
                    brings.acts() && brings != Brings::InvalidCall,
                    "{brings:?} {reason}"
                );
            } else {
                assert_eq!(
                    found,
                    Completion::Broken(Broken::NoStopReason),
                    "{dialect} {framing:?} {brings:?} {reason}"
                );
            }
        }
    }
}

/// sgl-project/sglang#3912, sashabaranov/go-openai#677: every chunk has an empty reason.
#[test]
fn blank_reasons_in_every_chunk_do_not_end_a_stream() {
    for blank in ["", " ", "null", "none"] {
        let chunk = |text: &str, reason: &str| {
            event(
                &json!({"id": "c", "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}),
            )
        };
        let begun = chunk("Once", blank) + &chunk(" upon", blank);
        let (clean, cut) = judged(Dialect::OpenaiChat, Framing::Stream, &begun);
        assert_eq!(clean, Completion::Broken(Broken::NoStopReason), "{blank:?}");
        assert_eq!(cut, Completion::Broken(Broken::Cut), "{blank:?}");
        let complete = begun + &chunk(" a time.", "stop") + &chunk("", blank);
        assert_eq!(
            judged(Dialect::OpenaiChat, Framing::Stream, &complete).1,
            Completion::Complete,
            "{blank:?}"
        );
    }
}

#[test]
fn a_failure_reason_is_a_failure_after_any_content() {
    let words = [
        "network_error",
        "abort",
        "time_limit",
        "cancelled",
        "error",
        "failed",
        "insufficient_system_resource",
        "function_call_filter: MALFORMED_FUNCTION_CALL",
        "MALFORMED_FUNCTION_CALL",
        "malformed_model_output",
        "overloaded_error",
        "TIMEOUT",
        "internal_server_error",
    ];
    for (dialect, framing, brings) in each() {
        for word in words {
            let found = verdict(dialect, framing, brings, &json!(word));
            let Completion::Broken(Broken::ErrorEvent { kind, .. }) = &found else {
                panic!("{dialect} {framing:?} {brings:?} {word}: {found:?}");
            };
            assert_eq!(kind, word);
        }
    }
}

#[test]
fn only_truncated_or_refused_responses_can_be_empty_or_invalid() {
    use Completion as C;
    for (dialect, framing, brings) in each() {
        let found = |word: &str| verdict(dialect, framing, brings, &json!(word));
        let case = format!("{dialect} {framing:?} {brings:?}");
        for word in [
            "length",
            "max_tokens",
            "max_output_tokens",
            "model_context_window_exceeded",
            "incomplete",
        ] {
            assert_eq!(found(word), C::Truncated, "{case} {word}");
        }
        for word in [
            "content_filter",
            "refusal",
            "sensitive",
            "content_filter: RECITATION",
        ] {
            assert_eq!(found(word), C::Refused, "{case} {word}");
        }
        let complete = |otherwise: Completion, empty: Broken| {
            if is_invalid(dialect, framing, brings) {
                C::Broken(Broken::InvalidToolInput("Bash".to_owned()))
            } else if !brings.acts() {
                C::Broken(empty)
            } else {
                otherwise
            }
        };
        for word in [
            "stop",
            "end_turn",
            "eos",
            "EOS",
            "COMPLETE",
            "stop_sequence",
            "tool_calls",
            "tool_use",
            "completed",
        ] {
            assert_eq!(
                found(word),
                complete(C::Complete, Broken::Empty),
                "{case} {word}"
            );
        }
        for word in ["pause_turn", "compaction"] {
            assert_eq!(
                found(word),
                complete(C::Continues, Broken::Empty),
                "{case} {word}"
            );
        }
        let word = "stop_of_tomorrow";
        let unknown = Broken::UnknownStopReason(word.to_owned());
        assert_eq!(found(word), complete(C::Unknown, unknown), "{case} {word}");
    }
}

/// An unknown reason can mean "more to come": it counts only with the terminal event.
#[test]
fn an_unknown_reason_needs_the_terminal_event() {
    for dialect in [Dialect::Anthropic, Dialect::OpenaiChat] {
        let all = events(dialect, Brings::Text, &json!("stop_of_tomorrow"));
        let (last, before) = all.split_last().unwrap();
        let (clean, cut) = judged(dialect, Framing::Stream, &before.concat());
        assert_eq!(clean, Completion::Broken(Broken::NoStopReason), "{dialect}");
        assert_eq!(cut, Completion::Broken(Broken::Cut), "{dialect}");
        // More text follows: this server's value is never a stop reason.
        let continued = match dialect {
            Dialect::Anthropic => [
                event(&json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "more"}})),
                event(&json!({"type": "content_block_stop", "index": 1})),
            ]
            .concat(),
            Dialect::OpenaiChat | Dialect::OpenaiResponses => before[0].clone(),
        };
        let again = &before[before.len() - 1];
        let body = [&before.concat(), &continued, again, last]
            .map(String::as_str)
            .concat();
        let (clean, _) = judged(dialect, Framing::Stream, &body);
        assert_eq!(clean, Completion::Broken(Broken::NoStopReason), "{dialect}");
        // The real stop reason ends the response.
        let end = events(dialect, Brings::Text, &json!("end_turn"));
        let body = [
            before.concat(),
            continued,
            end[end.len() - 2].clone(),
            last.clone(),
        ]
        .concat();
        assert_eq!(
            judged(dialect, Framing::Stream, &body).0,
            Completion::Complete,
            "{dialect}"
        );
    }
}

/// vllm-project/vllm#45386: every stream ends with `response.completed`.
#[test]
fn the_status_in_the_response_object_replaces_that_of_the_event_name() {
    use Completion as C;
    let failed = |kind: &str, message: &str| {
        C::Broken(Broken::ErrorEvent {
            kind: kind.to_owned(),
            message: message.to_owned(),
        })
    };
    let word = "the provider ended the response with this reason";
    let table: &[(&str, Value, Completion)] = &[
        ("completed", json!({"status": "completed"}), C::Complete),
        (
            "completed",
            json!({"status": "completed", "incomplete_details": null, "error": null}),
            C::Complete,
        ),
        ("completed", json!({}), C::Complete),
        ("completed", json!({"status": null}), C::Complete),
        ("completed", json!({"status": ""}), C::Complete),
        ("completed", json!({"status": "incomplete"}), C::Truncated),
        (
            "completed",
            json!({"status": "incomplete", "incomplete_details": null}),
            C::Truncated,
        ),
        (
            "completed",
            json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}),
            C::Truncated,
        ),
        (
            "completed",
            json!({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}),
            C::Refused,
        ),
        (
            "completed",
            json!({"status": "incomplete", "incomplete_details": {"reason": "budget_of_tomorrow"}}),
            C::Truncated,
        ),
        (
            "completed",
            json!({"status": "incomplete", "incomplete_details": {"reason": ""}}),
            C::Truncated,
        ),
        (
            "completed",
            json!({"status": "incomplete", "incomplete_details": {"reason": "stop"}}),
            C::Truncated,
        ),
        (
            "completed",
            json!({"status": "incomplete", "incomplete_details": {"reason": "abort"}}),
            failed("abort", word),
        ),
        (
            "completed",
            json!({"status": "completed", "incomplete_details": {"reason": "max_output_tokens"}}),
            C::Truncated,
        ),
        (
            "completed",
            json!({"status": "failed"}),
            failed("failed", word),
        ),
        (
            "completed",
            json!({"status": "failed", "error": {"code": "server_error", "message": "Sorry"}}),
            failed("server_error", "Sorry"),
        ),
        (
            "completed",
            json!({"status": "cancelled"}),
            failed("cancelled", word),
        ),
        ("completed", json!({"status": "in_progress"}), C::Unknown),
        (
            "completed",
            json!({"status": "status_of_tomorrow"}),
            C::Unknown,
        ),
        ("incomplete", json!({}), C::Truncated),
        (
            "incomplete",
            json!({"incomplete_details": {"reason": "content_filter"}}),
            C::Refused,
        ),
        ("incomplete", json!({"status": "completed"}), C::Complete),
        (
            "incomplete",
            json!({"status": "failed"}),
            failed("failed", word),
        ),
        (
            "failed",
            json!({"status": "failed", "error": {"code": "server_error", "message": "Sorry"}}),
            failed("server_error", "Sorry"),
        ),
    ];
    for (name, status, expected) in table {
        let mut response = status.clone();
        response["id"] = json!("r");
        response["output"] = json!(items(Brings::Text));
        let kind = format!("response.{name}");
        let typed = event(&json!({"type": kind, "response": response}));
        // Some servers send the event's name only in the `event:` line.
        let named = format!("event: {kind}\ndata: {}\n\n", json!({"response": response}));
        for body in [typed, named] {
            let (clean, cut) = judged(Dialect::OpenaiResponses, Framing::Stream, &body);
            assert_eq!(clean, *expected, "{body}");
            assert_eq!(cut, *expected, "{body}");
        }
        if let (Some(status), "completed") = (status["status"].as_str(), *name) {
            let (clean, _) = judged(
                Dialect::OpenaiResponses,
                Framing::Document,
                &response.to_string(),
            );
            let expected = match status {
                "" => &C::Broken(Broken::NoStopReason),
                // The client polls a document.
                "in_progress" => &C::Continues,
                _ => expected,
            };
            assert_eq!(clean, *expected, "{response}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// For every stop reason: an empty response or one with invalid arguments is never complete, and no prefix is complete
    /// before its stop reason.
    #[test]
    fn no_stop_reason_completes_an_empty_or_invalid_response(
        dialect in prop::sample::select(&Dialect::ALL[..]),
        framing in prop::sample::select(&FRAMINGS[..]),
        brings in prop::sample::select(&Brings::ALL[..]),
        word in "[a-zA-Z_: ]{0,16}",
        cut in any::<Index>(),
    ) {
        let body = body(dialect, framing, brings, &json!(word));
        let (found, _) = judged(dialect, framing, &body);
        let complete = matches!(found, Completion::Complete | Completion::Continues | Completion::Unknown);
        if !brings.acts() || is_invalid(dialect, framing, brings) {
            // The client polls a pending response.
            let polled = dialect == Dialect::OpenaiResponses && framing == Framing::Document;
            prop_assert!(!complete || polled, "{:?}", found);
        }
        let all = events(dialect, brings, &json!(word)).concat();
        let at = all.rfind("event: message_delta").or(all.rfind("event: response.completed")).unwrap_or_else(|| all.rfind("data: {").unwrap());
        let cut = cut.index(at + 1);
        let (clean, torn) = judged(dialect, Framing::Stream, &all[..cut]);
        prop_assert!(!clean.is_answer() && !torn.is_answer(), "{}", &all[..cut]);
    }
}
