//! The released part of a response, derived from the bytes released to the client alone: what can be sent without changing
//! anything, and whether another response can continue a truncated one.

mod anthropic;
mod openai_chat;
mod openai_responses;

use catalog::Dialect;

pub(crate) use anthropic::Released as ReleasedMessages;
pub(crate) use openai_chat::{Released as ReleasedChat, THINKING, is_empty};
pub(crate) use openai_responses::{Item as ResponsesItem, Released as ReleasedResponses};

use crate::sse;
use crate::{Ask, Broken, Problem, Restart, Validator, error_body};

/// The part of a streamed response that the client received.
///
/// A [`Validator`] reads all bytes of the provider; this type reads the released bytes only. After a restart it must read the
/// opening and the output of [`crate::Splice`] too.
#[derive(Debug)]
pub struct Told {
    reader: sse::Reader,
    released: Released,
    /// The client received something that is not an event of the dialect.
    unreadable: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Released {
    Messages(anthropic::Released),
    Chat(openai_chat::Released),
    Responses(openai_responses::Released),
}

/// Why another provider's response cannot continue this one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotRestart {
    /// The other response can be forwarded unchanged.
    #[error("nothing of the answer was shown yet")]
    NothingShown,
    #[error("the client received a partial event")]
    WithinEvent,
    #[error("the client received an unreadable event")]
    Unreadable,
    /// The client received a stop reason, a finish reason or an error.
    #[error("the client has received the end of the response")]
    Ended,
    #[error("structured output cannot begin again in the middle")]
    StructuredOutput,
    /// The vendor refuses a history with thinking that has no signature.
    #[error("a block of thinking is unfinished")]
    WithinThinking,
    /// An open call makes the message invalid, and the client would execute a closed one.
    #[error("a tool call was begun and is unfinished")]
    ToolCallBegun,
    #[error("a tool call was delivered, and must not come twice")]
    ToolCallDelivered,
    /// A server tool: the provider executes it.
    #[error("a tool that the provider runs was called and has no result")]
    ToolWithoutResult,
    /// A block of another kind, with the dialect's name for it.
    #[error("a block of kind `{0}` is unfinished")]
    WithinBlock(String),
    #[error("the model had begun to refuse")]
    Refusing,
    #[error("there are several choices")]
    SeveralChoices,
    #[error("the answer is larger than {0} bytes")]
    TooLong(usize),
    /// With thinking on, a vendor accepts a tool call only after thinking, and the second response's thinking is removed.
    /// Detected in the second response, before any part of the call is released.
    #[error("the second answer calls a tool, and no thinking was shown before")]
    ToolCallWithoutThinking,
    /// The second response failed its completion check; the restart itself was possible.
    #[error("the second answer is broken: {0}")]
    Broken(#[from] Broken),
}

impl Told {
    pub fn new(dialect: Dialect) -> Self {
        let released = match dialect {
            Dialect::Anthropic => Released::Messages(anthropic::Released::default()),
            Dialect::OpenaiChat => Released::Chat(openai_chat::Released::default()),
            Dialect::OpenaiResponses => Released::Responses(openai_responses::Released::default()),
        };
        Self {
            reader: sse::Reader::new(Validator::LIMIT),
            released,
            unreadable: false,
        }
    }

    /// Reads bytes that are sent to the client, in any split. Inside an event neither a keep-alive nor a restart is possible.
    /// Keep-alives need not be passed here.
    pub fn push(&mut self, bytes: &[u8]) {
        let (released, unreadable) = (&mut self.released, &mut self.unreadable);
        let outcome = self.reader.push(bytes, &mut |event| {
            let read = match released {
                Released::Messages(released) => released.event(event),
                Released::Chat(released) => released.event(event),
                Released::Responses(released) => released.event(event),
            };
            *unreadable |= read.is_err();
        });
        self.unreadable |= outcome.is_err();
    }

    /// The client received a complete block: thinking, text or a tool's result. Claude Code 2.1 then never retries a truncated
    /// response. Always false for Chat, which has no blocks.
    pub fn has_completed_block(&self) -> bool {
        match &self.released {
            Released::Messages(released) => released.completed,
            Released::Chat(_) => false,
            Released::Responses(released) => released.has_completed_item(),
        }
    }

    /// No text was released and no text block is open: the text that follows is complete.
    pub fn is_before_text(&self) -> bool {
        match &self.released {
            Released::Messages(released) => released.is_before_text(),
            Released::Chat(released) => !released.has_text,
            Released::Responses(released) => released.is_before_text(),
        }
    }

    /// An event that changes nothing for the client and keeps the connection open. Empty inside an event and after the terminal
    /// event.
    ///
    /// Claude Code 2.1 and Codex 0.1xx close a stream after 300 s without an event. Claude Code does not count pings, and
    /// neither counts comments (both measured). So an empty delta of the open block is sent; without an open block a ping, an
    /// empty chunk or the response again.
    pub fn keep_alive(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.reader.pending() == 0 {
            match &self.released {
                Released::Messages(released) => released.keep_alive(&mut out),
                Released::Chat(released) => released.keep_alive(&mut out),
                Released::Responses(released) => released.keep_alive(&mut out),
            }
        }
        out
    }

    /// As [`Self::keep_alive`], for a client that ignores pings. With no open block it repeats Messages' usage, which Claude
    /// Code counts as an event (measured with 2.1.332).
    pub fn sign_of_life(&self) -> Vec<u8> {
        match &self.released {
            Released::Messages(released) if self.reader.pending() == 0 => {
                let mut out = Vec::new();
                released.sign_of_life(&mut out);
                out
            }
            Released::Messages(_) | Released::Chat(_) | Released::Responses(_) => self.keep_alive(),
        }
    }

    /// Checks whether another provider's response can continue this one in the same message.
    ///
    /// # Errors
    /// The reason why not. It cannot change later in this response.
    pub fn restart(&self, ask: &Ask) -> Result<Restart, CannotRestart> {
        if self.reader.pending() > 0 {
            return Err(CannotRestart::WithinEvent);
        }
        if self.unreadable {
            return Err(CannotRestart::Unreadable);
        }
        let thought = match &self.released {
            Released::Messages(released) => released.can_restart().map(|()| released.thought),
            Released::Chat(released) => released.can_restart().map(|()| released.thought),
            Released::Responses(released) => released.can_restart().map(|()| released.thought),
        }?;
        if ask.wants_schema {
            return Err(CannotRestart::StructuredOutput);
        }
        Ok(Restart::new(
            self.released.clone(),
            ask.thinking && !thought,
        ))
    }

    /// The dialect's error event, valid after the released part. It does not end the stream.
    pub fn error_event(&self, problem: &Problem) -> Vec<u8> {
        match &self.released {
            Released::Messages(_) => error_body::error_event(Dialect::Anthropic, problem),
            Released::Chat(_) => error_body::error_event(Dialect::OpenaiChat, problem),
            Released::Responses(released) => error_body::response_failed(
                problem,
                released.id.as_deref(),
                released.next_sequence(),
            ),
        }
    }
}

/// A comment, which clients do not report as an event.
pub(crate) const COMMENT: &[u8] = b": keep-alive\n\n";

#[cfg(test)]
mod tests;
