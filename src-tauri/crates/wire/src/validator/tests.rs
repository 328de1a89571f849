use catalog::{Dialect, Tokens};

use super::{Framing, Validator};
use crate::{Arguments, BodyEnd, Broken, Completion};

fn judged(dialect: Dialect, framing: Framing, body: &[u8]) -> (Validator, Completion, Completion) {
    let mut validator = Validator::new(dialect, framing);
    for slice in body.chunks(7) {
        validator.push(slice, &mut Vec::new());
    }
    let (clean, cut) = (
        validator.judge(BodyEnd::Clean),
        validator.judge(BodyEnd::Cut),
    );
    (validator, clean, cut)
}

fn complete(dialect: Dialect, body: &str) -> Completion {
    judged(dialect, Framing::Document, body.as_bytes()).1
}

fn message(content: &str, stop: &str) -> String {
    format!(
        r#"{{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{content}],"stop_reason":{stop},"stop_sequence":null,"usage":{{"input_tokens":5,"cache_creation_input_tokens":3,"cache_read_input_tokens":2,"output_tokens":7}}}}"#
    )
}

const TEXT: &str = r#"{"type":"text","text":"Hello"}"#;
const THINKING: &str = r#"{"type":"thinking","thinking":"Hm","signature":"x"}"#;
const TOOL: &str = r#"{"type":"tool_use","id":"toolu_1","name":"Bash","input":{"command":"ls"}}"#;

