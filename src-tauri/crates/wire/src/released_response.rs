//! The released part of a response, derived from the bytes released to the client alone: what can be sent without changing
//! anything, and whether another response can continue a truncated one.

pub(crate) mod anthropic;
mod cannot_restart;
mod keep_alive;
pub(crate) mod openai_chat;
pub(crate) mod openai_responses;
pub(crate) mod released;

use catalog::Dialect;

pub use cannot_restart::CannotRestart;
use released::Released;

use crate::sse;
use crate::{GatewayError, RequestFields, Restart, Validator, error_body};

/// The part of a streamed response that the client received.
///
/// A [`Validator`] reads all bytes of the provider; this type reads the released bytes only. After a restart it must read the
/// opening and the output of [`crate::Splice`] too.
#[derive(Debug)]
pub struct ReleasedResponse {
    reader: sse::Reader,
    released: Released,
    /// The client received something that is not an event of the dialect.
    unreadable: bool,
}

impl ReleasedResponse {
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
    pub fn usage_keep_alive(&self) -> Vec<u8> {
        match &self.released {
            Released::Messages(released) if self.reader.pending() == 0 => {
                let mut out = Vec::new();
                released.usage_keep_alive(&mut out);
                out
            }
            Released::Messages(_) | Released::Chat(_) | Released::Responses(_) => self.keep_alive(),
        }
    }

    /// Checks whether another provider's response can continue this one in the same message.
    ///
    /// # Errors
    /// The reason why not. It cannot change later in this response.
    pub fn restart(&self, ask: &RequestFields) -> Result<Restart, CannotRestart> {
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
        if ask.requires_schema {
            return Err(CannotRestart::StructuredOutput);
        }
        Ok(Restart::new(
            self.released.clone(),
            ask.thinking && !thought,
        ))
    }

    /// The dialect's error event, valid after the released part. It does not end the stream.
    pub fn error_event(&self, problem: &GatewayError) -> Vec<u8> {
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

#[cfg(test)]
mod tests;
