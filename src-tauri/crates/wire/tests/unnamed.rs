//! Events whose data has no `type`: the event's name is used (WHATWG "Server-sent events"; a few compatible servers leave the
//! field out, since the name has it).

use std::fs;
use std::path::Path;

use catalog::Dialect;
use wire::{BodyEnd, Broken, Completion, Framing, ReleasedResponse, RequestFields, Validator};

fn judge(dialect: Dialect, stream: &[u8]) -> Completion {
    let mut validator = Validator::new(dialect, Framing::Stream);
    validator.push(stream, &mut Vec::new());
    validator.judge(BodyEnd::Clean)
}

/// Removes the type from the data of every event whose name has it.
fn unnamed(stream: &str) -> String {
    let events = stream.split_inclusive("\n\n").map(|event| {
        let name = event
            .strip_prefix("event: ")
            .and_then(|rest| rest.lines().next());
        match name {
            Some(name) => event
                .replacen(&format!("data: {{\"type\":\"{name}\","), "data: {", 1)
                .replacen(&format!("data: {{\"type\":\"{name}\"}}"), "data: {}", 1),
            None => event.to_owned(),
        }
    });
    events.collect()
}

#[test]
fn the_event_name_replaces_a_missing_type() {
    for dialect in [Dialect::Anthropic, Dialect::OpenaiResponses] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/transcripts")
            .join(dialect.as_str());
        let mut changed = 0;
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "sse") {
                continue;
            }
            let Ok(stream) = fs::read_to_string(&path) else {
                continue;
            };
            let without = unnamed(&stream);
            changed += usize::from(without != stream);
            let expected = judge(dialect, stream.as_bytes());
            let judged = judge(dialect, without.as_bytes());
            let both_malformed = [&expected, &judged]
                .iter()
                .all(|it| matches!(it, Completion::Broken(Broken::Malformed(_))));
            let same = both_malformed || judged == expected;
            assert!(same, "{}: {judged:?}, not {expected:?}", path.display());
        }
        assert!(changed > 10, "{dialect}: {changed}");
    }
}

/// A block that no event closes is open, whether the response is alone or continues another message. (Found by fuzzing.)
#[test]
fn an_end_without_a_type_closes_no_block() {
    let dialect = Dialect::OpenaiResponses;
    let created = "event: response.created\n\
                   data: {\"response\":{\"id\":\"r\",\"model\":\"m\",\"status\":\"in_progress\",\"output\":[]}}\n\n";
    let text = "event: response.output_text.delta\n\
                data: {\"item_id\":\"a\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hello\"}\n\n";
    let opened = "event: response.output_item.added\n\
                  data: {\"output_index\":1,\"item\":{\"id\":\"f\",\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"n\"}}\n\n";
    let closed = "event: response.output_item.ended\n\
                  data: {\"output_index\":1,\"item\":{\"id\":\"f\",\"type\":\"function_call\"}}\n\n";
    for status in ["", "\"status\":\"completed\","] {
        let ended = format!(
            "event: response.completed\ndata: {{\"response\":{{{status}\"id\":\"r\",\"model\":\"m\",\"output\":[]}}}}\n\n"
        );
        let stream = [created, text, opened, opened, closed, closed, &ended].concat();
        let alone = judge(dialect, stream.as_bytes());
        assert_eq!(alone, Completion::Broken(Broken::OpenBlock), "{status}");

        let ask = RequestFields::read(dialect, br#"{"model":"m","stream":true}"#).unwrap();
        let first = [created, text].concat();
        let mut released = ReleasedResponse::new(dialect);
        released.push(first.as_bytes());
        let (opening, mut splice) = released.restart(&ask).unwrap().open(Some("lost"));
        let mut out = Vec::new();
        let passed = splice.pass(stream.as_bytes(), &mut out);
        let spliced = [first.as_bytes(), &opening, &out].concat();
        let judged = judge(dialect, &spliced);
        assert!(passed.is_err() || judged == alone, "{passed:?}, {judged:?}");
    }
}
