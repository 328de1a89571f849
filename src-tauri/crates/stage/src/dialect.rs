//! An answer worded in a dialect: the events of a stream, and the one document of an answer that is not streamed.

use bytes::Bytes;
use catalog::Dialect;
use serde_json::Value;

use crate::answer::Answer;
use crate::request::Request;

mod anthropic;
mod chat;
mod responses;

/// When every answer was made: the stage reads no clock. 1 January 2026, in seconds since 1970.
pub(crate) const CREATED: u64 = 1_767_225_600;

#[derive(Debug)]
pub(crate) struct Transcript {
    pub(crate) frames: Vec<Frame>,
    pub(crate) whole: Value,
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
    /// Carries the stop reason.
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
    /// An event with a name, as Anthropic and Responses send it.
    fn named(kind: Kind, name: &str, data: &Value) -> Frame {
        Frame {
            kind,
            bytes: format!("event: {name}\ndata: {data}\n\n").into(),
        }
    }

    /// An event without a name, as Chat Completions sends it.
    fn bare(kind: Kind, data: &Value) -> Frame {
        Frame {
            kind,
            bytes: format!("data: {data}\n\n").into(),
        }
    }

    /// The same event with data that is no JSON.
    pub(crate) fn malformed(&self) -> Frame {
        let half = self.bytes.len() / 2;
        let mut bytes = self.bytes[..half].to_vec();
        bytes.extend_from_slice(b"\n\n");
        Frame {
            kind: self.kind,
            bytes: bytes.into(),
        }
    }
}

pub(crate) fn transcript(request: &Request, answer: &Answer) -> Transcript {
    match request.dialect {
        Dialect::Anthropic => anthropic::transcript(request, answer),
        Dialect::OpenaiChat => chat::transcript(request, answer),
        Dialect::OpenaiResponses => responses::transcript(request, answer),
    }
}

/// What keeps a silent stream alive without saying anything.
pub(crate) fn ping(dialect: Dialect) -> Bytes {
    match dialect {
        Dialect::Anthropic => anthropic::PING,
        Dialect::OpenaiChat | Dialect::OpenaiResponses => Bytes::from_static(b": ping\n\n"),
    }
}

/// The error event of this answer's stream, where `before` events came before it.
pub(crate) fn error_event(dialect: Dialect, transcript: &Transcript, before: usize) -> Bytes {
    match dialect {
        Dialect::Anthropic => anthropic::error_event(),
        Dialect::OpenaiChat => chat::error_event(),
        Dialect::OpenaiResponses => responses::error_event(&transcript.whole, before),
    }
}
