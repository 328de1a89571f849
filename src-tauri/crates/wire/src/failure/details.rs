//! Fields of an error body other than its type, code and message.

use serde_json::Value;

use super::error_text::{READ, TAKEN_APART};
use super::times::{When, duration, number};
use crate::text;

/// The fields are found at any depth, in any envelope.
#[derive(Debug, Default)]
pub(super) struct Details {
    /// Reset times.
    pub(super) resets: Vec<When>,
    /// Google's `RetryInfo.retryDelay`. It can be much shorter than the time to the reset.
    pub(super) delays: Vec<f64>,
    /// Google's `quotaId`, in lower case.
    pub(super) quotas: Vec<String>,
    /// The quota is zero: a reset does not help.
    pub(super) no_allowance: bool,
    /// The model's window in tokens.
    pub(super) window: Option<u64>,
    /// Codes and reasons, in lower case.
    pub(super) codes: String,
}

/// Limits of the search: errors are neither deeper nor longer.
const DEEPEST: u8 = 8;
const MOST: usize = 32;

impl Details {
    pub(super) fn of(body: &[u8]) -> Details {
        let mut details = Details::default();
        let small = body.len() <= TAKEN_APART;
        let value = small
            .then(|| serde_json::from_slice::<Value>(&text::without_lone_surrogates(body)).ok());
        if let Some(value) = value.flatten() {
            details.gather("", &value, 0);
        }
        details
    }

    fn gather(&mut self, key: &str, value: &Value, depth: u8) {
        if depth > DEEPEST {
            return;
        }
        match value {
            Value::Object(object) => object
                .iter()
                .for_each(|(key, value)| self.gather(key, value, depth + 1)),
            Value::Array(list) => list
                .iter()
                .take(MOST)
                .for_each(|value| self.gather(key, value, depth + 1)),
            // OpenRouter sends the upstream's body as a string.
            Value::String(raw)
                if key == "raw" && raw.starts_with(['{', '[']) && raw.len() <= READ =>
            {
                if let Ok(value) = serde_json::from_str(raw) {
                    self.gather("", &value, depth + 1);
                }
            }
            Value::String(text) => self.field(key, text),
            Value::Number(number) => self.field(key, &number.to_string()),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn field(&mut self, key: &str, value: &str) {
        let name: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
        match name.to_ascii_lowercase().as_str() {
            // Codex; Gemini CLI; OpenRouter's `metadata.headers`; GLM.
            "resetsat"
            | "resetat"
            | "resettime"
            | "resettimestamp"
            | "quotaresettimestamp"
            | "xratelimitreset"
            | "ratelimitreset"
            | "nextresettime"
            | "nextflushtime" => self.reset(When::of_field(value)),
            "resetsinseconds" | "resetinseconds" | "resetafterseconds" | "retryafterseconds"
            | "retryafter" => {
                self.reset(number(value).map(When::In));
            }
            "retryafterms" => self.reset(number(value).map(|ms| When::In(ms / 1000.0))),
            "quotaresetdelay" => self.reset(duration(value).map(|(seconds, _)| When::In(seconds))),
            "retrydelay" if self.delays.len() < MOST => {
                self.delays
                    .extend(duration(value).map(|(seconds, _)| seconds));
            }
            "quotaid" | "quotalimit" if self.quotas.len() < MOST => {
                self.quotas.push(value.to_lowercase())
            }
            "quotavalue" | "quotalimitvalue" => self.no_allowance |= value.trim() == "0",
            "nctx" => self.window = value.parse().ok(),
            "code" | "errorcode" | "reason" | "type" if self.codes.len() < READ => {
                self.codes.push(' ');
                self.codes.push_str(&value.to_lowercase());
            }
            // Groq: the model's malformed output. It is not part of the error's text.
            "failedgeneration" => self.codes.push_str(" failed_generation"),
            _ => {}
        }
    }

    fn reset(&mut self, when: Option<When>) {
        if self.resets.len() < MOST {
            self.resets.extend(when);
        }
    }
}
