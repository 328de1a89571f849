//! A client's words for an answer: events in their strict order, or a whole document.

mod anthropic;
mod openai_chat;
mod openai_responses;

use std::fmt;

use catalog::{Dialect, Tokens};

use super::error::Told;
use super::model::{Answer, Happening, Identity, Stop};
use super::{CannotTell, Form};

/// A writer of one dialect. Only whole events are appended to `out`.
pub(super) trait Write: fmt::Debug + Send {
    /// Comes once, before all else but an error. `tokens`: what is known of them by now.
    fn start(&mut self, identity: &Identity, tokens: Tokens, out: &mut Vec<u8>);

    fn happening(&mut self, happening: &Happening, out: &mut Vec<u8>) -> Result<(), CannotTell>;

    /// The stop reason, the usage and the terminal event. Every part has ended.
    fn finish(&mut self, stop: Stop, tokens: Option<Tokens>, out: &mut Vec<u8>);

    /// The provider's error, in place of the end.
    fn error(&mut self, told: &Told, out: &mut Vec<u8>);
}

pub(super) fn writer(dialect: Dialect, form: Form) -> Box<dyn Write> {
    match dialect {
        Dialect::Anthropic => Box::new(anthropic::Writer::default()),
        Dialect::OpenaiChat => Box::new(openai_chat::Writer::new(form)),
        Dialect::OpenaiResponses => Box::new(openai_responses::Writer::new(form)),
    }
}

/// # Errors
/// A call that the dialect cannot say.
pub(super) fn document(dialect: Dialect, answer: &Answer<'_>) -> Result<String, CannotTell> {
    match dialect {
        Dialect::Anthropic => anthropic::document(answer),
        Dialect::OpenaiChat => Ok(openai_chat::document(answer)),
        Dialect::OpenaiResponses => Ok(openai_responses::document(answer)),
    }
}
