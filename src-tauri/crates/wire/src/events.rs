//! Converts a document into the events of its dialect, for a client that requested a stream from a server that does not stream.
//! Values keep their bytes.

mod anthropic;
mod openai_chat;
mod openai_responses;
mod write;

use catalog::Dialect;

use crate::fields::Fields;
use crate::{Broken, malformed};

/// The document as a stream with the dialect's terminal event. A [`crate::Validator`] gives both the same verdict.
///
/// # Errors
/// The document is not a JSON object, or it is a background response, which a finished stream cannot represent.
pub fn as_events(dialect: Dialect, document: &[u8]) -> Result<Vec<u8>, Broken> {
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let body = Fields::read(text).map_err(|error| malformed(&error))?;
    let mut out = Vec::with_capacity(document.len() * 2);
    match dialect {
        Dialect::Anthropic => anthropic::write_events(body, &mut out),
        Dialect::OpenaiChat => openai_chat::write_events(body, &mut out),
        Dialect::OpenaiResponses => openai_responses::write_events(body, &mut out)?,
    }
    Ok(out)
}

#[cfg(test)]
mod tests;
