//! Bodies of a success status that are not a response: empty, a JSON error, HTML of a captive portal.

use crate::Broken;
use crate::failure::ErrorText;

/// In bytes. Length of the part of such a body that the error message uses.
pub(super) const HEAD: usize = 4096;

/// Why this start of a body, which has no event, is not an event stream. `None`: it can still become one.
pub(super) fn not_events(head: &[u8]) -> Option<Broken> {
    let text = head
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(head)
        .trim_ascii();
    let field = |line: &&[u8]| {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        matches!(name, b"" | b"data" | b"event" | b"id" | b"retry")
    };
    let mut lines = text.split(|byte| matches!(byte, b'\n' | b'\r'));
    match text.first() {
        None => Some(Broken::NotAResponse("the body is empty".to_owned())),
        Some(b'{' | b'[') => Some(json_instead(text)),
        Some(_) if lines.all(|line| field(&line)) => None,
        Some(_) => Some(foreign_text(text)),
    }
}

/// Why a body cannot be the start of a JSON object.
pub(super) fn not_json(body: &[u8]) -> Option<Broken> {
    let text = body.trim_ascii();
    match text.first() {
        None => Some(Broken::NotAResponse("the body is empty".to_owned())),
        Some(b'{') => None,
        Some(_) if text.starts_with(b"data:") || text.starts_with(b"event:") => Some(
            Broken::NotAResponse("an event stream instead of a JSON document".to_owned()),
        ),
        Some(_) => Some(foreign_text(text)),
    }
}

/// A JSON document with status 200 that is not a response: usually an error.
pub(super) fn json_instead(body: &[u8]) -> Broken {
    let words = ErrorText::of_json(body);
    Broken::NotAResponse(if words.message.is_empty() {
        "a JSON document without a response".to_owned()
    } else {
        format!("a JSON document with the text: {}", words.message)
    })
}

fn foreign_text(text: &[u8]) -> Broken {
    let kind = if text.starts_with(b"<") {
        "HTML"
    } else {
        "text"
    };
    let words = ErrorText::of_body(&text[..text.len().min(HEAD)]);
    Broken::NotAResponse(format!("{kind}: {}", words.message))
}
