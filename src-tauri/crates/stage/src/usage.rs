/// Tokens, at four bytes each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// All input, cached or not.
    pub(crate) input: u64,
    pub(crate) cache_read: u64,
    pub(crate) cache_write: u64,
    /// Written tokens with a time to live of an hour.
    pub(crate) cache_write_hour: u64,
    /// All output, thinking included.
    pub(crate) output: u64,
    pub(crate) thinking: u64,
}

/// Tokens of a text of this many bytes.
pub(crate) fn tokens(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}
