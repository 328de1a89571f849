/// Source of the general `may_go_to` in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ScopeAnswer {
    /// No answer is stored; the default applies.
    #[default]
    Default,
    /// The settings file contains it.
    Written,
    /// The pipeline predates this setting, and the question is not yet answered.
    Open,
    Answered,
}

impl ScopeAnswer {
    /// Name under which the ledger stores it.
    pub(crate) const KEY: &'static str = "may_go_to";

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ScopeAnswer::Default => "default",
            ScopeAnswer::Written => "written",
            ScopeAnswer::Open => "open",
            ScopeAnswer::Answered => "answered",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<ScopeAnswer> {
        use ScopeAnswer::{Answered, Default, Open, Written};
        [Default, Written, Open, Answered]
            .into_iter()
            .find(|one| one.as_str() == word)
    }
}
