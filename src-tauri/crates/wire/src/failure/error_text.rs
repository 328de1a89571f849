use serde_json::Value;

use super::mask::without_keys;
use crate::text;

/// The texts of an error, in any envelope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorText {
    /// The vendor's `type`.
    pub kind: String,
    /// The vendor's `code`, if the error has one.
    pub code: String,
    /// For display: at most [`ErrorText::LONGEST`] characters, without line breaks or keys.
    pub message: String,
    /// A longer part of the message, for classification only: Gemini states the wait at its end.
    long: String,
}

/// In bytes. The rest of a longer error body is ignored.
pub(super) const READ: usize = 64 << 10;
/// In bytes. A larger event or document is not parsed: one byte of JSON can need dozens of bytes in memory.
pub(super) const TAKEN_APART: usize = 1 << 20;

impl ErrorText {
    pub const LONGEST: usize = 500;

    /// The code, or the type if there is no code.
    pub fn name(&self) -> &str {
        if self.code.is_empty() {
            &self.kind
        } else {
            &self.code
        }
    }

    /// Type, code and message in lower case, for classification.
    pub(super) fn search_text(&self) -> String {
        format!("{} {} {}", self.kind, self.code, self.long).to_lowercase()
    }

    /// Parses any body: JSON, HTML (its title) or plain text.
    pub fn of_body(body: &[u8]) -> ErrorText {
        let body = &body[..body.len().min(READ)];
        let body = body
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(body)
            .trim_ascii();
        let text = || String::from_utf8_lossy(body);
        match body.first() {
            Some(b'{' | b'[') => Self::of_json(body),
            Some(b'<') => Self::of_text(&title(&text())),
            _ => Self::of_text(&text()),
        }
    }

    /// Parses an error envelope or the error object in it. Invalid JSON is read as plain text.
    pub fn of_json(body: &[u8]) -> ErrorText {
        let small = body.len() <= TAKEN_APART;
        let value = small
            .then(|| serde_json::from_slice::<Value>(&text::without_lone_surrogates(body)).ok());
        let Some(value) = value.flatten() else {
            return Self::of_text(&String::from_utf8_lossy(&body[..body.len().min(READ)]));
        };
        let mut words = ErrorText::default();
        words.gather(&value, 0);
        words.long = line(&words.message);
        words.message = short(&words.long);
        words.kind = short(&line(&words.kind));
        words.code = short(&line(&words.code));
        words
    }

    fn of_text(text: &str) -> ErrorText {
        let long = line(text);
        ErrorText {
            message: short(&long),
            long,
            ..ErrorText::default()
        }
    }

    /// Envelopes differ in the place of the error (`error`, `response.error`, `detail`, `errors[0]`, a list) and in its field
    /// names. The innermost texts apply.
    fn gather(&mut self, value: &Value, depth: u8) {
        const DEEPEST: u8 = 6;
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::String(text) => self.message.clone_from(text),
            Value::Array(list) => {
                if let Some(first) = list.first() {
                    self.gather(first, depth + 1);
                }
            }
            Value::Object(object) => {
                let text = |keys: &[&str]| {
                    keys.iter().find_map(|key| match object.get(*key) {
                        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
                        Some(Value::Number(number)) => Some(number.to_string()),
                        _ => None,
                    })
                };
                for key in ["error", "response", "detail", "errors"] {
                    if let (Some(inner), true) = (object.get(key), self.message.is_empty()) {
                        self.gather(inner, depth + 1);
                    }
                }
                // A string in `error` is only a title; the description is in `message`.
                let heading = object.get("error").is_some_and(Value::is_string);
                let message = text(&["message", "msg", "error_description", "Message"]);
                // FastAPI: the path of the invalid field in the request.
                let place = object.get("loc").and_then(Value::as_array);
                if let Some(message) = message.filter(|_| heading || self.message.is_empty()) {
                    let place: Vec<&str> = place
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .collect();
                    self.message = if place.is_empty() {
                        message
                    } else {
                        format!("{}: {message}", place.join("."))
                    };
                }
                // OpenRouter: the error body of the provider that it called.
                if let Some(Value::String(raw)) = object.get("metadata").and_then(|m| m.get("raw"))
                {
                    self.message = format!("{}: {raw}", self.message);
                }
                if self.kind.is_empty() {
                    self.kind = text(&["type"]).unwrap_or_default();
                }
                if self.code.is_empty() {
                    self.code = text(&["code", "error_code", "status"]).unwrap_or_default();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn title(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let between = |open: &str, close: &str| {
        let from = lower.find(open)?;
        let from = from + lower[from..].find('>')? + 1;
        let to = from + lower[from..].find(close)?;
        Some(html[from..to].trim().to_owned()).filter(|text| !text.is_empty())
    };
    between("<title", "</title")
        .or_else(|| between("<h1", "</h1"))
        .unwrap_or_else(|| "an HTML page".to_owned())
}

/// The text as one line, with keys masked.
fn line(text: &str) -> String {
    let start: String = text.chars().take(8 * ErrorText::LONGEST).collect();
    let line = start.split_whitespace().collect::<Vec<_>>().join(" ");
    without_keys(&line)
}

/// Truncates at a character boundary. Masking comes first: a truncated key would not match its pattern.
fn short(line: &str) -> String {
    match line.char_indices().nth(ErrorText::LONGEST) {
        None => line.to_owned(),
        Some((cut, _)) => line[..cut].to_owned(),
    }
}
