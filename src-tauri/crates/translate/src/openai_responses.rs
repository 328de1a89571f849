//! OpenAI Responses. Fields and items: OpenAI API reference, "Create a model response", and what Codex 0.169.0 sends.

mod echo;
mod item;
mod read_request;
mod read_response;
mod write_request;
mod write_response;

pub(crate) use read_request::{is_vendor_tool, read as read_request, read_echo};
pub(crate) use read_response::Reader as ResponseReader;
pub(crate) use write_request::write as write_request;
pub(crate) use write_response::{Writer as ResponseWriter, document as response_document};
