//! The response reader and writer of each dialect.

use catalog::Dialect;

use super::Form;
use super::model::Answer;
use super::read::Read;
use super::untranslatable::UntranslatableResponse;
use super::write::Write;

pub(crate) fn reader(dialect: Dialect) -> Box<dyn Read> {
    match dialect {
        Dialect::Anthropic => Box::new(crate::anthropic::ResponseReader::default()),
        Dialect::OpenaiChat => Box::new(crate::openai_chat::ResponseReader::default()),
        Dialect::OpenaiResponses => Box::new(crate::openai_responses::ResponseReader::default()),
    }
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
) -> Result<String, UntranslatableResponse> {
    match dialect {
        Dialect::Anthropic => crate::anthropic::response_document(answer, form),
        Dialect::OpenaiChat => Ok(crate::openai_chat::response_document(answer, form)),
        Dialect::OpenaiResponses => Ok(crate::openai_responses::response_document(answer, form)),
    }
}
