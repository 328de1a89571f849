//! What agents and providers say: requests as far as routing reads them, server-sent events, completeness, usage,
//! failure classes, and errors in a client's own dialect.
//!
//! Pure: opens no socket and never changes a byte that is forwarded; a [`Validator`] observes a copy.

mod ask;
mod client;
mod completion;
mod error_body;
mod failure;
mod json;
pub mod sse;
mod validator;

pub use ask::{Ask, BadRequest, Kind, with_model};
pub use client::Client;
pub use completion::{BodyEnd, Broken, Completion, Report, Step, StepKind, ToolCall};
pub use error_body::{Problem, error_body, error_event};
pub use failure::{Class, Failure, Rule, classify, classify_broken, classify_by};
pub use validator::{Framing, Validator};
