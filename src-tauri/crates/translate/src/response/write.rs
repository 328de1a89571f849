//! Writes a response in a client's dialect: events in their strict order, or a document.

use std::fmt;

use catalog::{Dialect, Tokens};

use super::error::Told;
use super::model::{Answer, Happening, Identity, Stop};
use super::{CannotTell, Form};

/// A writer of one dialect. Only complete events are appended to `out`.
pub(crate) trait Write: fmt::Debug + Send {
    /// Comes once, before all else but an error. `tokens`: what is known of them by now.
    fn start(&mut self, identity: &Identity, tokens: Tokens, out: &mut Vec<u8>);

    fn happening(&mut self, happening: &Happening, out: &mut Vec<u8>) -> Result<(), CannotTell>;

    /// The stop reason, the usage and the terminal event. Every part has ended.
    fn finish(&mut self, stop: Stop, tokens: Option<Tokens>, out: &mut Vec<u8>);

    /// The provider's error, in place of the end.
    fn error(&mut self, told: &Told, out: &mut Vec<u8>);
}

pub(crate) fn writer(dialect: Dialect, form: Form) -> Box<dyn Write> {
    match dialect {
        Dialect::Anthropic => Box::new(crate::anthropic::ResponseWriter::new(form)),
        Dialect::OpenaiChat => Box::new(crate::openai_chat::ResponseWriter::new(form)),
        Dialect::OpenaiResponses => Box::new(crate::openai_responses::ResponseWriter::new(form)),
    }
}

/// # Errors
/// A call that the dialect does not support.
pub(crate) fn document(
    dialect: Dialect,
    answer: &Answer<'_>,
    form: &Form,
) -> Result<String, CannotTell> {
    match dialect {
        Dialect::Anthropic => crate::anthropic::response_document(answer, form),
        Dialect::OpenaiChat => Ok(crate::openai_chat::response_document(answer, form)),
        Dialect::OpenaiResponses => Ok(crate::openai_responses::response_document(answer, form)),
    }
}
