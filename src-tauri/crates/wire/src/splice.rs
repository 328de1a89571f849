//! Restart in place: another provider's response continues the message that the first one left unfinished.
//!
//! The client sees one lifecycle: one start, blocks in order, one end. Thinking of the second answer is never shown, since a
//! vendor refuses a history in which thinking stands out of its place; its tool calls, stop reason and usage are the
//! client's. What is passed keeps every value that need not change, byte for byte.

mod anthropic;
mod openai_chat;
mod openai_responses;

use crate::told::{CannotRestart, Seen};
use crate::validator::error_event;
use crate::{Validator, sse};

/// An answer that may be restarted, and is not yet. Made by [`crate::Told::restart`].
#[derive(Debug)]
#[must_use = "nothing has been sent yet"]
pub struct Restart {
    seen: Seen,
    forbids_tools: bool,
}

/// Turns the second answer's events into the first one's continuation.
#[derive(Debug)]
pub struct Splice {
    reader: sse::Reader,
    second: Second,
    forbids_tools: bool,
    failed: Option<CannotRestart>,
}

#[derive(Debug)]
enum Second {
    Messages(anthropic::Second),
    Chat(openai_chat::Second),
    Responses(openai_responses::Second),
}

impl Restart {
    pub(crate) fn new(seen: Seen, forbids_tools: bool) -> Self {
        Self {
            seen,
            forbids_tools,
        }
    }

    /// See [`Splice::forbids_tool_calls`].
    pub fn forbids_tool_calls(&self) -> bool {
        self.forbids_tools
    }

    /// The bytes that close the client's open blocks and add `notice`, and the filter for the second response.
    ///
    /// `notice`: one line for a person: the provider was lost, and the response begins again with another. `None`: no person
    /// reads the text.
    pub fn open(self, notice: Option<&str>) -> (Vec<u8>, Splice) {
        let mut out = Vec::new();
        let second = match self.seen {
            Seen::Messages(seen) => {
                Second::Messages(anthropic::Second::open(seen, notice, &mut out))
            }
            Seen::Chat(seen) => Second::Chat(openai_chat::Second::open(seen, notice, &mut out)),
            Seen::Responses(seen) => {
                Second::Responses(openai_responses::Second::open(seen, notice, &mut out))
            }
        };
        let splice = Splice {
            reader: sse::Reader::new(Validator::LIMIT),
            second,
            forbids_tools: self.forbids_tools,
            failed: None,
        };
        (out, splice)
    }
}

impl Splice {
    /// Thinking is on and none was shown: with a tool call the second answer cannot be passed on. To know that before any
    /// of its text is shown, hold it until its end.
    pub fn forbids_tool_calls(&self) -> bool {
        self.forbids_tools
    }

    /// Rewrite the next bytes of the second answer, in any split; what its client shall see is appended to `out`. Judging
    /// the answer is its own [`Validator`]'s part: this passes a missing stop reason on as missing.
    ///
    /// # Errors
    /// The second response cannot continue this message. `out` then ends with the last event that could pass. It
    /// contains nothing of a refused tool call, and every later call fails too.
    pub fn pass(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), CannotRestart> {
        if let Some(failed) = &self.failed {
            return Err(failed.clone());
        }
        let forbids_tools = self.forbids_tools;
        let (reader, second) = (&mut self.reader, &mut self.second);
        let mut outcome = Ok(());
        let read = reader.push(bytes, &mut |event| {
            if outcome.is_ok() {
                outcome = match second {
                    Second::Messages(second) => second.event(event, forbids_tools, out),
                    Second::Chat(second) => second.event(event, forbids_tools, out),
                    Second::Responses(second) => second.event(event, forbids_tools, out),
                };
            }
        });
        let oversize = |sse::Oversize(limit)| crate::Broken::Oversize(limit).into();
        let outcome = outcome.and_then(|()| read.map_err(oversize));
        self.failed = outcome.clone().err();
        outcome
    }
}

/// A line of its own for people; apart from the text before it, where there is any.
fn apart(notice: &str, spoke: bool) -> String {
    let before = if spoke { "\n\n" } else { "" };
    format!("{before}{notice}\n\n")
}

/// An error within the second provider's stream. `told`: the JSON text of the error object, where there is one.
fn told_error(told: Option<&str>, event: &[u8]) -> CannotRestart {
    let told = told.and_then(|json| serde_json::from_str(json).ok());
    error_event(told, event).into()
}

fn out_of_place(what: &str) -> CannotRestart {
    crate::Broken::Malformed(format!("{what} out of place")).into()
}

fn malformed(error: &serde_json::Error) -> CannotRestart {
    crate::validator::malformed(error).into()
}

#[cfg(test)]
mod tests;
