//! Escapes the text of clients and providers in a log line: a line stays one line, and a terminal that shows the log executes
//! nothing of it.

use std::borrow::Cow;
use std::io::{self, Write};

/// Receives each log line in one write.
pub(super) struct Escaped<W> {
    out: W,
    /// [`words::escape`] for text, [`words::escape_json`] for JSON.
    escape: fn(&str) -> Cow<'_, str>,
}

impl<W> Escaped<W> {
    pub(super) fn new(out: W, escape: fn(&str) -> Cow<'_, str>) -> Self {
        Self { out, escape }
    }
}

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let (text, end) = match text.strip_suffix('\n') {
            Some(text) => (text, "\n"),
            None => (&*text, ""),
        };
        let escaped = (self.escape)(text);
        self.out.write_all(format!("{escaped}{end}").as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str, escape: fn(&str) -> Cow<'_, str>) -> String {
        let mut out = Vec::new();
        Escaped::new(&mut out, escape)
            .write_all(line.as_bytes())
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_stays_one_line_without_commands() {
        let line = "WARN it failed: a\nb\u{1b}[2J\u{9b}\u{202e}\n";
        assert_eq!(
            written(line, words::escape),
            "WARN it failed: a\\nb\\u{1b}[2J\\u{9b}\\u{202e}\n"
        );
    }

    #[test]
    fn a_line_of_json_stays_equal() {
        let fields = serde_json::json!({ "message": "a\nb\u{1b}\u{9b}\u{202e}" });
        let line = written(&format!("{fields}\n"), words::escape_json);
        assert!(line.is_ascii(), "{line}");
        assert_eq!(line.matches('\n').count(), 1);
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read, fields);
    }
}
