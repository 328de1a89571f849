//! Reads a provider's response as parts. The [`wire::Validator`] reads every event first and decides if it is valid; readers
//! take known fields and ignore the rest.

use std::fmt;

use serde_json::Value;

use super::parts::Parts;
use super::untranslatable::UntranslatableResponse;
use wire::fields::Fields;

/// A reader of one dialect.
pub(crate) trait Read: fmt::Debug + Send {
    /// Reads one event of a stream. `kind`: its type, if events have one.
    fn event(
        &mut self,
        kind: &str,
        data: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<Flow, UntranslatableResponse>;

    /// Reads a complete document.
    fn document(
        &mut self,
        document: &Fields<'_>,
        parts: &mut Parts,
    ) -> Result<(), UntranslatableResponse>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    On,
    /// The dialect's terminal event: clients ignore later events.
    Over,
}

/// The text of a field: a string or, from some servers, a list of parts with `text`. Parts with `thinking` are skipped.
pub(crate) fn string_at(data: &Fields<'_>, key: &str) -> String {
    fn gather(value: &Value, text: &mut String) {
        match value {
            Value::String(piece) => text.push_str(piece),
            Value::Array(parts) => parts.iter().for_each(|part| gather(part, text)),
            Value::Object(part) => {
                if let Some(inner) = part.get("text") {
                    gather(inner, text);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut text = String::new();
    let json = data
        .raw(key)
        .map(|json| wire::text::without_lone_surrogates(json.as_bytes()));
    let value = json.map(|json| serde_json::from_slice(&json));
    if let Some(Ok(value)) = value {
        gather(&value, &mut text);
    }
    text
}

pub(crate) fn unsayable(what: impl Into<String>) -> UntranslatableResponse {
    UntranslatableResponse::Unsayable(what.into())
}
