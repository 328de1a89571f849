use catalog::Dialect;

use super::{AnswerTranslator, Form, UntranslatableResponse, complete_document};
use crate::names::{ClientTool, Names, ToolKind};
use wire::Broken;

/// Events without an `event:` line: their type is in the data.
fn stream(events: &[&str]) -> String {
    events
        .iter()
        .map(|data| format!("data: {data}\n\n"))
        .collect()
}

struct Translation {
    out: String,
    outcome: Result<(), UntranslatableResponse>,
}

fn translate_with(
    from: Dialect,
    to: Dialect,
    names: Names,
    form: Form,
    events: &[&str],
) -> Translation {
    let mut translator = AnswerTranslator::new(from, to, names, form);
    let mut out = Vec::new();
    let outcome = translator.push(stream(events).as_bytes(), &mut out);
    let outcome = outcome.and_then(|()| translator.end(&mut out));
    let out = String::from_utf8(out).unwrap();
    Translation { out, outcome }
}

fn translate_events(from: Dialect, to: Dialect, events: &[&str]) -> Translation {
    let names = Names::new(to, from, [], []);
    translate_with(from, to, names, Form::default(), events)
}

/// A client with a free-text tool.
fn with_patch() -> Names {
    let patch = ClientTool {
        name: "apply_patch".to_owned(),
        namespace: None,
        kind: ToolKind::Custom,
    };
    Names::new(Dialect::OpenaiResponses, Dialect::Anthropic, [patch], [])
}

const START: &str =
    r#"{"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":3}}}"#;
const PATCH: &str = r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"apply_patch","input":{}}}"#;
const CLOSE: &str = r#"{"type":"content_block_stop","index":0}"#;
const TOOL_USE: &str =
    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":5}}"#;
const STOP: &str = r#"{"type":"message_stop"}"#;

fn input(json: &str) -> String {
    let json = serde_json::Value::from(json);
    format!(
        r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"input_json_delta","partial_json":{json}}}}}"#
    )
}

fn patch(pieces: &[&str]) -> Translation {
    let pieces: Vec<String> = pieces.iter().map(|piece| input(piece)).collect();
    let mut events = vec![START, PATCH];
    events.extend(pieces.iter().map(String::as_str));
    events.extend([CLOSE, TOOL_USE, STOP]);
    let (from, to) = (Dialect::Anthropic, Dialect::OpenaiResponses);
    translate_with(from, to, with_patch(), Form::default(), &events)
}

