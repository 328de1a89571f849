//! JSON for the faces. They draw its texts as they are, so control characters and marks of direction in them are escaped, as on
//! the command line. Documents (a parked request, its response, the settings) are sent unchanged, as [`axum::Json`].

use std::io;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use words::{escape_lines, must_escape};

/// A response in JSON whose texts can be drawn.
pub(super) struct Shown<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Shown<T> {
    fn into_response(self) -> Response {
        match json(&self.0) {
            Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
            Err(error) => {
                tracing::error!(%error, "a response of the control API could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut out = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut out, Drawable))?;
    Ok(out)
}

/// Writes `\u{1b}` as text where a string has the character itself.
struct Drawable;

impl Formatter for Drawable {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let shown = escape_lines(fragment);
        if fragment.contains(must_escape) {
            // The fragment itself has no backslash.
            return writer.write_all(shown.replace('\\', "\\\\").as_bytes());
        }
        writer.write_all(shown.as_bytes())
    }

    fn write_char_escape<W>(&mut self, writer: &mut W, sign: CharEscape) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        let sign = match sign {
            CharEscape::Backspace => '\u{8}',
            CharEscape::FormFeed => '\u{c}',
            CharEscape::CarriageReturn => '\r',
            CharEscape::AsciiControl(byte) => char::from(byte),
            CharEscape::Quote
            | CharEscape::ReverseSolidus
            | CharEscape::Solidus
            | CharEscape::LineFeed
            | CharEscape::Tab => return CompactFormatter.write_char_escape(writer, sign),
        };
        write!(writer, "\\{}", sign.escape_default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn no_text_has_a_character_that_a_face_executes() {
        for sign in (0..=0x2fff).filter_map(char::from_u32) {
            let text = format!("a\\{sign}\"{sign}z");
            let value = json!({ &text: [&text, { "b": &text }] });
            let written = String::from_utf8(super::json(&value).unwrap()).unwrap();
            let read: Value = serde_json::from_str(&written).unwrap();
            let shown = escape_lines(&text).into_owned();
            assert_eq!(
                read,
                json!({ &shown: [&shown, { "b": &shown }] }),
                "{sign:?}"
            );
            assert!(!written.contains(must_escape), "{written:?}");
        }
    }
}