#[test]
fn message_documents() {
    use Completion as C;
    let table = [
        (TEXT, r#""end_turn""#, C::Complete),
        (TOOL, r#""tool_use""#, C::Complete),
        (THINKING, r#""end_turn""#, C::Broken(Broken::Empty)),
        ("", r#""end_turn""#, C::Broken(Broken::Empty)),
        (TEXT, r#""max_tokens""#, C::Truncated),
        (TEXT, r#""refusal""#, C::Refused),
        (TEXT, r#""pause_turn""#, C::Continues),
        (
            r#"{"type":"compaction","content":"Summary"}"#,
            r#""compaction""#,
            C::Continues,
        ),
        (TEXT, "null", C::Broken(Broken::NoStopReason)),
    ];
    for (content, stop, expected) in table {
        assert_eq!(
            complete(Dialect::Anthropic, &message(content, stop)),
            expected,
            "{content} {stop}"
        );
    }
    let body = message(&[THINKING, TEXT, TOOL].join(","), r#""tool_use""#);
    let (validator, ..) = judged(Dialect::Anthropic, Framing::Document, body.as_bytes());
    let report = validator.report();
    let tokens = Tokens {
        input: 5,
        output: 7,
        cache_read: 2,
        cache_write: 3,
        cache_write_hour: 0,
    };
    assert_eq!((report.tokens, report.usage_reported), (tokens, true));
    assert_eq!((report.text_bytes, report.thinking_bytes), (5, 2));
    assert_eq!(
        (&*report.tool_calls[0].id, &*report.tool_calls[0].name),
        ("toolu_1", "Bash")
    );
    assert_eq!(report.id.as_deref(), Some("msg_1"));
}

#[test]
fn chat_documents() {
    use Completion as C;
    let answer = |message: &str, finish: &str| {
        format!(
            r#"{{"id":"c","object":"chat.completion","model":"gpt","choices":[{{"index":0,"message":{message},"finish_reason":{finish}}}],"usage":{{"prompt_tokens":10,"completion_tokens":3,"prompt_tokens_details":{{"cached_tokens":4}}}}}}"#
        )
    };
    let call = |arguments: &str| {
        format!(
            r#"{{"role":"assistant","content":null,"tool_calls":[{{"id":"call_A","type":"function","function":{{"name":"f","arguments":"{arguments}"}}}}]}}"#
        )
    };
    let text = r#"{"role":"assistant","content":"Hi"}"#.to_owned();
    let table = [
        (text.clone(), r#""stop""#, C::Complete),
        (text.clone(), r#""length""#, C::Truncated),
        (text.clone(), r#""content_filter""#, C::Refused),
        (text.clone(), "null", C::Broken(Broken::NoStopReason)),
        (text, r#""novel""#, C::Unknown),
        (call("{}"), r#""tool_calls""#, C::Complete),
        (call(""), r#""tool_calls""#, C::Complete),
        (call("{"), r#""length""#, C::Truncated),
        (
            call("{"),
            r#""tool_calls""#,
            C::Broken(Broken::InvalidToolInput("f".to_owned())),
        ),
        (
            r#"{"content":""}"#.to_owned(),
            r#""stop""#,
            C::Broken(Broken::Empty),
        ),
        (
            r#"{"content":null,"refusal":"No."}"#.to_owned(),
            r#""stop""#,
            C::Refused,
        ),
    ];
    for (message, finish, expected) in table {
        let body = answer(&message, finish);
        let (validator, clean, _) = judged(Dialect::OpenaiChat, Framing::Document, body.as_bytes());
        assert_eq!(clean, expected, "{body}");
        let tokens = Tokens {
            input: 6,
            output: 3,
            cache_read: 4,
            cache_write: 0,
            cache_write_hour: 0,
        };
        assert_eq!(validator.report().tokens, tokens);
    }
}

#[test]
fn response_documents() {
    use Completion as C;
    let answer = |status: &str, rest: &str| {
        format!(r#"{{"id":"r","object":"response","model":"gpt","status":"{status}",{rest}}}"#)
    };
    let text =
        r#""output":[{"type":"message","id":"m","content":[{"type":"output_text","text":"Hi"}]}]"#;
    let call = |arguments: &str| {
        format!(
            r#""output":[{{"type":"function_call","id":"fc","call_id":"c","name":"f","arguments":"{arguments}"}}]"#
        )
    };
    let table = [
        (answer("completed", text), C::Complete),
        (answer("completed", &call("{}")), C::Complete),
        (
            answer("completed", &call("{")),
            C::Broken(Broken::InvalidToolInput("f".to_owned())),
        ),
        (
            answer(
                "completed",
                r#""output":[{"type":"reasoning","id":"x","summary":[]}]"#,
            ),
            C::Broken(Broken::Empty),
        ),
        (
            answer(
                "incomplete",
                &format!(r#"{text},"incomplete_details":{{"reason":"max_output_tokens"}}"#),
            ),
            C::Truncated,
        ),
        (
            answer(
                "incomplete",
                &format!(r#"{text},"incomplete_details":{{"reason":"content_filter"}}"#),
            ),
            C::Refused,
        ),
        (answer("queued", r#""output":[]"#), C::Continues),
    ];
    for (body, expected) in table {
        assert_eq!(
            complete(Dialect::OpenaiResponses, &body),
            expected,
            "{body}"
        );
    }
    let failed = answer(
        "failed",
        r#""output":[],"error":{"code":"server_error","message":"Sorry"}"#,
    );
    let error = Broken::ErrorEvent {
        kind: "server_error".to_owned(),
        message: "Sorry".to_owned(),
    };
    assert_eq!(
        complete(Dialect::OpenaiResponses, &failed),
        C::Broken(error)
    );
}

/// Real servers sent each of these with status 200.
#[test]
fn a_success_status_without_a_response() {
    let reason = |completion: Completion| {
        if let Completion::Broken(Broken::NotAResponse(why)) = completion {
            why
        } else {
            format!("{completion:?}")
        }
    };
    let table = [
        ("", "the body is empty"),
        (" \r\n", "the body is empty"),
        (
            r#"{"error":{"message":"Overloaded","type":"x"}}"#,
            "a JSON document with the text: Overloaded",
        ),
        (
            r#"{"type":"error","error":{"type":"api_error","message":"Sorry"}}"#,
            "a JSON document with the text: Sorry",
        ),
        ("{}", "a JSON document without a response"),
        (
            "<html><title>Sign in</title>\n\n<p>data: x</html>",
            "HTML: Sign in",
        ),
        ("upstream reset", "text: upstream reset"),
    ];
    for dialect in Dialect::ALL {
        for framing in [Framing::Stream, Framing::Document] {
            for (body, why) in table {
                let (_, clean, cut) = judged(dialect, framing, body.as_bytes());
                assert_eq!(reason(clean), why, "{dialect} {framing:?} {body}");
                assert!(!cut.is_answer());
            }
        }
        let stream = complete(dialect, "data: {}\n\n");
        assert_eq!(reason(stream), "an event stream instead of a JSON document");
    }
    let json = judged(
        Dialect::Anthropic,
        Framing::Stream,
        message(TEXT, r#""end_turn""#).as_bytes(),
    );
    assert_eq!(reason(json.1), "a JSON document without a response");
}

#[test]
fn comments_alone_are_a_stream_without_a_stop_reason() {
    let body = b": hi\n\n: still here\n\n";
    let (_, clean, cut) = judged(Dialect::Anthropic, Framing::Stream, body);
    assert_eq!(clean, Completion::Broken(Broken::NoStopReason));
    assert_eq!(cut, Completion::Broken(Broken::Cut));
}

#[test]
fn a_document_is_incomplete_before_its_last_brace() {
    let bodies = [
        (Dialect::Anthropic, message(TEXT, r#""end_turn""#)),
        (
            Dialect::OpenaiChat,
            r#"{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}"#.to_owned(),
        ),
        (
            Dialect::OpenaiResponses,
            r#"{"status":"completed","output":[{"type":"message","content":[{"text":"x"}]}]}"#
                .to_owned(),
        ),
    ];
    for (dialect, body) in bodies {
        let mut validator = Validator::new(dialect, Framing::Document);
        for byte in body.bytes() {
            assert!(!validator.judge(BodyEnd::Clean).is_answer());
            assert_eq!(
                validator.judge(BodyEnd::Cut),
                Completion::Broken(Broken::Cut)
            );
            validator.push(&[byte], &mut Vec::new());
        }
        for end in [BodyEnd::Clean, BodyEnd::Cut] {
            assert_eq!(validator.judge(end), Completion::Complete, "{dialect}");
        }
        validator.push(b" x", &mut Vec::new());
        assert!(!validator.judge(BodyEnd::Clean).is_answer());
    }
}

#[test]
fn sizes_are_bounded() {
    let mebibyte = vec![b'x'; 1 << 20];
    for framing in [Framing::Stream, Framing::Document] {
        let mut validator = Validator::new(Dialect::OpenaiChat, framing);
        validator.push(b"data: {", &mut Vec::new());
        for _ in 0..20 {
            validator.push(&mebibyte, &mut Vec::new());
        }
        let oversize = Broken::Oversize(Validator::LIMIT);
        assert_eq!(validator.broken(), Some(&oversize));
        assert_eq!(
            validator.judge(BodyEnd::Clean),
            Completion::Broken(oversize)
        );
    }
}

/// A call of `Bash` with this command, as a stream and as a document.
fn calls(dialect: Dialect, command: &str) -> [(Framing, String); 2] {
    let arguments = serde_json::json!({ "command": command }).to_string();
    let released = serde_json::Value::from(arguments.clone());
    let (first, rest) = arguments.split_at(3);
    let (first, rest) = (
        serde_json::Value::from(first),
        serde_json::Value::from(rest),
    );
    let stream = match dialect {
        Dialect::Anthropic => format!(
            r#"data: {{"type":"message_start","message":{{"id":"m"}}}}

data: {{"type":"content_block_start","index":0,"content_block":{{"type":"tool_use","id":"a","name":"Bash","input":{{}}}}}}

data: {{"type":"content_block_delta","index":0,"delta":{{"type":"input_json_delta","partial_json":{first}}}}}

data: {{"type":"content_block_delta","index":0,"delta":{{"type":"input_json_delta","partial_json":{rest}}}}}

data: {{"type":"content_block_stop","index":0}}

data: {{"type":"message_delta","delta":{{"stop_reason":"tool_use"}}}}

"#
        ),
        Dialect::OpenaiChat => format!(
            r#"data: {{"choices":[{{"delta":{{"tool_calls":[{{"index":0,"id":"a","function":{{"name":"Bash","arguments":{first}}}}}]}}}}]}}

data: {{"choices":[{{"delta":{{"tool_calls":[{{"index":0,"function":{{"arguments":{rest}}}}}]}}}}]}}

data: {{"choices":[{{"delta":{{}},"finish_reason":"tool_calls"}}]}}

"#
        ),
        Dialect::OpenaiResponses => {
            let item = format!(
                r#"{{"type":"function_call","id":"fc_1","call_id":"a","name":"Bash","arguments":{released}}}"#
            );
            format!(
                r#"data: {{"type":"response.output_item.added","output_index":0,"item":{{"type":"function_call","id":"fc_1","call_id":"a","name":"Bash","arguments":""}}}}

data: {{"type":"response.function_call_arguments.delta","output_index":0,"delta":{released}}}

data: {{"type":"response.output_item.done","output_index":0,"item":{item}}}

data: {{"type":"response.completed","response":{{"id":"r","status":"completed","output":[{item}]}}}}

"#
            )
        }
    };
    let document = match dialect {
        Dialect::Anthropic => message(
            &format!(r#"{{"type":"tool_use","id":"a","name":"Bash","input":{arguments}}}"#),
            r#""tool_use""#,
        ),
        Dialect::OpenaiChat => format!(
            r#"{{"id":"c","choices":[{{"message":{{"tool_calls":[{{"id":"a","function":{{"name":"Bash","arguments":{released}}}}}]}},"finish_reason":"tool_calls"}}]}}"#
        ),
        Dialect::OpenaiResponses => format!(
            r#"{{"id":"r","status":"completed","output":[{{"type":"function_call","id":"fc_1","call_id":"a","name":"Bash","arguments":{released}}}]}}"#
        ),
    };
    [(Framing::Stream, stream), (Framing::Document, document)]
}

#[test]
fn tool_arguments_are_counted_and_kept_only_on_request() {
    for dialect in Dialect::ALL {
        for (framing, body) in calls(dialect, "alembic upgrade head") {
            let (usual, judged, _) = judged(dialect, framing, body.as_bytes());
            assert_eq!(judged, Completion::Complete, "{dialect} {framing:?}");
            let released = r#"{"command":"alembic upgrade head"}"#;
            let bytes = released.len() as u64;
            let report = usual.report();
            assert_eq!(report.argument_bytes, bytes, "{dialect} {framing:?}");
            assert_eq!(report.tool_calls[0].arguments, None, "{dialect}");

            let mut keeping = Validator::new(dialect, framing).keeping_arguments(true);
            for slice in body.as_bytes().chunks(7) {
                keeping.push(slice, &mut Vec::new());
            }
            let report = keeping.report();
            let kept = report.tool_calls[0].arguments.as_ref().unwrap();
            assert_eq!(kept.reveal(), released, "{dialect} {framing:?}");
            assert_eq!(report.argument_bytes, bytes, "{dialect} {framing:?}");
            assert!(!format!("{report:?}").contains("alembic"), "{report:?}");
        }
        for (framing, body) in calls(dialect, &"é".repeat(50_000)) {
            let mut keeping = Validator::new(dialect, framing).keeping_arguments(true);
            keeping.push(body.as_bytes(), &mut Vec::new());
            let report = keeping.report();
            let kept = report.tool_calls[0].arguments.as_ref().unwrap().reveal();
            assert!(kept.ends_with("é…"), "{dialect} {framing:?}");
            assert!(kept.len() <= Arguments::LONGEST + "…".len(), "{dialect}");
        }
    }
}

#[test]
fn the_number_of_parts_is_bounded() {
    let parts = |event: &dyn Fn(usize) -> String| (0..5_000).map(event).collect::<String>();
    let start = "data: {\"type\":\"message_start\",\"message\":{}}\n\n";
    let blocks = parts(&|n| {
        format!(
            "data: {{\"type\":\"content_block_start\",\"index\":{n},\"content_block\":{{\"type\":\"text\"}}}}\n\n"
        )
    });
    let choices = parts(&|n| format!("data: {{\"choices\":[{{\"index\":{n}}}]}}\n\n"));
    let items = parts(&|n| {
        format!(
            "data: {{\"type\":\"response.output_item.added\",\"output_index\":{n},\"item\":{{\"type\":\"message\"}}}}\n\n"
        )
    });
    for (dialect, body) in [
        (Dialect::Anthropic, format!("{start}{blocks}")),
        (Dialect::OpenaiChat, choices),
        (Dialect::OpenaiResponses, items),
    ] {
        let mut validator = Validator::new(dialect, Framing::Stream);
        validator.push(body.as_bytes(), &mut Vec::new());
        assert!(
            matches!(validator.broken(), Some(Broken::Malformed(_))),
            "{dialect}"
        );
    }
}

#[test]
fn odd_fields_that_are_only_observed_do_not_break_an_answer() {
    let body = "data: {\"id\":\"x\",\"choices\":[{\"index\":null,\"delta\":{\"content\":[{\"type\":\"thinking\",\"thinking\":\"abc\"},{\"type\":\"text\",\"text\":\"d\"}]},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":\"7\",\"completion_tokens\":3.0,\"prompt_tokens_details\":null}}\n\n";
    let (validator, clean, _) = judged(Dialect::OpenaiChat, Framing::Stream, body.as_bytes());
    assert_eq!(clean, Completion::Complete);
    assert_eq!(validator.report().tokens.output, 3);
}

/// Clients act on the stop reason at once.
#[test]
fn content_after_an_empty_end_does_not_complete_the_response() {
    let body = "data: {\"type\":\"message_start\",\"message\":{}}\n\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}\n\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\"}}\n\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n";
    let (_, clean, cut) = judged(Dialect::Anthropic, Framing::Stream, body.as_bytes());
    assert_eq!(clean, Completion::Broken(Broken::Empty));
    assert_eq!(cut, clean);
}

#[test]
fn a_second_message_in_one_body_is_malformed() {
    let start = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n";
    let (validator, ..) = judged(
        Dialect::Anthropic,
        Framing::Stream,
        start.repeat(2).as_bytes(),
    );
    assert_eq!(
        validator.broken(),
        Some(&Broken::Malformed("a second message_start".to_owned()))
    );
}

#[test]
fn a_malformed_event_is_reported_without_its_text() {
    let body = "data: {\"type\":\"content_block_start\",\"index\":\"sk-secret\"}\n\n";
    let (validator, ..) = judged(Dialect::Anthropic, Framing::Stream, body.as_bytes());
    assert!(!validator.broken().unwrap().to_string().contains("secret"));
}

#[test]
fn the_names_of_tool_calls_are_bounded() {
    let name = "n".repeat(5000);
    let start = format!(
        "data: {{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"{name}\",\"input\":{{}}}}}}\n\n"
    );
    let opening = "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{}}}\n\n";
    let mut validator = Validator::new(Dialect::Anthropic, Framing::Stream);
    validator.push(format!("{opening}{start}").as_bytes(), &mut Vec::new());
    let broken = validator.broken().map(ToString::to_string);
    assert!(broken.is_some_and(|why| why.contains("4096 bytes")));
}
