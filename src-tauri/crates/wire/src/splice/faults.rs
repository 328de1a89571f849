use crate::CannotRestart;
use crate::validator::fault::{self, error_event};

/// An error in the second provider's stream. `error`: the JSON text of the error object, if the event has one.
pub(super) fn second_error(error: Option<&str>, event: &[u8]) -> CannotRestart {
    let error = error.and_then(|json| serde_json::from_str(json).ok());
    error_event(error, event).into()
}

pub(super) fn out_of_place(what: &str) -> CannotRestart {
    crate::Broken::Malformed(format!("{what} out of place")).into()
}

pub(super) fn malformed(error: &serde_json::Error) -> CannotRestart {
    fault::malformed(error).into()
}
