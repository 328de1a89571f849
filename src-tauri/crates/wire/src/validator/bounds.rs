/// Largest single event (stream) or body (document) in bytes.
pub(crate) const LIMIT: usize = 16 << 20;

/// More blocks, calls or choices than any real response has. It bounds the memory that a provider can use.
pub(crate) const MOST_PARTS: usize = 4096;
