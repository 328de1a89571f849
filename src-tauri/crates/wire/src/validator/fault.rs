//! Faults of single events and documents.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::lenient;
use crate::failure::ErrorText;
use crate::sse;
use crate::{Broken, StepKind};

/// Reports the position only: serde's message quotes the field, which is the user's data.
pub fn malformed(error: &serde_json::Error) -> Broken {
    Broken::Malformed(if error.is_data() {
        let (line, column) = (error.line(), error.column());
        format!("a field is missing or of an unexpected type at line {line} column {column}")
    } else {
        error.to_string()
    })
}

/// An error event in a stream. `error_object`: its error object, if it has one.
pub(crate) fn error_event(error_object: Option<&RawValue>, event: &[u8]) -> Broken {
    let words = ErrorText::of_json(error_object.map_or(event, |raw| raw.get().as_bytes()));
    Broken::ErrorEvent {
        kind: words.name().to_owned(),
        message: words.message,
    }
}

/// An event that cannot be deserialized: malformed if its type is known, else noise.
pub(super) fn unknown_type(
    event: sse::Event<'_>,
    known: &[&str],
    error: &serde_json::Error,
) -> Result<StepKind, Broken> {
    #[derive(Deserialize)]
    struct Tag<'a> {
        #[serde(borrow, rename = "type")]
        kind: Option<lenient::Str<'a>>,
    }
    match serde_json::from_slice::<Tag<'_>>(event.data) {
        Ok(tag) if known.contains(&tag.kind.as_deref().unwrap_or(event.name)) => {
            Err(malformed(error))
        }
        Ok(_) => Ok(StepKind::NoProgress),
        Err(error) => Err(malformed(&error)),
    }
}
