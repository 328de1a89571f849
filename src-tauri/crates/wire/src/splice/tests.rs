use catalog::Dialect;

use crate::{CannotRestart, ReleasedResponse, RequestFields};

const RESTART_LINE: &str = "[lost]";

/// Events of one line of data each.
fn stream(events: &[&str]) -> String {
    let event = |data: &&str| format!("data: {data}\n\n");
    events.iter().map(event).collect()
}

/// The data of the events after the first response.
fn continued(dialect: Dialect, first: &[&str], second: &str) -> Result<Vec<String>, CannotRestart> {
    let mut sent = ReleasedResponse::new(dialect);
    sent.push(stream(first).as_bytes());
    let ask = RequestFields::read(dialect, br#"{"model":"m"}"#).unwrap();
    let (mut out, mut splice) = sent.restart(&ask)?.open(Some(RESTART_LINE));
    splice.pass(second.as_bytes(), &mut out)?;
    let out = String::from_utf8(out).unwrap();
    let data = out.lines().filter_map(|line| line.strip_prefix("data: "));
    Ok(data.map(str::to_owned).collect())
}

const START: &str = r#"{"type":"message_start","message":{"id":"m","usage":{"input_tokens":4,"cache_read_input_tokens":98000}}}"#;
const TEXT: &str =
    r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;

/// The API refuses a blank text in the next turn.
#[test]
fn a_blank_text_is_filled_with_the_restart_line() {
    let space =
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\n "}}"#;
    for first in [&[START, TEXT][..], &[START, TEXT, space]] {
        let sent = continued(Dialect::Anthropic, first, "").unwrap();
        assert_eq!(
            sent,
            [
                r#"{"delta":{"text":"[lost]\n\n","type":"text_delta"},"index":0,"type":"content_block_delta"}"#,
                r#"{"index":0,"type":"content_block_stop"}"#,
            ]
        );
    }
}

/// With the first response's input counts, an agent would compact its history too early.
#[test]
fn usage_is_that_of_the_second_response() {
    let delta = |usage: &str| {
        format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}}{usage}}}"#)
    };
    let start =
        |usage: &str| format!(r#"{{"type":"message_start","message":{{"id":"n"{usage}}}}}"#);
    for (started, ended, expected) in [
        (
            r#","usage":{"input_tokens":7,"output_tokens":1}"#,
            r#","usage":{"output_tokens":30}"#,
            r#","usage":{"output_tokens":30,"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0}"#,
        ),
        (
            r#","usage":{"input_tokens":7,"cache_read_input_tokens":5}"#,
            r#","usage":{"output_tokens":30,"input_tokens":9,"cache_read_input_tokens":null}"#,
            r#","usage":{"output_tokens":30,"input_tokens":9,"cache_read_input_tokens":5,"cache_creation_input_tokens":0}"#,
        ),
        ("", "", ""),
    ] {
        let second = stream(&[&start(started), &delta(ended)]);
        let sent = continued(Dialect::Anthropic, &[START, TEXT], &second).unwrap();
        assert_eq!(sent.last(), Some(&delta(expected)));
    }
}

#[test]
fn a_second_start_in_the_second_response_is_malformed() {
    let second = stream(&[START, START]);
    let refused = continued(Dialect::Anthropic, &[START, TEXT], &second).unwrap_err();
    assert!(matches!(refused, CannotRestart::Broken(_)), "{refused}");
}

/// Events with several data lines, of unknown kinds, and after the end.
#[test]
fn only_known_events_pass_on_one_data_line() {
    let second = "data: {\"type\":\"message_start\",\ndata: \"message\":{}}\n\ndata: {\"type\":\"content_block_start\",\ndata: \"index\":0, \"content_block\":{\"type\": \"text\",\ndata: \"text\":\"a\"}}\n\ndata: {\"type\":\"news\",\"index\":0}\n\n: comment\n\ndata: {\"type\":\"ping\"}\n\ndata: {\"type\":\"message_stop\"}\n\ndata: {\"type\":\"ping\"}\n\n";
    let sent = continued(Dialect::Anthropic, &[START, TEXT], second).unwrap();
    assert_eq!(
        sent[2..],
        [
            r#"{"type":"content_block_start","index":1,"content_block":{"type": "text", "text":"a"}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"message_stop"}"#,
        ]
    );
}

