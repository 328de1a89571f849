/// A comment, which clients do not report as an event.
pub(crate) const COMMENT: &[u8] = b": keep-alive\n\n";
