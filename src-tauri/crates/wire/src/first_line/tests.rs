use std::fs;
use std::path::PathBuf;

use super::*;
use crate::{BodyEnd, Framing, response_text};

const LINE: &str = "[Understudy: Claude does not answer; GPT answers instead.]";

fn recorded(dialect: Dialect) -> Vec<(String, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/transcripts")
        .join(dialect.as_str());
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let streams = files.filter(|path| path.extension().is_some_and(|kind| kind == "sse"));
    streams
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect()
}

fn passed(dialect: Dialect, stream: &[u8], split: usize) -> Vec<u8> {
    let mut line = FirstLine::new(dialect, LINE);
    let mut out = Vec::new();
    for piece in stream.chunks(split) {
        out.extend(line.pass(piece));
    }
    out.extend(line.rest());
    out
}

/// Property: the text begins with the line, the verdict is the same, and a response without text is unchanged.
#[test]
fn the_line_is_once_before_the_first_text_of_every_recording() {
    for dialect in Dialect::ALL {
        let mut with_text = 0;
        for (name, stream) in recorded(dialect) {
            let text = response_text(dialect, Framing::Stream, &stream);
            for split in [1, 7, 1 << 20] {
                let out = passed(dialect, &stream, split);
                let released = response_text(dialect, Framing::Stream, &out);
                if text.is_empty() || std::str::from_utf8(&stream).is_err() {
                    assert!(
                        !released.contains(LINE) || released.starts_with(LINE),
                        "{dialect} {name}"
                    );
                    continue;
                }
                with_text += 1;
                let wanted = format!("{LINE}\n\n{text}");
                assert!(
                    released == wanted || released == text,
                    "{dialect} {name}: {released}"
                );
                let judged = |bytes: &[u8]| {
                    let mut validator = Validator::new(dialect, Framing::Stream);
                    validator.push(bytes, &mut Vec::new());
                    validator.judge(BodyEnd::Clean)
                };
                assert_eq!(judged(&out), judged(&stream), "{dialect} {name}");
            }
        }
        assert!(with_text > 3, "{dialect}");
    }
}

#[test]
fn a_response_without_text_passes_byte_for_byte() {
    let call = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{}}\n\nevent: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"n\",\"input\":{}}}\n\nevent: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}\n\n: comment\n\n";
    for split in [1, 5, 4096] {
        assert_eq!(passed(Dialect::Anthropic, call, split), call);
    }
}

#[test]
fn repeated_texts_have_the_line_too() {
    let stream = b"data: {\"type\":\"response.output_text.delta\",\"output_index\":1,\"content_index\":0,\"delta\":\"Hi\"}\n\ndata: {\"type\":\"response.output_text.delta\",\"output_index\":1,\"content_index\":0,\"delta\":\" you\"}\n\ndata: {\"type\":\"response.output_text.done\",\"output_index\":1,\"content_index\":0,\"text\":\"Hi you\"}\n\ndata: {\"type\":\"response.content_part.done\",\"output_index\":1,\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"Hi you\"}}\n\ndata: {\"type\":\"response.output_item.done\",\"output_index\":1,\"item\":{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi you\"}]}}\n\ndata: {\"type\":\"response.completed\",\"response\":{\"output\":[{\"type\":\"reasoning\"},{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"Hi you\"}]}]}}\n\n";
    let released = String::from_utf8(passed(Dialect::OpenaiResponses, stream, 9)).unwrap();
    assert_eq!(released.matches(LINE).count(), 5, "{released}");
    assert!(released.contains("\"delta\":\" you\""), "{released}");
}

#[test]
fn a_document_has_the_line_in_its_first_text() {
    for (dialect, document) in [
        (
            Dialect::Anthropic,
            r#"{"content":[{"type":"thinking","thinking":"t"},{"type":"text","text":"Hi"}]}"#,
        ),
        (
            Dialect::OpenaiChat,
            r#"{"choices":[{"message":{"content":"Hi"}}]}"#,
        ),
        (
            Dialect::OpenaiResponses,
            r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}]}"#,
        ),
    ] {
        let released = with_first_line(dialect, document.as_bytes(), LINE).unwrap();
        let released = String::from_utf8(released).unwrap();
        assert!(released.contains(&format!("{LINE}\\n\\nHi")), "{released}");
    }
    for (dialect, call) in [
        (
            Dialect::Anthropic,
            r#"{"content":[{"type":"tool_use","id":"t"}]}"#,
        ),
        (
            Dialect::OpenaiChat,
            r#"{"choices":[{"message":{"content":null,"tool_calls":[]}}]}"#,
        ),
        (
            Dialect::OpenaiResponses,
            r#"{"output":[{"type":"function_call"}]}"#,
        ),
        (Dialect::Anthropic, "no JSON"),
    ] {
        assert_eq!(with_first_line(dialect, call.as_bytes(), LINE), None);
    }
}
