//! What a fault makes of an answer: bytes, waits, and how the body ends.

use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;

use crate::delivery::{AsDocument, Delivery};
use crate::dialect::{self, Transcript};
use crate::family::{Occasion, Refusal, Vendor};
use crate::fault::{ErrorBody, Fault};
use crate::refusal::{self, HTML};
use crate::trouble::Trouble;

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
    /// A pause until the client leaves.
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
        scene: &Scene<'_>,
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
            Some(Fault::JsonErrorOk) => scene.json_error(None),
            Some(Fault::ErrorEvent | Fault::ErrorEventFirst | Fault::ErrorEventBeforeFinal)
                if !streamed =>
            {
                scene.json_error(None)
            }
            Some(Fault::ErrorAfter { trouble, .. }) if !streamed => scene.json_error(*trouble),
            _ if streamed && scene.delivery.document == AsDocument::No => {
                stream::perform(scene, transcript, fault)
            }
            _ => {
                let mut performance = document::perform(transcript.document(), fault);
                if streamed && scene.delivery.document == AsDocument::EventStream {
                    performance.content_type = SSE;
                }
                performance
            }
        }
    }
}

/// Who answers, and how.
pub(crate) struct Scene<'a> {
    pub(crate) dialect: Dialect,
    /// The vendor that is acted; `None`: none.
    pub(crate) vendor: Option<&'static Vendor>,
    /// The vendor that words a trouble.
    pub(crate) speaker: &'static Vendor,
    pub(crate) occasion: Occasion<'a>,
    pub(crate) delivery: &'a Delivery,
}

impl Scene<'_> {
    /// A trouble in the vendor's words; what it has no words for is an internal error in a stream that has begun.
    fn refusal(&self, trouble: Option<Trouble>) -> Refusal {
        let words = |trouble| (self.speaker.words)(trouble, &self.occasion);
        trouble
            .and_then(words)
            .or_else(|| words(Trouble::Internal))
            .unwrap_or_else(|| Refusal::new(500, "server_error", "Internal server error"))
    }

    fn json_error(&self, trouble: Option<Trouble>) -> Performance {
        let body = match (self.vendor, trouble) {
            (None, None) => refusal::envelope(self.dialect, 500, ErrorBody::Usual, None),
            _ => {
                let refusal = self.refusal(trouble);
                let envelope = (self.speaker.envelope)(self.dialect, &refusal);
                envelope.to_string().into_bytes()
            }
        };
        Performance::document(200, JSON, body)
    }

    /// The error event of this answer's stream, where `before` events came before it.
    fn error_event(
        &self,
        transcript: &Transcript,
        before: usize,
        trouble: Option<Trouble>,
    ) -> Bytes {
        if self.vendor.is_none() && trouble.is_none() {
            return dialect::error_event(self.dialect, transcript, before);
        }
        let refusal = self.refusal(trouble);
        let envelope = (self.speaker.envelope)(self.dialect, &refusal);
        let envelope = (self.speaker.in_stream)(envelope);
        dialect::error_event_saying(self.dialect, transcript, before, &refusal, &envelope)
    }
}