#[test]
fn a_custom_tool_is_called_with_its_text_unwrapped() {
    let translated = patch(&[r#"{"inp"#, r#"ut":"*** Begin\n"#, r#"+x"}"#]);
    assert_eq!(translated.outcome, Ok(()));
    assert!(
        translated.out.contains(r#""delta":"*** Begin\n+x""#),
        "{}",
        translated.out
    );
    let item = r#"{"call_id":"t1","id":"ctc_1_0","input":"*** Begin\n+x","name":"apply_patch","status":"completed","type":"custom_tool_call"}"#;
    assert_eq!(
        translated.out.matches(item).count(),
        2,
        "{}",
        translated.out
    );
    assert!(!translated.out.contains("function_call"));
}

#[test]
fn a_custom_tool_call_without_its_text_is_refused() {
    for pieces in [
        &[][..],
        &[r#"{"text":"x"}"#],
        &["{\"input\":"],
        &["{\"input\":7}"],
    ] {
        let translated = patch(pieces);
        let expected = Broken::InvalidToolInput("apply_patch".to_owned()).into();
        assert_eq!(translated.outcome, Err(expected), "{pieces:?}");
        assert!(!translated.out.contains(".done") && !translated.out.contains("completed\""));
    }
    let cut = [
        START,
        PATCH,
        &input(r#"{"input":"*** Beg"#),
        CLOSE,
        &TOOL_USE.replace("tool_use", "max_tokens"),
        STOP,
    ];
    let (from, to) = (Dialect::Anthropic, Dialect::OpenaiResponses);
    let translated = translate_with(from, to, with_patch(), Form::default(), &cut);
    assert_eq!(translated.outcome, Ok(()));
    assert!(translated.out.contains("max_output_tokens") && !translated.out.contains(".done"));
}

#[test]
fn an_id_that_the_client_would_refuse_is_restored_in_the_next_turn() {
    let odd = "functions.list:0";
    let call = format!(
        r#"{{"id":"c","model":"m","choices":[{{"delta":{{"tool_calls":[{{"index":0,"id":"{odd}","function":{{"name":"list","arguments":"{{}}"}}}}]}},"finish_reason":"stop"}}]}}"#
    );
    let translated = translate_events(Dialect::OpenaiChat, Dialect::Anthropic, &[&call, "[DONE]"]);
    let names = Names::new(Dialect::Anthropic, Dialect::OpenaiChat, [], []);
    let id = names.client_id(odd);
    assert!(
        translated
            .out
            .contains(&format!(r#""id":"{id}","input":{{}},"name":"list""#)),
        "{}",
        translated.out
    );
    assert!(
        translated.out.contains("\"tool_use\",\"stop_sequence\""),
        "a tool turn: {}",
        translated.out
    );
    let next = Names::new(Dialect::Anthropic, Dialect::OpenaiChat, [], [id.as_str()]);
    assert_eq!(next.provider_id(&id), odd);
}

/// Small servers and the older API with a single call send no id.
#[test]
fn a_call_without_an_id_gets_one_derived_from_its_response() {
    let call = r#"{"id":"chatcmpl-9","model":"m","choices":[{"delta":{"function_call":{"name":"f","arguments":"{}"}},"finish_reason":"function_call"}]}"#;
    let translated = translate_events(Dialect::OpenaiChat, Dialect::Anthropic, &[call, "[DONE]"]);
    assert!(
        translated.out.contains(r#""id":"call_9_0""#),
        "{}",
        translated.out
    );
}

#[test]
fn calls_that_share_an_id_get_different_ones() {
    let call = |index: u8| {
        format!(
            r#"{{"id":"chatcmpl-9","model":"m","choices":[{{"delta":{{"tool_calls":[{{"index":{index},"id":"call","function":{{"name":"f","arguments":"{{}}"}}}}]}}}}]}}"#
        )
    };
    let end =
        r#"{"id":"chatcmpl-9","model":"m","choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#;
    let events = [&*call(0), &*call(1), end, "[DONE]"];
    let translated = translate_events(Dialect::OpenaiChat, Dialect::Anthropic, &events);
    for id in [r#""id":"call","#, r#""id":"call_9_1","#] {
        assert_eq!(translated.out.matches(id).count(), 1, "{}", translated.out);
    }
}

#[test]
fn thinking_is_never_text() {
    let list = r#"{"id":"c","model":"m","choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"secret"}]},{"type":"text","text":"Hi"}],"reasoning_content":"secret","reasoning":"secret"},"finish_reason":"stop"}]}"#;
    for to in [Dialect::Anthropic, Dialect::OpenaiResponses] {
        let translated = translate_events(Dialect::OpenaiChat, to, &[list, "[DONE]"]);
        assert_eq!(translated.outcome, Ok(()));
        assert!(
            translated.out.contains("Hi") && !translated.out.contains("secret"),
            "{}",
            translated.out
        );
    }
}

/// While the provider thinks, the client learns that the response has begun.
#[test]
fn the_response_begins_with_the_first_thinking() {
    let thought = r#"{"id":"c","model":"m","choices":[{"delta":{"reasoning_content":"Hm"}}]}"#;
    let translated = translate_events(Dialect::OpenaiChat, Dialect::Anthropic, &[thought]);
    assert!(translated.out.starts_with("event: message_start\n"));
    assert_eq!(translated.outcome, Err(Broken::NoStopReason.into()));
}

#[test]
fn usage_is_in_a_last_chunk_if_requested() {
    let text =
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":"Hi"}}"#;
    let end = &TOOL_USE.replace("tool_use", "end_turn");
    let events = [START, text, CLOSE, end, STOP];
    let translated = translate_events(Dialect::Anthropic, Dialect::OpenaiChat, &events);
    assert!(!translated.out.contains("usage") && translated.out.ends_with("data: [DONE]\n\n"));
    let (from, to) = (Dialect::Anthropic, Dialect::OpenaiChat);
    let form = Form {
        usage_chunk: true,
        created: 7,
        ..Form::default()
    };
    let translated = translate_with(from, to, Names::new(to, from, [], []), form, &events);
    assert!(
        translated.out.contains(r#""total_tokens":8"#)
            && translated.out.contains(r#""created":7,"#)
    );
    assert_eq!(translated.out.matches(r#""choices":[]"#).count(), 1);
}

#[test]
fn an_error_after_the_completion_check_changes_nothing() {
    let text =
        r#"{"id":"c","model":"m","choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}"#;
    let error = r#"{"error":{"message":"late"}}"#;
    let translated = translate_events(Dialect::OpenaiChat, Dialect::Anthropic, &[text, error]);
    assert_eq!(translated.outcome, Ok(()));
    assert!(
        translated
            .out
            .ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")
    );
    assert!(!translated.out.contains("late"));
}

#[test]
fn a_failed_response_stays_failed() {
    let (from, to) = (Dialect::Anthropic, Dialect::OpenaiChat);
    let mut translator =
        AnswerTranslator::new(from, to, Names::new(to, from, [], []), Form::default());
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let mut out = Vec::new();
    let first = translator.push(stream(&[error]).as_bytes(), &mut out);
    assert!(first.is_err() && !out.is_empty());
    out.clear();
    assert_eq!(
        translator.push(stream(&[START]).as_bytes(), &mut out),
        first
    );
    assert_eq!(translator.end(&mut out), first);
    assert_eq!(out, b"");
}

/// Clients run the item's arguments; deltas that differ cannot be withdrawn.
#[test]
fn a_call_that_differs_from_its_deltas_is_broken() {
    let events = |arguments: &str| {
        [
            r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"a","name":"f","arguments":""}}"#.to_owned(),
            r#"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\""}"#.to_owned(),
            format!(r#"{{"type":"response.output_item.done","output_index":0,"item":{{"type":"function_call","call_id":"a","name":"f","arguments":{arguments}}}}}"#),
            r#"{"type":"response.completed","response":{"status":"completed","output":[]}}"#.to_owned(),
        ]
    };
    let translate_events = |arguments: &str| {
        let events = events(arguments);
        let events: Vec<&str> = events.iter().map(String::as_str).collect();
        translate_events(Dialect::OpenaiResponses, Dialect::Anthropic, &events)
    };
    let rest = translate_events(r#""{\"a\":1}""#);
    assert_eq!(rest.outcome, Ok(()));
    assert!(rest.out.contains(r#""partial_json":":1}""#), "{}", rest.out);
    let other = translate_events(r#""{\"b\":1}""#);
    let why = "a tool call that differs from its deltas".to_owned();
    assert_eq!(other.outcome, Err(Broken::Malformed(why).into()));
}

#[test]
fn a_document_with_invalid_json_arguments_is_refused_if_they_must_be_an_object() {
    let answer = br#"{"id":"c","model":"m","choices":[{"message":{"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"a"}}]},"finish_reason":"tool_calls"}]}"#;
    let translate_events = |to| {
        let names = Names::new(to, Dialect::OpenaiChat, [], []);
        complete_document(Dialect::OpenaiChat, to, answer, &names, &Form::default())
    };
    let invalid = Broken::InvalidToolInput("f".to_owned()).into();
    assert_eq!(translate_events(Dialect::Anthropic), Err(invalid));
    let text = String::from_utf8(translate_events(Dialect::OpenaiResponses).unwrap()).unwrap();
    assert!(text.contains(r#""arguments":"{\"a""#));
    let same = String::from_utf8(translate_events(Dialect::OpenaiChat).unwrap()).unwrap();
    assert!(same.contains(r#""arguments":"{\"a""#), "{same}");
}

/// The cost of a delta does not grow with the length of the response.
#[test]
fn a_delta_is_as_long_at_the_end_of_a_long_answer_as_at_its_beginning() {
    let (from, to) = (Dialect::OpenaiChat, Dialect::OpenaiResponses);
    let names = Names::new(to, from, [], []);
    let mut translator = AnswerTranslator::new(from, to, names, Form::default());
    let piece = r#"{"id":"c","model":"m","choices":[{"delta":{"content":"four"}}]}"#;
    let piece = stream(&[piece]);
    let mut lengths = Vec::new();
    for _ in 0..2000 {
        let mut out = Vec::new();
        translator.push(piece.as_bytes(), &mut out).unwrap();
        lengths.push(out.len());
    }
    // The sequence number has three more digits.
    assert!(
        lengths[1999] <= lengths[1] + 3,
        "{} {}",
        lengths[1],
        lengths[1999]
    );
}
