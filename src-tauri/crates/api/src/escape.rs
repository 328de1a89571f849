//! Text of clients and providers in a form that a terminal, a log, a menu, a notification and a window show and do not
//! execute.

use std::borrow::Cow;
use std::fmt::Write;

/// True for a character that moves the cursor, starts a command of a terminal, starts a line, or changes the order in which the
/// text around it is shown (Unicode, UAX #9, "Directional Formatting Characters").
pub fn must_escape(sign: char) -> bool {
    sign.is_control()
        || matches!(
            sign,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// The text with each such character as `\n` or `\u{1b}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    escaped(text, must_escape, |sign, out| {
        out.extend(sign.escape_default());
    })
}

/// The same for text of several lines, such as a document: line breaks and tabs stay.
pub fn escape_lines(text: &str) -> Cow<'_, str> {
    let must_escape = |sign| must_escape(sign) && !matches!(sign, '\n' | '\t');
    escaped(text, must_escape, |sign, out| {
        out.extend(sign.escape_default());
    })
}

/// The same for JSON, which stays equal: `\u001b`. Line breaks between its values stay.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let must_escape = |sign| must_escape(sign) && !matches!(sign, '\n' | '\r' | '\t');
    escaped(json, must_escape, |sign, out| {
        // These characters have one UTF-16 unit. Writing to a string cannot fail.
        let _ = write!(out, "\\u{:04x}", u32::from(sign));
    })
}

fn escaped(
    text: &str,
    must_escape: impl Fn(char) -> bool,
    escape: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.chars().any(&must_escape) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        if must_escape(sign) {
            escape(sign, &mut out);
        } else {
            out.push(sign);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ESC, BEL, CSI, a right-to-left override and an isolate, and a line separator.
    const HOSTILE: &str = "a\u{1b}[2J\u{7}\u{9b}\u{202e}\u{2066}\u{2028}\n\tz";

    #[test]
    fn no_character_is_left_that_a_terminal_executes() {
        for text in [escape(HOSTILE), escape_lines(HOSTILE), escape_json(HOSTILE)] {
            let left = text.chars().filter(|sign| must_escape(*sign));
            assert!(
                left.clone().all(|sign| matches!(sign, '\n' | '\t')),
                "{text:?}"
            );
        }
        assert_eq!(
            escape(HOSTILE),
            r"a\u{1b}[2J\u{7}\u{9b}\u{202e}\u{2066}\u{2028}\n\tz"
        );
        assert_eq!(
            escape_lines(HOSTILE),
            "a\\u{1b}[2J\\u{7}\\u{9b}\\u{202e}\\u{2066}\\u{2028}\n\tz"
        );
    }

    #[test]
    fn json_stays_equal() {
        let value = serde_json::json!({ HOSTILE: [HOSTILE] });
        let json = serde_json::to_string_pretty(&value).unwrap();
        let escaped = escape_json(&json);
        assert!(!escaped.contains('\u{9b}'), "{escaped:?}");
        let read: serde_json::Value = serde_json::from_str(&escaped).unwrap();
        assert_eq!(read, value);
    }

    #[test]
    fn text_of_every_script_stays_as_it_is() {
        for text in ["gpt-5.5", "Übersicht", "לידים", "線索 👩‍💻", "a b"] {
            assert_eq!(escape(text), text);
        }
    }
}
