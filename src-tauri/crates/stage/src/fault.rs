use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::trouble::Trouble;
use crate::variation::Variation;

mod text;
#[cfg(test)]
pub(crate) use text::plain_names;

/// A fault in a response.
///
/// Each fault has a name, with an optional parameter after a colon, that is valid in model names, in cues and in JSON:
/// `cut-in-text`, `stall:30s`, `429:retry-after=2`. [`std::fmt::Display`] and [`std::str::FromStr`] are inverse.
///
/// For a document, "after 50 %" means 50 % of its bytes; faults that need events (`pings-only`, `missing-terminal`) state their
/// effect on documents below.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Fault {
    /// An error status. `429`, `529`, `502-html`, `429-quota:retry-after=2`.
    Status {
        status: u16,
        headers: Vec<(String, String)>,
        body: ErrorBody,
    },
    /// An error of the simulated vendor, with its text, status and headers: `rate-limit-day`.
    Trouble(Trouble),
    /// A variation, which can be combined with another fault: `usage:in-choice`.
    Variation(Variation),
    /// No response. A listener resets the connection at once if the outage or the next cue applies to every model; otherwise it
    /// drops it after the request was read, before any byte.
    Refuse,
    /// The request is read, then the connection is reset (TCP) or dropped (a pipe) before any byte.
    Reset,
    /// The request is read and nothing is sent for this time; then the normal response. `None`: for an unlimited time.
    NoHeaders(Option<Duration>),
    /// Headers and opening events at once, the first content after this time.
    LateFirstToken(Duration),
    /// A pause after this many content events, then the rest. `None`: an unlimited pause. A document pauses after 50 %.
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
    /// An unlimited pause within a tool call's arguments.
    StallInTool,
    /// An unlimited pause after the stop reason, with pings, and without the terminal event. Responses has no stop reason
    /// before its terminal event: there the pause follows it. A document: as `NoHeaders`.
    StallAfterStop,
    /// Opening events, then pings (comments in the OpenAI dialects) for an unlimited time. A document: headers only.
    PingsOnly,
    /// The connection is dropped without the last chunk after the opening events.
    CutAfterOpening,
    /// The same within the text.
    CutInText,
    /// The same within a tool call's arguments.
    CutInTool,
    /// The same after all blocks are closed, before the stop reason. A document is always cut after 50 %.
    CutBeforeFinal,
    /// The same after this many content events.
    CutAfter(usize),
    /// The connection is reset within the text (on a pipe it is cut).
    ResetInText,
    /// The body ends normally, as if complete, within the text.
    CleanCloseInText,
    /// The same within a tool call's arguments.
    CleanCloseInTool,
    /// The same after all blocks are closed, before the stop reason. A document always ends after 50 %.
    CleanCloseBeforeFinal,
    /// The body ends normally after the stop reason, without `message_stop` or `[DONE]`. In Responses, and in a document,
    /// nothing is missing: the response is complete.
    MissingTerminal,
    /// The dialect's error event within the content, then a normal end. Not streamed: as `JsonErrorOk`.
    ErrorEvent,
    /// An error event after this many content events, with the text of this trouble: `error-event:after=3,overload`. Not
    /// streamed: as `JsonErrorOk`, with this text.
    ErrorAfter {
        after: usize,
        trouble: Option<Trouble>,
    },
    /// The dialect's error event as the first event, then a normal end. Not streamed: as `JsonErrorOk`.
    ErrorEventFirst,
    /// The dialect's error event after all blocks are closed, then a normal end. Not streamed: as `JsonErrorOk`.
    ErrorEventBeforeFinal,
    /// One content event is not JSON; the rest is normal. Not streamed: the document is not JSON.
    MalformedEvent,
    /// `content-length` states the complete body; the connection is dropped after 50 %.
    TruncatedBody,
    /// Status 200 with an empty body.
    EmptyOk,
    /// Status 200 with an HTML page.
    HtmlOk,
    /// Status 200 with the dialect's error envelope, not streamed.
    JsonErrorOk,
    /// The response ends with this stop reason.
    Stop(Stop),
    /// A clean end without content.
    NothingToActOn,
    /// A tool call with invalid JSON arguments and a clean stop. In a Messages document, where the arguments are part of the
    /// JSON, they are a string instead of an object.
    InvalidToolInput,
    /// A pause of this length between two events (not streamed: between pieces of 64 bytes).
    Drip(Duration),
}

/// The body of an error status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorBody {
    /// The dialect's envelope with the type for the status.
    Usual,
    /// Out of money: `-quota`.
    Quota,
    /// The prompt is longer than the model's window: `-context`.
    ContextTooLong,
    /// Declined for its content: `-policy`.
    ContentPolicy,
    /// An HTML page of a proxy in front of the provider: `-html`.
    Html,
    /// No body: `-empty`.
    Empty,
}

/// An unusual stop reason, in the closest form of each dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// `max_tokens`, `length`, `response.incomplete` with `max_output_tokens`; the last part is truncated.
    MaxTokens,
    /// `model_context_window_exceeded`; in other dialects as `MaxTokens`.
    ContextWindow,
    /// `refusal`, `content_filter`, `response.incomplete` with `content_filter`.
    Refusal,
    /// `pause_turn`; in other dialects the normal stop reason.
    PauseTurn,
    /// `stop_sequence`; in other dialects the normal stop reason.
    StopSequence,
    /// The stop reason is null. In Responses the terminal event is omitted, or the status of the document is null.
    Null,
}

/// A name that is not a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no fault; the names are listed by GET /v1/models, durations are written 250ms, 30s or 5m"
)]
pub struct UnknownFault(pub String);

impl Fault {
    /// An error status with the dialect's usual body.
    pub fn status(status: u16) -> Fault {
        Fault::Status {
            status,
            headers: Vec::new(),
            body: ErrorBody::Usual,
        }
    }

    /// The response ends complete, after any time.
    pub(crate) fn keeps_response_complete(&self) -> bool {
        match self {
            Fault::LateFirstToken(_)
            | Fault::NoHeaders(Some(_))
            | Fault::Stall {
                lasting: Some(_), ..
            }
            | Fault::MissingTerminal
            | Fault::Stop(_)
            | Fault::NothingToActOn
            | Fault::InvalidToolInput
            | Fault::Variation(_)
            | Fault::Drip(_) => true,
            Fault::Status { .. }
            | Fault::Trouble(_)
            | Fault::Refuse
            | Fault::Reset
            | Fault::NoHeaders(None)
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

    /// The fault occurs within a tool call.
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
