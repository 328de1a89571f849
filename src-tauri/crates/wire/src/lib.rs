//! Parses what clients and providers send: routing fields of requests, server-sent events, completion, usage and failure
//! classes. Writes errors in the client's dialect.
//!
//! Pure: opens no socket and changes no forwarded byte; a [`Validator`] reads a copy. The exception is a [`Splice`]: it
//! rewrites a second response so that it continues a truncated one.

mod canonical_request;
mod client;
mod completion;
mod error_body;
mod events;
mod failure;
pub mod fields;
mod first_line;
pub mod json;
mod prompt_elsewhere;
mod released_response;
mod request_fields;
mod response_text;
mod splice;
pub mod sse;
pub mod text;
mod validator;

pub use canonical_request::canonical_request;
pub use client::Client;
pub use completion::{Arguments, BodyEnd, Broken, Completion, Report, Step, StepKind, ToolCall};
pub use error_body::{GatewayError, error_body, error_event};
pub use events::as_events;
pub use failure::{
    ErrorText, Failure, FailureClass, Rule, class_of, classify, classify_broken, classify_by,
    read_broken,
};
pub use first_line::{FirstLine, with_first_line};
pub use prompt_elsewhere::has_prompt_elsewhere;
pub use released_response::{CannotRestart, ReleasedResponse};
pub use request_fields::{BadRequest, Kind, RequestFields, with_model, without_credentials};
pub use response_text::response_text;
pub use splice::{Restart, Splice};
pub use validator::anthropic::{Block, block_kind};
pub use validator::fault::malformed;
pub use validator::openai_responses::item::is_executable;
pub use validator::{Framing, Validator};
