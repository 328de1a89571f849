//! What a fault makes of an answer: bytes, waits, and how the body ends.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;

use crate::dialect::Transcript;
use crate::fault::{ErrorBody, Fault};
use crate::refusal::{self, HTML};

mod body;
mod document;
mod stream;

pub(crate) use body::{Body, body};

/// A response from its status line to its end.
#[derive(Debug)]
pub(crate) struct Performance {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// The `content-length` that is promised; absent: chunked.
    pub(crate) length: Option<usize>,
    pub(crate) beats: Vec<Beat>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    Send(Bytes),
    Wait(Duration),
    /// Silence until the client leaves.
    Silence,
    /// The same bytes again and again until the client leaves.
    Repeat(Bytes, Duration),
    /// The connection is dropped: no last chunk.
    Cut,
    /// The connection is reset: what the client has not read yet may be lost.
    Reset,
}

const SSE: &str = "text/event-stream; charset=utf-8";
pub(crate) const JSON: &str = "application/json";
const WEB_PAGE: &str = "text/html; charset=utf-8";

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

    /// The answer with what `fault` makes of it. Faults that come before the headers are played by the caller.
    pub(crate) fn of(
        dialect: Dialect,
        streamed: bool,
        transcript: &Transcript,
        fault: Option<&Fault>,
    ) -> Performance {
        match fault {
            Some(Fault::EmptyOk) => {
                let content_type = if streamed { SSE } else { JSON };
                Performance::document(200, content_type, Vec::new())
            }
            Some(Fault::HtmlOk) => Performance::document(200, WEB_PAGE, HTML.into()),
            Some(Fault::JsonErrorOk) => json_error(dialect),
            Some(Fault::ErrorEvent | Fault::ErrorEventFirst | Fault::ErrorEventBeforeFinal)
                if !streamed =>
            {
                json_error(dialect)
            }
            _ if streamed => stream::perform(dialect, transcript, fault),
            _ => document::perform(transcript.whole.to_string().into_bytes(), fault),
        }
    }
}

fn json_error(dialect: Dialect) -> Performance {
    let body = refusal::envelope(dialect, 500, ErrorBody::Usual, None);
    Performance::document(200, JSON, body)
}
