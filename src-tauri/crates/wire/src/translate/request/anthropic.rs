//! Anthropic Messages. Fields and their meaning: Anthropic docs, "Messages", "Tool use", "Structured outputs", "Effort".

mod parts;
mod read;
mod write;

pub(super) use read::read;
pub(super) use write::write;
