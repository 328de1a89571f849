use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::manner::Manner;
use crate::trouble::Trouble;

mod text;
#[cfg(test)]
pub(crate) use text::plain_names;

/// One thing that goes wrong with an answer.
///
/// Each has a name, with an optional parameter after a colon, that serves in model names, in cues and in JSON alike:
/// `cut-in-text`, `stall:30s`, `429:retry-after=2`. [`std::fmt::Display`] and [`std::str::FromStr`] are each other's inverse.
///
/// For a document, "after 50 %" means 50 % of its bytes; faults that need events (`pings-only`, `missing-terminal`) state below
/// what they do there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Fault {
    /// An error status. `429`, `529`, `502-html`, `429-quota:retry-after=2`.
    Status {
        status: u16,
        headers: Vec<(String, String)>,
        body: ErrorBody,
    },
    /// A refusal in the words of the vendor that the stage acts, with its status and headers: `rate-limit-day`.
    Trouble(Trouble),
    /// A way of answering, beside which another fault may be played: `usage:in-choice`.
    Manner(Manner),
    /// No response. On a listener a connection is reset as it is accepted, where the outage or the next cue applies to every
    /// model; otherwise it is dropped after the request was read, before any byte.
    Refuse,
    /// The request is read, then the connection is reset (TCP) or dropped (a pipe) before any byte.
    Reset,
    /// The request is read and nothing follows for this long; then the normal response. `None`: without an end.
    SilentBeforeHeaders(Option<Duration>),
    /// Headers and opening events at once, the first content after this long.
    LateFirstToken(Duration),
    /// A pause after this many content events; then the rest. `None`: without an end. A document pauses after 50 %.
    Stall {
        after: usize,
        lasting: Option<Duration>,
    },
    /// A pause, then the connection is dropped: before any byte (`hang-up:30s`), or after this many content events
    /// (`hang-up:after=3,30s`; a document: after 50 %).
    HangUp {
        after: Option<usize>,
        lasting: Duration,
    },
    /// A pause without an end in the middle of a tool call's arguments.
    StallInTool,
    /// A pause without an end after the stop reason, with pings, and without the terminal event. Responses has no stop reason
    /// before its terminal event: there the pause follows it. A document: as `SilentBeforeHeaders`.
    StallAfterStop,
    /// Opening events, then pings (comments in the OpenAI dialects) without an end. A document: headers only.
    PingsOnly,
    /// The connection is dropped without the last chunk: after the opening events,
    CutAfterOpening,
    /// … in the middle of the text,
    CutInText,
    /// … in the middle of a tool call's arguments,
    CutInTool,
    /// … after every block is closed, before the stop reason. A document is always cut after 50 %.
    CutBeforeFinal,
    /// … after this many content events.
    CutAfter(usize),
    /// The connection is reset (TCP; on a pipe it is a cut) in the middle of the text.
    ResetInText,
    /// The body ends properly, as if complete, in the middle of the text,
    CleanCloseInText,
    /// … in the middle of a tool call's arguments,
    CleanCloseInTool,
    /// … after every block is closed, before the stop reason. A document always ends after 50 %.
    CleanCloseBeforeFinal,
    /// The body ends properly after the stop reason, without `message_stop` or `[DONE]`. In Responses, and in a document,
    /// nothing would follow: the response is complete.
    MissingTerminal,
    /// The dialect's error event in the middle of the content, then a proper end. Not streamed: as `JsonErrorOk`.
    ErrorEvent,
    /// … after this many content events, and in the words of this trouble: `error-event:after=3,overload`. Not streamed: as
    /// `JsonErrorOk`, in these words.
    ErrorAfter {
        after: usize,
        trouble: Option<Trouble>,
    },
    /// The dialect's error event as the first of all, then a proper end. Not streamed: as `JsonErrorOk`.
    ErrorEventFirst,
    /// The dialect's error event after every block is closed, then a proper end. Not streamed: as `JsonErrorOk`.
    ErrorEventBeforeFinal,
    /// One content event is no JSON; the rest is as usual. Not streamed: the document is no JSON.
    MalformedEvent,
    /// `content-length` promises the complete body; the connection is dropped after 50 %.
    TruncatedBody,
    /// Status 200 with an empty body.
    EmptyOk,
    /// Status 200 with a web page.
    HtmlOk,
    /// Status 200 with the dialect's error envelope, not streamed.
    JsonErrorOk,
    /// The answer ends with this stop reason.
    Stop(Stop),
    /// A clean end with nothing in the answer.
    NothingToActOn,
    /// A tool call whose arguments are no JSON, under a clean stop. In a Messages document, where the arguments are part of
    /// the JSON, they are a string instead of an object.
    InvalidToolInput,
    /// This long between any two events (not streamed: pieces of 64 bytes).
    Drip(Duration),
}

