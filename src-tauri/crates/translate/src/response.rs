//! Translates a response of one dialect into another.
//!
//! A [`Validator`] reads every event first. The stop reason, the usage and the terminal event are written from its verdict, so
//! a response that failed the completion check never ends as complete for the client.

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
pub(crate) mod untranslatable;
pub(crate) mod write;

use std::sync::Arc;

use catalog::{ReasoningContent, Tokens};

use crate::request::Echo;
use model::{Identity, Stop};
use parts::Parts;
use wire::{BodyEnd, Broken, Completion, Validator};

pub use document::{SignedDocument, complete_document, complete_document_signed};
pub use error::error;
pub use stream::{AnswerTranslator, Progress};
pub use untranslatable::UntranslatableResponse;

/// The form of the response that the client's request requires.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// `stream_options.include_usage` of Chat: a last chunk without choices contains the usage. Clients that did not request it
    /// may fail on it.
    pub usage_chunk: bool,
    /// The time of the response in seconds since 1970, for dialects with such a field.
    pub created: u64,
    /// The text is one JSON value, which the client parses: a Markdown fence around it is removed.
    pub json: bool,
    /// The fields of the request that a response object repeats.
    pub echo: Option<Arc<Echo>>,
    /// Thinking that the client's own vendor requires with a call: it gets the client's own bytes, including calls of other
    /// models.
    pub reasoning_content: ReasoningContent,
}

/// Placeholder for the thinking before a call, which is not passed on. Clients drop an empty text.
pub(crate) const NO_THOUGHT: &str = " ";

/// How a response ended, from its verdict.
#[derive(Debug)]
struct Proof {
    verdict: Completion,
    stop: Stop,
    /// `None` if the provider reported no usage.
    tokens: Option<Tokens>,
}

impl Proof {
    fn of(validator: &Validator) -> Result<Proof, UntranslatableResponse> {
        let verdict = validator.judge(BodyEnd::Clean);
        let report = validator.report();
        let word = report.stop_reason.as_deref().unwrap_or_default();
        let calls = !report.tool_calls.is_empty();
        Ok(Proof {
            stop: stop::stop(verdict.clone(), word, calls)?,
            verdict,
            tokens: report.usage_reported.then_some(report.tokens),
        })
    }

    /// Invalid arguments that the client already received are detected by the client.
    fn holds_for(&self, parts: &Parts) -> Result<(), UntranslatableResponse> {
        if let Completion::Broken(Broken::InvalidToolInput(name)) = &self.verdict
            && !parts.gave_invalid_arguments()
        {
            return Err(Broken::InvalidToolInput(name.clone()).into());
        }
        Ok(())
    }
}

/// The identity of the response, as far as it is known at this point.
fn identity(validator: &Validator, created: u64) -> Identity {
    let report = validator.report();
    Identity::new(report.id.as_deref(), report.model.as_deref(), created)
}

fn malformed(error: &serde_json::Error) -> UntranslatableResponse {
    wire::malformed(error).into()
}

#[cfg(test)]
mod tests;
