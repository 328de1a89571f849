//! The two kinds of body that a provider sends for a stream request: events or one JSON document.

use bytes::{Bytes, BytesMut};

use crate::deliver::hold::Hold;

/// The kind of a body, by its first byte that is not white space.
#[derive(Debug, Default)]
pub(super) enum BodyKind {
    #[default]
    Unknown,
    /// Events, or anything else: parsing it as events reports the error.
    Events,
    /// The bytes of the document received so far.
    Document(BytesMut),
}

impl BodyKind {
    /// While Understudy is paused, any body is forwarded.
    pub(super) fn of(hold: Hold) -> Self {
        match hold {
            Hold::Nothing => BodyKind::Events,
            Hold::UntilContent | Hold::UntilChecked { .. } => BodyKind::Unknown,
        }
    }

    /// Collects the bytes of a document. `None`: the body is not a document.
    pub(super) fn take(&mut self, bytes: &Bytes) -> Option<usize> {
        if let BodyKind::Unknown = self {
            let blank = |byte: &&u8| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte);
            match bytes.iter().find(blank) {
                None => {}
                Some(b'{') => *self = BodyKind::Document(BytesMut::new()),
                Some(_) => *self = BodyKind::Events,
            }
        }
        match self {
            BodyKind::Unknown | BodyKind::Events => None,
            BodyKind::Document(document) => {
                document.extend_from_slice(bytes);
                Some(document.len())
            }
        }
    }
}
