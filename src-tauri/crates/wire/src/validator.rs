pub(crate) mod anthropic;
pub(crate) mod bounds;
mod document;
pub(crate) mod fault;
mod foreign;
pub(crate) mod lenient;
mod openai_chat;
pub(crate) mod openai_responses;
pub(crate) mod shown;
pub(crate) mod stop;
mod stream;
mod usage;

use catalog::Dialect;

use crate::{BodyEnd, Broken, Completion, GatewayError, Report, Step, error_body, sse};
use document::Document;
use stream::Stream;

/// The framing of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Stream,
    /// One JSON document.
    Document,
}

/// Reads a copy of a response's bytes and judges whether it is complete.
///
/// Any split of the same bytes gives the same result, and a broken response stays broken. A response is complete from its
/// semantic end on, however the body ends.
#[derive(Debug)]
pub struct Validator {
    framing: Body,
}

#[derive(Debug)]
enum Body {
    Stream(Box<Stream>),
    Document(Box<Document>),
}

impl Validator {
    /// Largest single event (stream) or body (document) in bytes.
    pub const LIMIT: usize = bounds::LIMIT;

    pub fn new(dialect: Dialect, framing: Framing) -> Self {
        let framing = match framing {
            Framing::Stream => Body::Stream(Box::new(Stream::new(dialect))),
            Framing::Document => Body::Document(Box::new(Document::new(dialect))),
        };
        Self { framing }
    }

    /// Sets whether tool arguments are kept ([`crate::ToolCall::arguments`]). Call it before the first byte.
    #[must_use]
    pub fn keeping_arguments(mut self, keep: bool) -> Self {
        match &mut self.framing {
            Body::Stream(stream) => stream.shown.keeps_arguments = keep,
            Body::Document(document) => document.keeps_arguments = keep,
        }
        self
    }

    /// Reads the next bytes. In a stream, each event that ends in them is appended to `steps`; [`StepKind::Error`] can be the
    /// last one.
    pub fn push(&mut self, bytes: &[u8], steps: &mut Vec<Step>) {
        match &mut self.framing {
            Body::Stream(stream) => stream.push(bytes, steps),
            Body::Document(document) => document.push(bytes),
        }
    }

    /// The verdict if the body ended now in this way.
    pub fn judge(&self, end: BodyEnd) -> Completion {
        match &self.framing {
            Body::Stream(stream) => stream.judge(end),
            Body::Document(document) => document.judge(end),
        }
    }

    /// The stream ends with an event that lacks only its blank line. At a clean end the event counts ([`Validator::finish`]),
    /// as in OpenAI's Node library since September 2026 (openai/openai-node#2726). After a cut it can be incomplete.
    pub fn lacks_blank_line(&self) -> bool {
        match &self.framing {
            Body::Stream(stream) => stream.lacks_blank_line(),
            Body::Document(_) => false,
        }
    }

    /// Call at a clean end of the body: parses a last event without its blank line. The caller then sends [`sse::BLANK_LINE`],
    /// since most clients drop an event without it.
    pub fn finish(&mut self, steps: &mut Vec<Step>) {
        if self.lacks_blank_line() {
            self.push(sse::BLANK_LINE, steps);
        }
    }

    /// A fault that later bytes cannot repair: an error event, a malformed or oversize event, a terminal event without a stop
    /// reason. `None` for a document below the limit.
    pub fn broken(&self) -> Option<&Broken> {
        match &self.framing {
            Body::Stream(stream) => stream.broken.as_ref(),
            Body::Document(document) => document.broken.as_ref(),
        }
    }

    /// The report so far. An incomplete document reports nothing.
    pub fn report(&self) -> &Report {
        match &self.framing {
            Body::Stream(stream) => &stream.shown.report,
            Body::Document(document) => &document.read().shown.report,
        }
    }

    /// The dialect's error event, valid after the bytes so far. In Responses it has the response's id and the next sequence
    /// number. It does not end the stream.
    pub fn error_event(&self, problem: &GatewayError) -> Vec<u8> {
        match &self.framing {
            Body::Stream(stream) => stream.error_event(problem),
            Body::Document(document) => error_body::error_event(document.dialect, problem),
        }
    }
}

#[cfg(test)]
mod tests;
