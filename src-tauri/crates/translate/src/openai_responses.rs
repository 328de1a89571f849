//! OpenAI Responses. Fields and items: OpenAI API reference, "Create a model response", and what Codex 0.169.0 sends.

use catalog::Dialect;

mod echo;
mod item;
mod read_request;
mod read_response;
mod tools;
mod write_request;
mod write_response;

pub use echo::Echo;
pub(crate) use echo::read_echo;
pub(crate) use read_request::read as read_request;
pub(crate) use read_response::Reader as ResponseReader;
pub(crate) use tools::is_vendor_tool;
pub(crate) use write_request::write as write_request;
pub(crate) use write_response::{Writer as ResponseWriter, document as response_document};

/// The dialect of this module, for errors.
const DIALECT: Dialect = Dialect::OpenaiResponses;
