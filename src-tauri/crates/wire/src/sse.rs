//! Server-sent events, read incrementally: CRLF, CR and LF, `data:` without a space, several data lines, comments, a BOM,
//! any split of the bytes, a bound on one event's size.

/// One dispatched event, or a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The `event:` field; empty where there is none.
    pub name: &'a str,
    /// The `data:` lines joined with `\n`. Empty for a comment.
    pub data: &'a [u8],
    /// Bytes of the stream up to and including this event's closing blank line.
    pub end: u64,
}

/// One event is larger than the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oversize(pub usize);

/// An incremental reader.
#[derive(Debug)]
pub struct Reader {
    _limit: usize,
}

impl Reader {
    /// `limit`: the most bytes that one event may hold.
    pub fn new(limit: usize) -> Self {
        Self { _limit: limit }
    }

    /// Read the next bytes; `each` is called for every event that ends within them.
    pub fn push(
        &mut self,
        _bytes: &[u8],
        _each: &mut dyn FnMut(Event<'_>),
    ) -> Result<(), Oversize> {
        Ok(())
    }

    /// Bytes of an event that has begun and not ended.
    pub fn pending(&self) -> usize {
        0
    }
}
