//! Lines of the doctor by state.

use api::{Check, CheckState};

pub(super) fn good(name: impl Into<String>, said: String) -> Check {
    Check {
        name: name.into(),
        state: CheckState::Good,
        said,
        fix: None,
    }
}

pub(super) fn note(name: impl Into<String>, said: String, fix: &str) -> Check {
    Check {
        name: name.into(),
        state: CheckState::Note,
        said,
        fix: Some(fix.into()),
    }
}

pub(super) fn bad(name: impl Into<String>, said: String, fix: &str) -> Check {
    Check {
        name: name.into(),
        state: CheckState::Bad,
        said,
        fix: Some(fix.into()),
    }
}
