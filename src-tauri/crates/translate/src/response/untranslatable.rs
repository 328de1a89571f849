use wire::Broken;

/// Why a response cannot be translated into the client's dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UntranslatableResponse {
    /// A fault of the provider.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// Content that exists only in the provider's dialect: a retry with the same provider has the same result.
    #[error("the response has {0}, which the client's dialect does not have")]
    Unsayable(String),
}
