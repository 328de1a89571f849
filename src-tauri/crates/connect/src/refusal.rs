//! Why nothing was changed.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// A file cannot be parsed, read or written.
    Unusable,
    /// A file changed after the change was shown.
    Outdated,
    /// The client is not installed, has no file, or has nothing to connect.
    Nothing,
    /// Understudy's own record cannot be written.
    Own,
}

/// Nothing was changed, unless `what` states otherwise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Refusal {
    pub kind: RefusalKind,
    pub what: String,
    pub fix: Option<String>,
}

impl Refusal {
    pub(crate) fn new(
        kind: RefusalKind,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Refusal {
        Refusal {
            kind,
            what: what.into(),
            fix: Some(fix.into()),
        }
    }
}
