//! The events of a response, before they are sent.

use bytes::Bytes;
use serde_json::Value;

#[derive(Debug)]
pub(crate) struct Transcript {
    pub(crate) frames: Vec<Frame>,
    pub(crate) full: Value,
}

/// One event as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) bytes: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Opens the answer or one of its blocks.
    Opening,
    Text,
    Thinking,
    /// Arguments of a tool call.
    Arguments,
    /// Closes a block.
    Close,
    /// Contains the stop reason.
    Stop,
    /// Follows the stop reason: usage, the terminal event.
    After,
}

impl Kind {
    pub(crate) fn is_content(self) -> bool {
        matches!(self, Kind::Text | Kind::Thinking | Kind::Arguments)
    }
}

impl Frame {
    /// An event with a name, as in Anthropic's streams and Responses.
    pub(crate) fn named(kind: Kind, name: &str, data: &Value) -> Frame {
        Frame {
            kind,
            bytes: format!("event: {name}\ndata: {data}\n\n").into(),
        }
    }

    /// An event without a name, as in Chat Completions.
    pub(crate) fn bare(kind: Kind, data: &Value) -> Frame {
        Frame {
            kind,
            bytes: format!("data: {data}\n\n").into(),
        }
    }

    /// The same event with data that is not JSON.
    pub(crate) fn malformed(&self) -> Frame {
        let middle = self.bytes.len() / 2;
        let mut bytes = self.bytes[..middle].to_vec();
        bytes.extend_from_slice(b"\n\n");
        Frame {
            kind: self.kind,
            bytes: bytes.into(),
        }
    }
}
