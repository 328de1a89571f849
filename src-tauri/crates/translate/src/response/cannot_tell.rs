use wire::Broken;

/// Why an answer cannot be passed on in the client's dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotTell {
    /// The provider's fault.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// Nobody's fault, and no other try of the same provider's helps: only its own dialect has this.
    #[error("the response has {0}, which the client's dialect does not have")]
    Unsayable(String),
}
