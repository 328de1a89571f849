//! What agents and providers say: requests as far as routing reads them, server-sent events, completeness, usage,
//! failure classes, errors in a client's own dialect, and all of it in another dialect's words.
//!
//! Pure: opens no socket and never changes a byte that is forwarded; a [`Validator`] observes a copy. The two exceptions are a
//! [`Splice`], which makes a second answer the continuation of one that broke off, and [`translate`], for a client and a
//! provider that speak different dialects.

mod ask;
mod client;
mod completion;
mod error_body;
mod failure;
mod fields;
mod json;
mod said;
mod splice;
pub mod sse;
mod told;
pub mod translate;
mod validator;

pub use ask::{Ask, BadRequest, Kind, with_model, without_credentials};
pub use client::Client;
pub use completion::{Arguments, BodyEnd, Broken, Completion, Report, Step, StepKind, ToolCall};
pub use error_body::{Problem, error_body, error_event};
pub use failure::{Class, Failure, Rule, classify, classify_broken, classify_by};
pub use said::said;
pub use splice::{Restart, Splice};
pub use told::{CannotRestart, Told};
pub use validator::{Framing, Validator};
