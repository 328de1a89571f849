/// Why something cannot be stored, as text for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unkept(String);

impl Unkept {
    /// `why`: a sentence.
    pub fn because(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// The ledger is in memory only.
    pub fn in_memory() -> Self {
        Self::because(
            "The ledger's file could not be opened, so nothing is kept after a restart. `understudyd doctor` shows the reason.",
        )
    }

    pub(crate) fn disconnected() -> Self {
        Self::because("The ledger does not respond.")
    }

    pub(crate) fn stopping() -> Self {
        Self::because("The engine is stopping.")
    }
}