/// The body of an error status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorBody {
    /// The dialect's envelope with the type that belongs to the status.
    Usual,
    /// Out of money: `-quota`.
    Quota,
    /// The prompt is longer than the model's window: `-context`.
    ContextTooLong,
    /// Declined for its content: `-policy`.
    ContentPolicy,
    /// A web page of a proxy in front of the provider: `-html`.
    Html,
    /// Nothing: `-empty`.
    Empty,
}

/// A stop reason other than the natural one, in the nearest word of each dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// `max_tokens`, `length`, `response.incomplete` with `max_output_tokens`; the last part is cut in the middle.
    MaxTokens,
    /// `model_context_window_exceeded`, elsewhere as `MaxTokens`.
    ContextWindow,
    /// `refusal`, `content_filter`, `response.incomplete` with `content_filter`.
    Refusal,
    /// `pause_turn`, elsewhere the natural stop.
    PauseTurn,
    /// `stop_sequence`, elsewhere the natural stop.
    StopSequence,
    /// The stop reason is null; in Responses the terminal event is left out, or the status of the document is null.
    Null,
}

/// A name that no fault has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no fault; the names are listed by GET /v1/models, durations are written 250ms, 30s or 5m"
)]
pub struct UnknownFault(pub String);

impl Fault {
    /// A plain error status with the dialect's usual body.
    pub fn status(status: u16) -> Fault {
        Fault::Status {
            status,
            headers: Vec::new(),
            body: ErrorBody::Usual,
        }
    }

    /// The response ends complete, however long it takes.
    pub(crate) fn leaves_whole(&self) -> bool {
        match self {
            Fault::LateFirstToken(_)
            | Fault::SilentBeforeHeaders(Some(_))
            | Fault::Stall {
                lasting: Some(_), ..
            }
            | Fault::MissingTerminal
            | Fault::Stop(_)
            | Fault::NothingToActOn
            | Fault::InvalidToolInput
            | Fault::Manner(_)
            | Fault::Drip(_) => true,
            Fault::Status { .. }
            | Fault::Trouble(_)
            | Fault::Refuse
            | Fault::Reset
            | Fault::SilentBeforeHeaders(None)
            | Fault::Stall { lasting: None, .. }
            | Fault::HangUp { .. }
            | Fault::StallInTool
            | Fault::StallAfterStop
            | Fault::PingsOnly
            | Fault::CutAfterOpening
            | Fault::CutInText
            | Fault::CutInTool
            | Fault::CutBeforeFinal
            | Fault::CutAfter(_)
            | Fault::ResetInText
            | Fault::CleanCloseInText
            | Fault::CleanCloseInTool
            | Fault::CleanCloseBeforeFinal
            | Fault::ErrorEvent
            | Fault::ErrorAfter { .. }
            | Fault::ErrorEventFirst
            | Fault::ErrorEventBeforeFinal
            | Fault::MalformedEvent
            | Fault::TruncatedBody
            | Fault::EmptyOk
            | Fault::HtmlOk
            | Fault::JsonErrorOk => false,
        }
    }

    /// The fault needs a tool call to happen in.
    pub(crate) fn needs_tool(&self) -> bool {
        matches!(
            self,
            Fault::CutInTool
                | Fault::CleanCloseInTool
                | Fault::StallInTool
                | Fault::InvalidToolInput
        )
    }
}

#[cfg(test)]
mod tests;
