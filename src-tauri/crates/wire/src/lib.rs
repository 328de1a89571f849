//! Parses what clients and providers send: routing fields of requests, server-sent events, completion, usage and failure
//! classes. Writes errors in the client's dialect.
//!
//! Pure: opens no socket and changes no forwarded byte; a [`Validator`] reads a copy. The exception is a [`Splice`]: it
//! rewrites a second response so that it continues a truncated one.

#![warn(clippy::wildcard_enum_match_arm)]

mod ask;
mod client;
mod completion;
mod error_body;
mod events;
mod failure;
pub mod fields;
mod first_line;
pub mod json;
mod said;
mod same;
mod splice;
pub mod sse;
pub mod text;
mod told;
mod validator;

pub use ask::{Ask, BadRequest, Kind, with_model, without_credentials};
pub use client::Client;
pub use completion::{Arguments, BodyEnd, Broken, Completion, Report, Step, StepKind, ToolCall};
pub use error_body::{Problem, error_body, error_event};
pub use events::as_events;
pub use failure::{
    Class, Failure, Rule, Words, class_of, classify, classify_broken, classify_by, read_broken,
};
pub use first_line::{FirstLine, with_first_line};
pub use said::said;
pub use same::without_ids;
pub use splice::{Restart, Splice};
pub use told::{CannotRestart, Told};
pub use validator::anthropic::{Block, block_kind};
pub use validator::fault::malformed;
pub use validator::openai_responses::item::is_executable;
pub use validator::{Framing, Validator};
