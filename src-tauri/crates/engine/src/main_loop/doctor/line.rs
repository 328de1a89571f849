//! Lines of the doctor by state.

use api::{Check, CheckState};

pub(super) fn good(name: impl Into<String>, message: String) -> Check {
    Check {
        name: name.into(),
        state: CheckState::Good,
        message,
        fix: None,
    }
}

pub(super) fn note(name: impl Into<String>, message: String, fix: &str) -> Check {
    Check {
        name: name.into(),
        state: CheckState::Note,
        message,
        fix: Some(fix.into()),
    }
}

pub(super) fn bad(name: impl Into<String>, message: String, fix: &str) -> Check {
    Check {
        name: name.into(),
        state: CheckState::Bad,
        message,
        fix: Some(fix.into()),
    }
}
