//! Restart in place: another provider's response continues the message that the first response left incomplete.
//!
//! The client receives one start, blocks in order, and one end. Thinking of the second response is removed, since a vendor
//! refuses misplaced thinking in the history. Tool calls, stop reason and usage come from the second response. Unchanged values
//! keep their bytes.

mod anthropic;
mod faults;
mod openai_chat;
mod openai_responses;
mod restart_line;

use crate::released_response::released::Released;
use crate::{CannotRestart, Validator, sse};

/// A restart that is possible and has not begun. Created by [`crate::ReleasedResponse::restart`].
#[derive(Debug)]
#[must_use = "nothing has been sent yet"]
pub struct Restart {
    released: Released,
    forbids_tools: bool,
}

/// Converts the second response's events into a continuation of the first response.
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
    pub(crate) fn new(released: Released, forbids_tools: bool) -> Self {
        Self {
            released,
            forbids_tools,
        }
    }

    /// See [`Splice::forbids_tool_calls`].
    pub fn forbids_tool_calls(&self) -> bool {
        self.forbids_tools
    }

    /// Returns the bytes that close the open blocks and add `restart_line`, and the splice for the second response.
    ///
    /// `restart_line`: one line for the user: the provider failed, and another provider restarts the response. `None`: no user reads
    /// the text.
    pub fn open(self, restart_line: Option<&str>) -> (Vec<u8>, Splice) {
        let mut out = Vec::new();
        let second = match self.released {
            Released::Messages(released) => {
                Second::Messages(anthropic::Second::open(released, restart_line, &mut out))
            }
            Released::Chat(released) => {
                Second::Chat(openai_chat::Second::open(released, restart_line, &mut out))
            }
            Released::Responses(released) => Second::Responses(openai_responses::Second::open(
                released,
                restart_line,
                &mut out,
            )),
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
    /// Thinking is on, and none was released: a second response with a tool call cannot continue this one. To detect that
    /// before its text is released, hold the second response until its end.
    pub fn forbids_tool_calls(&self) -> bool {
        self.forbids_tools
    }

    /// Rewrites the next bytes of the second response, in any split, and appends them to `out`. The second response needs its
    /// own [`Validator`]: a missing stop reason is not detected here.
    ///
    /// # Errors
    /// The second response cannot continue this message. `out` then ends with the last valid event and contains nothing of a
    /// refused tool call. Every later call fails too.
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

#[cfg(test)]
mod tests;
