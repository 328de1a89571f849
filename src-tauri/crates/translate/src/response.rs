//! Translates a response of one dialect into another.
//!
//! A [`Validator`] sees every event first, and a response that failed the completion check upstream does not end downstream:
//! the stop reason, the usage and the terminal event are written from its verdict, or not at all.

pub(crate) mod cannot_tell;
pub(crate) mod dialects;
pub(crate) mod document;
pub(crate) mod error;
pub(crate) mod model;
pub(crate) mod parts;
pub(crate) mod read;
pub(crate) mod reasoning;
pub(crate) mod restore;
pub(crate) mod stop;
pub(crate) mod stream;
pub(crate) mod write;

use std::sync::Arc;

use catalog::{ReasoningContent, Tokens};

use crate::request::Echo;
use model::{Identity, Stop};
use parts::Parts;
use wire::{BodyEnd, Broken, Completion, Validator};

pub use cannot_tell::CannotTell;
pub use document::{Whole, whole, whole_signed};
pub use error::error;
pub use stream::{AnswerTranslator, Progress};

/// The form of the response that the client's request requires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// `stream_options.include_usage` of Chat: a last chunk without choices holds the usage. Clients that did not ask for it
    /// may fail on it.
    pub usage_chunk: bool,
    /// The time of the response in seconds since 1970, for dialects that have it.
    pub created: u64,
    /// The text is one JSON value, which the client parses: a Markdown fence around it is taken off.
    pub json: bool,
    /// What a response object repeats of its request.
    pub echo: Option<Arc<Echo>>,
    /// What the client's own vendor demands back with a call: it gets the client's own bytes, calls of others included.
    pub reasoning_content: ReasoningContent,
}

/// Stands for the thinking before a call, which is not passed on. Clients drop an empty one.
pub(crate) const NO_THOUGHT: &str = " ";

/// How an answer ended, by the verdict on it.
#[derive(Debug)]
struct Proof {
    verdict: Completion,
    stop: Stop,
    /// `None` where the provider reported no usage.
    tokens: Option<Tokens>,
}

impl Proof {
    fn of(validator: &Validator) -> Result<Proof, CannotTell> {
        let verdict = validator.judge(BodyEnd::Clean);
        let report = validator.report();
        let word = report.stop_reason.as_deref().unwrap_or_default();
        let calls = !report.tool_calls.is_empty();
        Ok(Proof {
            stop: stop::stop(verdict.clone(), word, calls)?,
            verdict,
            tokens: report.usage_told.then_some(report.tokens),
        })
    }

    /// Invalid arguments that the client already received are its own to find.
    fn holds_for(&self, parts: &Parts) -> Result<(), CannotTell> {
        if let Completion::Broken(Broken::InvalidToolInput(name)) = &self.verdict
            && !parts.gave_invalid_arguments()
        {
            return Err(Broken::InvalidToolInput(name.clone()).into());
        }
        Ok(())
    }
}

/// Who answers, as far as is known by now.
fn identity(validator: &Validator, created: u64) -> Identity {
    let report = validator.report();
    Identity::new(report.id.as_deref(), report.model.as_deref(), created)
}

fn malformed(error: &serde_json::Error) -> CannotTell {
    wire::malformed(error).into()
}

#[cfg(test)]
mod tests;
