//! The result for the client.

use std::fmt;

use serde::Deserialize;

use super::play::{BEGINNING, END, Turn};

/// The end of a client's run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Ended {
    /// Its last response, as its user gets it.
    pub(crate) text: String,
    /// The stop reason that it reports.
    pub(crate) stop: Option<String>,
    /// The failure that it reports.
    pub(crate) error: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The complete response, and one run of a called tool.
    Complete,
    /// The complete response, after the released beginning of another one.
    Again,
    /// An error that its user receives.
    Error,
    /// The response ends with the model's early stop reason, which is reported.
    Told(String),
    /// A part of a response, accepted as complete.
    Truncated,
    /// An empty response, accepted as complete.
    Empty,
    /// A tool ran more than once for one call.
    Ran(usize),
    /// It was still waiting, or still sending requests, at its timeout.
    Hang,
}

/// Stop reasons of an incomplete response.
const NOT_ALL: [&str; 7] = [
    "max_tokens",
    "model_context_window_exceeded",
    "refusal",
    "length",
    "content_filter",
    "incomplete",
    "failed",
];

impl Verdict {
    /// `ended`: `None` after its timeout. `ran`: lines that the tool has appended.
    pub(crate) fn of(turn: Turn, ended: Option<&Ended>, ran: usize) -> Verdict {
        if ran > 1 {
            return Verdict::Ran(ran);
        }
        let Some(ended) = ended else {
            return Verdict::Hang;
        };
        if ended.error.is_some() {
            return Verdict::Error;
        }
        let expected = usize::from(turn == Turn::Tool);
        if ended.text.contains(END) && ran == expected {
            return if ended.text.matches(BEGINNING).count() > ended.text.matches(END).count() {
                Verdict::Again
            } else {
                Verdict::Complete
            };
        }
        match &ended.stop {
            Some(stop) if NOT_ALL.contains(&stop.as_str()) => Verdict::Told(stop.clone()),
            _ if ended.text.trim().is_empty() => Verdict::Empty,
            _ => Verdict::Truncated,
        }
    }

    /// Results that must never occur behind Understudy.
    pub(crate) fn is_harm(&self) -> bool {
        match self {
            Verdict::Complete | Verdict::Again | Verdict::Error | Verdict::Told(_) => false,
            Verdict::Truncated | Verdict::Empty | Verdict::Ran(_) | Verdict::Hang => true,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Complete => f.write_str("complete"),
            Verdict::Again => f.write_str("complete, behind a part"),
            Verdict::Error => f.write_str("error"),
            Verdict::Told(stop) => write!(f, "ended: {stop}"),
            Verdict::Truncated => f.write_str("**PARTIAL**"),
            Verdict::Empty => f.write_str("**EMPTY**"),
            Verdict::Ran(times) => write!(f, "**RAN×{times}**"),
            Verdict::Hang => f.write_str("**HANG**"),
        }
    }
}
