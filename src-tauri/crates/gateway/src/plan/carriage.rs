//! How a candidate is sent the client's request. Pure.

/// Decided by whose the endpoint is and by the family of its model, never by the dialect alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// Every byte, header and field: the client's own login's endpoint, and the route's primary, which the client was configured for.
    Own,
    /// The same model family elsewhere: the bytes of the body, without what names the client and what its file does not allow.
    Family,
    /// Translated, also into the client's own dialect.
    Translated,
}
