pub(crate) mod anthropic;
mod document;
mod foreign;
pub(crate) mod lenient;
mod openai_chat;
pub(crate) mod openai_responses;
pub(crate) mod shown;
pub(crate) mod stop;
mod stream;
mod usage;

use catalog::Dialect;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::failure::Words;
use crate::{BodyEnd, Broken, Completion, Problem, Report, Step, StepKind, error_body, sse};
use document::Document;
use stream::Stream;

/// How the answer is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Stream,
    /// One JSON document.
    Whole,
}

/// Reads a copy of a response's bytes and judges whether it is complete.
///
/// Any split of the same bytes gives the same result; once broken it stays broken. An answer is complete from its semantic
/// end on, however the body then ends; the tables of stop reasons stand at the top of each dialect's file.
#[derive(Debug)]
pub struct Validator {
    framing: Body,
}

#[derive(Debug)]
enum Body {
    Stream(Box<Stream>),
    Whole(Box<Document>),
}

impl Validator {
    /// Largest single event (stream) or body (document) in bytes.
    pub const LIMIT: usize = 16 << 20;

    pub fn new(dialect: Dialect, framing: Framing) -> Self {
        let framing = match framing {
            Framing::Stream => Body::Stream(Box::new(Stream::new(dialect))),
            Framing::Whole => Body::Whole(Box::new(Document::new(dialect))),
        };
        Self { framing }
    }

    /// Keeps tools' arguments ([`crate::ToolCall::arguments`]). Call it before the first byte.
    #[must_use]
    pub fn keeping_arguments(mut self, keep: bool) -> Self {
        match &mut self.framing {
            Body::Stream(stream) => stream.shown.keeps_arguments = keep,
            Body::Whole(document) => document.keeps_arguments = keep,
        }
        self
    }

    /// Look at the next bytes. In a stream, each event that ends within them is appended to `steps`; after one that broke
    /// the answer ([`StepKind::Error`]) there may be no more.
    pub fn push(&mut self, bytes: &[u8], steps: &mut Vec<Step>) {
        match &mut self.framing {
            Body::Stream(stream) => stream.push(bytes, steps),
            Body::Whole(document) => document.push(bytes),
        }
    }

    /// The answer as it stands, were its body to end now in this way.
    pub fn judge(&self, end: BodyEnd) -> Completion {
        match &self.framing {
            Body::Stream(stream) => stream.judge(end),
            Body::Whole(document) => document.judge(end),
        }
    }

    /// The stream so far ends with an event that lacks only its blank line. At a clean end of the body the event counts
    /// ([`Validator::finish`]), as in OpenAI's Node library since September 2026 (openai/openai-node#2726). After a cut
    /// it may be incomplete.
    pub fn lacks_blank_line(&self) -> bool {
        match &self.framing {
            Body::Stream(stream) => stream.lacks_blank_line(),
            Body::Whole(_) => false,
        }
    }

    /// Call at a clean end of the body: parses a last event that lacks only its blank line. The caller that passes the
    /// bytes on adds [`sse::BLANK_LINE`], since most clients drop an event without it.
    pub fn finish(&mut self, steps: &mut Vec<Step>) {
        if self.lacks_blank_line() {
            self.push(sse::BLANK_LINE, steps);
        }
    }

    /// A fault that nothing later can repair: an error event, a malformed or too large one, a terminal event without a stop
    /// reason. Always `None` for a document below the limit, which is judged at its end.
    pub fn broken(&self) -> Option<&Broken> {
        match &self.framing {
            Body::Stream(stream) => stream.broken.as_ref(),
            Body::Whole(document) => document.broken.as_ref(),
        }
    }

    /// A document is complete or has nothing to report yet.
    pub fn report(&self) -> &Report {
        match &self.framing {
            Body::Stream(stream) => &stream.shown.report,
            Body::Whole(document) => &document.read().shown.report,
        }
    }

    /// The dialect's own error event, fit to follow what this validator has seen: in Responses it carries the response's
    /// id and the next sequence number. Does not end the stream.
    pub fn error_event(&self, problem: &Problem) -> Vec<u8> {
        match &self.framing {
            Body::Stream(stream) => stream.error_event(problem),
            Body::Whole(document) => error_body::error_event(document.dialect, problem),
        }
    }
}

/// Where the fault is, and no more: serde's message for a field of another type quotes the field, which is the owner's text.
pub fn malformed(error: &serde_json::Error) -> Broken {
    Broken::Malformed(if error.is_data() {
        let (line, column) = (error.line(), error.column());
        format!("a field is missing or of an unexpected type at line {line} column {column}")
    } else {
        error.to_string()
    })
}

/// An error within a stream. `told` is the error object where the event has one.
pub(crate) fn error_event(told: Option<&RawValue>, event: &[u8]) -> Broken {
    let words = Words::of_json(told.map_or(event, |raw| raw.get().as_bytes()));
    Broken::ErrorEvent {
        kind: words.name().to_owned(),
        message: words.message,
    }
}

/// An event that the dialect's reader could not make sense of is broken if its type is known, and noise if it is not.
fn unknown_type(
    event: sse::Event<'_>,
    known: &[&str],
    error: &serde_json::Error,
) -> Result<StepKind, Broken> {
    #[derive(Deserialize)]
    struct Tag<'a> {
        #[serde(borrow, rename = "type")]
        kind: Option<lenient::Str<'a>>,
    }
    match serde_json::from_slice::<Tag<'_>>(event.data) {
        Ok(tag) if known.contains(&tag.kind.as_deref().unwrap_or(event.name)) => {
            Err(malformed(error))
        }
        Ok(_) => Ok(StepKind::Noise),
        Err(error) => Err(malformed(&error)),
    }
}

#[cfg(test)]
mod tests;
