//! In which form a candidate gets the client's request. Pure.

/// Depends on the endpoint's vendor and on the family of its model, never on the dialect alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// Every byte, header and field: the endpoint of the client's own login, and the route's primary, for which the client was
    /// configured.
    Own,
    /// The same model family elsewhere: the bytes of the body, without fields that identify the client or that its file does
    /// not allow.
    Family,
    /// Translated, also into the client's own dialect.
    Translated,
}
