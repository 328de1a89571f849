//! The released part of a response, derived from the bytes released to the client alone: what can be sent without changing
//! anything, and whether another response can continue a truncated one.

mod anthropic;
mod openai_chat;
mod openai_responses;

use catalog::Dialect;

pub(crate) use anthropic::Seen as MessagesSeen;
pub(crate) use openai_chat::{Seen as ChatSeen, THINKING, is_empty};
pub(crate) use openai_responses::{Item as ResponsesItem, Seen as ResponsesSeen};

use crate::sse;
use crate::{Ask, Broken, Problem, Restart, Validator, error_body};

/// A client's own view of a streamed answer.
///
/// A [`Validator`] has seen what was read; while a part of that is held back, the client has seen less. This observer is fed
/// with what was released. It stays of use after a restart: feed it the opening and all that [`crate::Splice`] passes.
#[derive(Debug)]
pub struct Told {
    reader: sse::Reader,
    seen: Seen,
    /// Something was released that is no event of the dialect.
    unreadable: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Seen {
    Messages(anthropic::Seen),
    Chat(openai_chat::Seen),
    Responses(openai_responses::Seen),
}

/// Why another provider's response cannot continue this one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotRestart {
    /// The other answer can be passed on as it is.
    #[error("nothing of the answer was shown yet")]
    NothingShown,
    #[error("the client received a partial event")]
    WithinEvent,
    #[error("the client received an unreadable event")]
    Unreadable,
    /// A stop reason, a finish reason or an error has been shown.
    #[error("the client has received the end of the response")]
    Ended,
    #[error("structured output cannot begin again in the middle")]
    StructuredOutput,
    /// Its signature is missing, and without it the vendor refuses the history.
    #[error("a block of thinking is unfinished")]
    WithinThinking,
    /// Left open it spoils the message, and closed it would be run.
    #[error("a tool call was begun and is unfinished")]
    ToolCallBegun,
    #[error("a tool call was delivered, and must not come twice")]
    ToolCallDelivered,
    /// A tool that the provider runs itself.
    #[error("a tool that the provider runs was called and has no result")]
    ToolWithoutResult,
    /// A block of another kind, by the name that the dialect has for it.
    #[error("a block of kind `{0}` is unfinished")]
    WithinBlock(String),
    #[error("the model had begun to refuse")]
    Refusing,
    #[error("there are several choices")]
    SeveralChoices,
    #[error("the answer is larger than {0} bytes")]
    TooLong(usize),
    /// With thinking on, a vendor accepts a tool call only after thinking of its own, and that of the second answer is
    /// never shown. Found out with the second answer; nothing of the call has been passed.
    #[error("the second answer calls a tool, and no thinking was shown before")]
    ToolCallWithoutThinking,
    /// The fault of the second provider, not of the restart.
    #[error("the second answer is broken: {0}")]
    Broken(#[from] Broken),
}

impl Told {
    pub fn new(dialect: Dialect) -> Self {
        let seen = match dialect {
            Dialect::Anthropic => Seen::Messages(anthropic::Seen::default()),
            Dialect::OpenaiChat => Seen::Chat(openai_chat::Seen::default()),
            Dialect::OpenaiResponses => Seen::Responses(openai_responses::Seen::default()),
        };
        Self {
            reader: sse::Reader::new(Validator::LIMIT),
            seen,
            unreadable: false,
        }
    }

    /// Reads bytes that go to the client, in any split. For keep-alives and restarts the client must receive complete events:
    /// within one, neither is possible. Keep-alives need not be passed to this function.
    pub fn push(&mut self, bytes: &[u8]) {
        let (seen, unreadable) = (&mut self.seen, &mut self.unreadable);
        let outcome = self.reader.push(bytes, &mut |event| {
            let read = match seen {
                Seen::Messages(seen) => seen.event(event),
                Seen::Chat(seen) => seen.event(event),
                Seen::Responses(seen) => seen.event(event),
            };
            *unreadable |= read.is_err();
        });
        self.unreadable |= outcome.is_err();
    }

    /// A block has been completed for the client: thinking, text, or a tool's result. From then on Claude Code 2.1 never
    /// repeats a truncated response. Chat has no blocks, and this is false there.
    pub fn has_completed_block(&self) -> bool {
        match &self.seen {
            Seen::Messages(seen) => seen.completed,
            Seen::Chat(_) => false,
            Seen::Responses(seen) => seen.has_completed_item(),
        }
    }

    /// No text was released and no text block is open: the text that follows is complete.
    pub fn is_before_text(&self) -> bool {
        match &self.seen {
            Seen::Messages(seen) => seen.is_before_text(),
            Seen::Chat(seen) => !seen.spoke,
            Seen::Responses(seen) => seen.is_before_text(),
        }
    }

    /// Bytes that change nothing for the client and show it that the answer is alive; none within an event or after the
    /// terminal one.
    ///
    /// Claude Code 2.1 and Codex 0.1xx cut a stream after 300 s without an event. Pings do not count for the first and
    /// comments for neither (both measured), so that it has to be an event of the dialect's own: an empty delta in the
    /// block that is open for the client. Where no block is open, the dialect's least event takes its place: a ping, an
    /// empty chunk, the response once more.
    pub fn keep_alive(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.reader.pending() == 0 {
            match &self.seen {
                Seen::Messages(seen) => seen.keep_alive(&mut out),
                Seen::Chat(seen) => seen.keep_alive(&mut out),
                Seen::Responses(seen) => seen.keep_alive(&mut out),
            }
        }
        out
    }

    /// The same for a client that heeds no pings: where no block is open, Messages' usage so far, which Claude Code takes for a sign
    /// of life (measured with 2.1.332).
    pub fn sign_of_life(&self) -> Vec<u8> {
        match &self.seen {
            Seen::Messages(seen) if self.reader.pending() == 0 => {
                let mut out = Vec::new();
                seen.sign_of_life(&mut out);
                out
            }
            Seen::Messages(_) | Seen::Chat(_) | Seen::Responses(_) => self.keep_alive(),
        }
    }

    /// May another provider's response continue this one within the same message?
    ///
    /// # Errors
    /// Why not. None of the reasons goes away by waiting.
    pub fn restart(&self, ask: &Ask) -> Result<Restart, CannotRestart> {
        if self.reader.pending() > 0 {
            return Err(CannotRestart::WithinEvent);
        }
        if self.unreadable {
            return Err(CannotRestart::Unreadable);
        }
        let thought = match &self.seen {
            Seen::Messages(seen) => seen.can_restart().map(|()| seen.thought),
            Seen::Chat(seen) => seen.can_restart().map(|()| seen.thought),
            Seen::Responses(seen) => seen.can_restart().map(|()| seen.thought),
        }?;
        if ask.wants_schema {
            return Err(CannotRestart::StructuredOutput);
        }
        Ok(Restart::new(self.seen.clone(), ask.thinking && !thought))
    }

    /// The dialect's own error event, valid after the released part. Does not end the stream.
    pub fn error_event(&self, problem: &Problem) -> Vec<u8> {
        match &self.seen {
            Seen::Messages(_) => error_body::error_event(Dialect::Anthropic, problem),
            Seen::Chat(_) => error_body::error_event(Dialect::OpenaiChat, problem),
            Seen::Responses(seen) => {
                error_body::response_failed(problem, seen.id.as_deref(), seen.next_sequence())
            }
        }
    }
}

/// A line that no client reads as an event.
pub(crate) const COMMENT: &[u8] = b": keep-alive\n\n";

#[cfg(test)]
mod tests;
