//! Lone surrogates, which JSON allows and text does not: `"\ud83d"` in one event and `"\ude80"` in the next.

use bytes::Bytes;
use catalog::Dialect;
use wire::{
    BodyEnd, Completion, Framing, ReleasedResponse, RequestFields, Validator, response_text,
    with_model,
};

/// Two pieces of a text, and their joined text.
const PIECES: [(&str, &str, &str); 4] = [
    (r"Go \ud83d", r"\ude80!", "Go \u{1f680}!"),
    (r"\ud83d", "", "\u{fffd}"),
    (r"\ude80", r"\ud83d", "\u{fffd}\u{fffd}"),
    (r"\uD83D", r"\uDE80", "\u{1f680}"),
];

/// Responses with the pieces in text, thinking, a tool's arguments and its name.
fn answers(dialect: Dialect, one: &str, two: &str) -> Vec<(Framing, String)> {
    let stream = match dialect {
        Dialect::Anthropic => [
            r#"{"type":"message_start","message":{"id":"m","model":"x"}}"#.to_owned(),
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}"#.to_owned(),
            format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"thinking_delta","thinking":"{one}"}}}}"#),
            format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"thinking_delta","thinking":"{two}"}}}}"#),
            r#"{"type":"content_block_stop","index":0}"#.to_owned(),
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#.to_owned(),
            format!(r#"{{"type":"content_block_delta","index":1,"delta":{{"type":"text_delta","text":"{one}"}}}}"#),
            format!(r#"{{"type":"content_block_delta","index":1,"delta":{{"type":"text_delta","text":"{two}"}}}}"#),
            r#"{"type":"content_block_stop","index":1}"#.to_owned(),
            format!(r#"{{"type":"content_block_start","index":2,"content_block":{{"type":"tool_use","id":"a","name":"f{one}","input":{{}}}}}}"#),
            format!(r#"{{"type":"content_block_delta","index":2,"delta":{{"type":"input_json_delta","partial_json":"{{\"x\":\"{one}"}}}}"#),
            format!(r#"{{"type":"content_block_delta","index":2,"delta":{{"type":"input_json_delta","partial_json":"{two}\"}}"}}}}"#),
            r#"{"type":"content_block_stop","index":2}"#.to_owned(),
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#.to_owned(),
            r#"{"type":"message_stop"}"#.to_owned(),
        ]
        .to_vec(),
        Dialect::OpenaiChat => [
            format!(r#"{{"id":"c","choices":[{{"delta":{{"reasoning_content":"{one}"}}}}]}}"#),
            format!(r#"{{"id":"c","choices":[{{"delta":{{"reasoning_content":"{two}"}}}}]}}"#),
            format!(r#"{{"id":"c","choices":[{{"delta":{{"content":"{one}"}}}}]}}"#),
            format!(r#"{{"id":"c","choices":[{{"delta":{{"content":"{two}"}}}}]}}"#),
            format!(r#"{{"id":"c","choices":[{{"delta":{{"tool_calls":[{{"index":0,"id":"a","function":{{"name":"f{one}","arguments":"{{\"x\":\"{one}"}}}}]}}}}]}}"#),
            format!(r#"{{"id":"c","choices":[{{"delta":{{"tool_calls":[{{"index":0,"function":{{"arguments":"{two}\"}}"}}}}]}}}}]}}"#),
            r#"{"id":"c","choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#.to_owned(),
        ]
        .to_vec(),
        Dialect::OpenaiResponses => [
            format!(r#"{{"type":"response.output_item.added","output_index":0,"item":{{"type":"reasoning","id":"r{one}"}}}}"#),
            format!(r#"{{"type":"response.reasoning_summary_text.delta","output_index":0,"delta":"{one}"}}"#),
            format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{{"type":"reasoning","id":"r","summary":[{{"text":"{one}"}}]}}}}"#),
            r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"m"}}"#.to_owned(),
            format!(r#"{{"type":"response.output_text.delta","output_index":1,"delta":"{one}"}}"#),
            format!(r#"{{"type":"response.output_text.delta","output_index":1,"delta":"{two}"}}"#),
            format!(r#"{{"type":"response.output_item.done","output_index":1,"item":{{"type":"message","id":"m","content":[{{"type":"output_text","text":"{one}{two}"}}]}}}}"#),
            format!(r#"{{"type":"response.function_call_arguments.delta","output_index":2,"delta":"{{\"x\":\"{one}"}}"#),
            format!(r#"{{"type":"response.output_item.done","output_index":2,"item":{{"type":"function_call","id":"c","call_id":"a","name":"f{one}","arguments":"{{\"x\":\"{one}{two}\"}}"}}}}"#),
            r#"{"type":"response.completed","response":{"id":"r","status":"completed"}}"#.to_owned(),
        ]
        .to_vec(),
    };
    let stream = stream
        .iter()
        .map(|data| format!("data: {data}\n\n"))
        .collect();
    let complete = match dialect {
        Dialect::Anthropic => format!(
            r#"{{"id":"m","content":[{{"type":"thinking","thinking":"{one}"}},{{"type":"text","text":"{one}{two}"}},{{"type":"tool_use","id":"a","name":"f{one}","input":{{"x":"{one}","{two}":1}}}}],"stop_reason":"tool_use"}}"#
        ),
        Dialect::OpenaiChat => format!(
            r#"{{"id":"c","choices":[{{"message":{{"content":"{one}{two}","tool_calls":[{{"id":"a","function":{{"name":"f{one}","arguments":"{{\"x\":\"{one}{two}\"}}"}}}}]}},"finish_reason":"tool_calls"}}]}}"#
        ),
        Dialect::OpenaiResponses => format!(
            r#"{{"id":"r","status":"completed","output":[{{"type":"message","content":[{{"type":"output_text","text":"{one}{two}"}}]}},{{"type":"function_call","call_id":"a","name":"f{one}","arguments":"{{\"x\":\"{one}{two}\"}}"}}]}}"#
        ),
    };
    vec![(Framing::Stream, stream), (Framing::Document, complete)]
}

#[test]
fn a_response_with_split_surrogate_pairs_is_complete_and_joined() {
    for dialect in Dialect::ALL {
        for (one, two, joined) in PIECES {
            for (framing, body) in answers(dialect, one, two) {
                let mut validator = Validator::new(dialect, framing);
                for slice in body.as_bytes().chunks(3) {
                    validator.push(slice, &mut Vec::new());
                }
                assert_eq!(
                    validator.judge(BodyEnd::Clean),
                    Completion::Complete,
                    "{dialect} {framing:?} {body}"
                );
                let report = validator.report();
                assert_eq!(report.tool_calls.len(), 1, "{dialect} {framing:?}");
                assert!(
                    report.tool_calls[0].name.starts_with('f'),
                    "{dialect} {framing:?}"
                );
                assert_eq!(
                    response_text(dialect, framing, body.as_bytes()),
                    joined,
                    "{dialect} {framing:?} {body}"
                );
            }
        }
    }
}

/// A restart reads the released part and closes its text.
#[test]
fn a_text_cut_within_a_pair_can_restart_in_place() {
    for dialect in Dialect::ALL {
        let (_, body) = answers(dialect, r"Go \ud83d", r"\ude80!").remove(0);
        let text = match dialect {
            Dialect::Anthropic => r#""type":"text_delta""#,
            Dialect::OpenaiChat => r#""content":""#,
            Dialect::OpenaiResponses => "output_text.delta",
        };
        let first = body
            .find(text)
            .and_then(|at| Some(at + body[at..].find("\n\n")? + 2));
        let shown = &body[..first.unwrap_or_default()];
        let mut released = ReleasedResponse::new(dialect);
        released.push(shown.as_bytes());
        let ask = RequestFields::read(dialect, br#"{"model":"m","stream":true}"#);
        let restart = released.restart(&ask.unwrap_or_else(|why| panic!("{why}")));
        let (opening, mut splice) = restart
            .unwrap_or_else(|why| panic!("{dialect}: {why}"))
            .open(Some("lost"));
        let mut out = Vec::new();
        assert_eq!(splice.pass(body.as_bytes(), &mut out), Ok(()), "{dialect}");
        let all = [shown.as_bytes(), &opening, &out].concat();
        let mut validator = Validator::new(dialect, Framing::Stream);
        validator.push(&all, &mut Vec::new());
        assert_eq!(
            validator.judge(BodyEnd::Cut),
            Completion::Complete,
            "{dialect}: {}",
            String::from_utf8_lossy(&all)
        );
        assert!(
            String::from_utf8_lossy(&all).contains(r"Go \ud83d"),
            "{dialect}: bytes stay"
        );
    }
}

#[test]
fn a_request_with_lone_surrogates_is_parsed() {
    let surrogate = r"\ud83d";
    let body = format!(
        r#"{{"{surrogate}":1,"model":"m{surrogate}","tools":[{{"name":"{surrogate}"}}],"thinking":{{"type":"enabled","{surrogate}":"{surrogate}"}},"messages":[{{"role":"user","content":"{surrogate}"}},{{"role":"assistant","content":[{{"type":"thinking","thinking":"{surrogate}"}},{{"type":"tool_use","id":"a","name":"{surrogate}"}}]}},{{"role":"user","{surrogate}":"{surrogate}","content":[{{"type":"tool_result","tool_use_id":"a{surrogate}","content":"{surrogate}"}}]}}],"stream":true}}"#
    );
    for dialect in Dialect::ALL {
        let ask = RequestFields::read(dialect, body.as_bytes())
            .unwrap_or_else(|why| panic!("{dialect}: {why}"));
        assert_eq!(ask.model, "m\u{fffd}", "{dialect}");
        assert!(
            ask.stream && ask.has_tools && ask.thinking && !ask.lacks_required_thinking,
            "{dialect}"
        );
        assert_eq!(ask.results, ["a\u{fffd}"], "{dialect}");
    }
    let replaced = with_model(&Bytes::from(body.clone()), "other");
    assert_eq!(
        replaced,
        body.replace(&format!("m{surrogate}\""), "other\"")
    );
}