#[test]
fn chat_drops_the_role_and_thinking_in_all_its_forms() {
    let first = r#"{"id":"a","created":1,"model":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"Hel"}}]}"#;
    let second = stream(&[
        r#"{"id":"b","created":2,"model":"y","choices":[{"index":0,"delta":{"role":"assistant"}}]}"#,
        r#"{"id":"b","created":2,"model":"y","choices":[{"index":0,"delta":{"reasoning":"Hm","reasoning_details":[{}]}}]}"#,
        r#"{"id":"b","created":2,"model":"y","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[]}]}}]}"#,
        r#"{"id":"b","created":2,"model":"y","choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"Hi"}],"reasoning_content":null}}]}"#,
        r#"{"id":"b","created":2,"model":"y","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":"stop"}]}"#,
    ]);
    let sent = continued(Dialect::OpenaiChat, &[first], &second).unwrap();
    assert_eq!(
        sent,
        [
            r#"{"id":"a","object":"chat.completion.chunk","created":1,"model":"x","choices":[{"index":0,"delta":{"content":"\n\n[lost]\n\n"},"finish_reason":null}]}"#,
            r#"{"id":"a","created":1,"model":"y","choices":[{"index":0,"delta":{"content":[{"type":"text","text":"Hi"}]}}]}"#,
            r#"{"id":"a","created":1,"model":"y","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        ]
    );
}

/// Some servers require the thinking together with a tool's result, and the client does not have removed thinking.
#[test]
fn chat_refuses_a_tool_call_after_thinking_that_is_not_shown() {
    let chunk = |delta: &str| format!(r#"{{"choices":[{{"index":0,"delta":{delta}}}]}}"#);
    let text = chunk(r#"{"content":"Hel"}"#);
    let thinking = chunk(r#"{"reasoning_content":"Hm"}"#);
    let call =
        chunk(r#"{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"#);
    let continues_open_block = |first: &[&str], second: &[&str]| {
        continued(Dialect::OpenaiChat, first, &stream(second)).map(|sent| sent.len())
    };
    let refused = Err(CannotRestart::ToolCallWithoutThinking);
    assert_eq!(continues_open_block(&[&text], &[&thinking, &call]), refused);
    assert_eq!(continues_open_block(&[&text], &[&call]), Ok(2));
    assert_eq!(continues_open_block(&[&text], &[&thinking, &text]), Ok(2));
    assert_eq!(
        continues_open_block(&[&thinking, &text], &[&thinking, &call]),
        Ok(2)
    );
}

#[test]
fn chat_sends_the_role_if_the_first_response_had_not() {
    let first = r#"{"choices":[{"index":0,"delta":{}}]}"#;
    let sent = continued(Dialect::OpenaiChat, &[first], "").unwrap();
    let expected = r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant","content":"[lost]\n\n"},"finish_reason":null}]}"#;
    assert_eq!(sent, [expected]);
}

#[test]
fn chat_refuses_a_second_choice_in_the_second_answer() {
    let chunk = |n: u8| format!(r#"{{"choices":[{{"index":{n},"delta":{{"content":"x"}}}}]}}"#);
    let refused = continued(Dialect::OpenaiChat, &[&chunk(0)], &stream(&[&chunk(1)]));
    assert_eq!(refused, Err(CannotRestart::SeveralChoices));
}

const ADDED: &str =
    r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"m"}}"#;

fn kinds(sent: &[String]) -> Vec<&str> {
    sent.iter()
        .map(|data| {
            let rest = data
                .split(r#""type":"response."#)
                .nth(1)
                .unwrap_or_default();
            rest.split('"').next().unwrap_or_default()
        })
        .collect()
}

/// A text can end before its part, and a part before its item.
#[test]
fn responses_close_each_open_part_once() {
    let text_done =
        r#"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hi"}"#;
    let delta =
        r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}"#;
    let part_done = r#"{"type":"response.content_part.done","output_index":0,"content_index":0,"part":{"type":"output_text","text":"Hi"}}"#;
    let add_text = [
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
    ];
    for (first, expected) in [
        (&[ADDED][..], add_text.to_vec()),
        (&[ADDED, delta], add_text[1..].to_vec()),
        (
            &[ADDED, delta, text_done],
            [&["content_part.done"], &add_text[..]].concat(),
        ),
        (&[ADDED, delta, text_done, part_done], add_text.to_vec()),
    ] {
        let sent = continued(Dialect::OpenaiResponses, first, "").unwrap();
        assert_eq!(kinds(&sent), expected);
    }
}

/// An event without its content leaves the part unchanged.
#[test]
fn responses_close_a_part_after_an_incomplete_done_event() {
    let nothing = r#"{"type":"response.content_part.done","output_index":0,"content_index":0}"#;
    let sent = continued(Dialect::OpenaiResponses, &[ADDED, nothing], "").unwrap();
    let last = sent.last().unwrap();
    assert!(
        last.contains(r#""content":[{"type":"output_text","text":"[lost]\n\n","annotations":[]}]"#),
        "{last}"
    );
}

#[test]
fn responses_keep_annotations_that_were_streamed() {
    let note = r#"{"type":"response.output_text.annotation.added","output_index":0,"content_index":0,"annotation":{"url":"u"}}"#;
    let sent = continued(Dialect::OpenaiResponses, &[ADDED, note], "").unwrap();
    let last = sent.last().unwrap();
    assert!(last.contains(r#""annotations":[{"url":"u"}]"#), "{last}");
}

/// A server that sends no start events of items and parts.
#[test]
fn responses_without_announcements_are_placed_by_their_events() {
    let second = stream(&[
        r#"{"type":"response.reasoning_text.delta","output_index":0,"item_id":"r","delta":"Hm"}"#,
        r#"{"type":"response.output_text.delta","output_index":1,"item_id":"m","delta":"Hi"}"#,
        r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"message","id":"m","content":[{"text":"Hi"}]}}"#,
        r#"{"type":"response.completed","response":{"id":"b","status":"completed","output":[]}}"#,
    ]);
    let created = r#"{"type":"response.created","response":{"id":"a"}}"#;
    let sent = continued(Dialect::OpenaiResponses, &[created, ADDED], &second).unwrap();
    assert_eq!(
        sent[5..7],
        [
            r#"{"type":"response.output_text.delta","output_index":1,"item_id":"m_2","delta":"Hi","sequence_number":5}"#,
            r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"message","id":"m_2","content":[{"text":"Hi"}]},"sequence_number":6}"#,
        ]
    );
    let last = sent.last().unwrap();
    assert!(last.contains(
        r#""response":{"id":"a","status":"completed","output":[{"type":"message","id":"m","#
    ));
    assert!(last.contains(r#"{"type":"message","id":"m_2","content":[{"text":"Hi"}]}]"#));
}

/// A server that gives every item the same index, and reasoning first.
#[test]
fn responses_with_one_index_are_distinguished() {
    let item = |kind: &str, what: &str, id: &str| {
        format!(
            r#"{{"type":"response.output_item.{kind}","output_index":0,"item":{{"type":"{what}","id":"{id}"}}}}"#
        )
    };
    let second = stream(&[
        &item("added", "reasoning", "r"),
        &item("done", "reasoning", "r"),
        &item("added", "message", "a"),
        &item("done", "message", "a"),
        &item("done", "message", "b"),
    ]);
    let created = r#"{"type":"response.created","response":{"id":"a"}}"#;
    let sent = continued(Dialect::OpenaiResponses, &[created, ADDED], &second).unwrap();
    let places: Vec<bool> = [(5, "\"a\"", 1), (6, "\"a\"", 1), (7, "\"b\"", 2)]
        .iter()
        .map(|(at, id, index)| {
            sent[*at].contains(id) && sent[*at].contains(&format!("\"output_index\":{index},"))
        })
        .collect();
    assert_eq!((sent.len(), places), (8, vec![true; 3]), "{sent:?}");
}

/// The first of two blocks with one index would stay open.
#[test]
fn a_block_under_an_index_that_is_open_is_refused() {
    let second = stream(&[START, TEXT, TEXT]);
    let refused = continued(Dialect::Anthropic, &[START, TEXT], &second).unwrap_err();
    assert!(matches!(refused, CannotRestart::Broken(_)), "{refused}");
}
