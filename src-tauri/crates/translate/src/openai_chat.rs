//! OpenAI Chat Completions, for OpenAI and compatible servers. Fields: OpenAI API reference, "Create chat completion".

use catalog::Dialect;

mod message;
mod read_request;
mod read_response;
mod signatures;
mod write_request;
mod write_response;

pub(crate) use read_request::read as read_request;
pub(crate) use read_response::Reader as ResponseReader;
pub(crate) use write_request::write as write_request;
pub(crate) use write_response::{Writer as ResponseWriter, document as response_document};

/// The dialect of this module, for errors.
const DIALECT: Dialect = Dialect::OpenaiChat;
