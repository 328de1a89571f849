//! OpenAI Chat Completions, as OpenAI and the many who speak its dialect take it. Fields: OpenAI API reference, "Create chat
//! completion".

mod message;
mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;
