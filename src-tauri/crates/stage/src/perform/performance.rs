use std::time::Duration;

use bytes::Bytes;

/// A response from its status line to its end.
#[derive(Debug)]
pub(crate) struct Performance {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// The `content-length`; absent: chunked.
    pub(crate) length: Option<usize>,
    pub(crate) beats: Vec<Beat>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    Send(Bytes),
    Wait(Duration),
    /// A pause until the client disconnects.
    Stall,
    /// Repeats the same bytes until the client disconnects.
    Repeat(Bytes, Duration),
    /// The connection is dropped: no last chunk.
    Cut,
    /// The connection is reset: bytes that the client has not read yet may be lost.
    Reset,
}

pub(super) const SSE: &str = "text/event-stream; charset=utf-8";
pub(crate) const JSON: &str = "application/json";
pub(super) const WEB_PAGE: &str = "text/html; charset=utf-8";

impl Performance {
    /// A document with its length.
    pub(crate) fn document(status: u16, content_type: &'static str, body: Vec<u8>) -> Performance {
        let length = Some(body.len());
        let beats = if body.is_empty() {
            Vec::new()
        } else {
            vec![Beat::Send(body.into())]
        };
        Performance {
            status,
            content_type,
            length,
            beats,
        }
    }
}
