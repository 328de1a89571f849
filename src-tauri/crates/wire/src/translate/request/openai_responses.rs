//! OpenAI Responses. Fields and items: OpenAI API reference, "Create a model response", and what Codex 0.169.0 sends.

mod item;
mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;
