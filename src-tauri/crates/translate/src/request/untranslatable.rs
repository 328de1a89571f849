use std::fmt;

use catalog::{Ability, Dialect};

use super::dropped::Why;
use super::fidelity::Fidelity;

/// Why a candidate of another dialect does not support a request, as a text for the user. The candidate is not used; a retry
/// with the same request has the same result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untranslatable {
    #[error("the body is not a valid request of {dialect}: {what}")]
    Malformed { dialect: Dialect, what: String },
    /// A field, or one of its values, without a translation, unknown ones included.
    #[error("the request has `{field}`, which exists in {dialect} only")]
    Field { dialect: Dialect, field: String },
    #[error("the conversation has a part of the kind `{kind}`, which exists in {dialect} only")]
    Part { dialect: Dialect, kind: String },
    #[error("the request needs the tool `{tool}`, which only models of {dialect} provide")]
    BuiltInTool { dialect: Dialect, tool: String },
    #[error(
        "the request refers to content that its own vendor stores (`{field}`), and no copy of it is kept here"
    )]
    Kept { field: String },
    #[error("`{field}` would be dropped, which {fidelity} does not allow: {why}")]
    Dropped {
        field: String,
        why: Why,
        fidelity: Fidelity,
    },
    #[error("the request needs {wish}, which {dialect} does not have")]
    Unsayable { dialect: Dialect, wish: Wish },
    #[error("the request ends with a prefix of the response, which other models do not continue")]
    Prefill,
    #[error("the tool call `{id}` and its result are not adjacent")]
    Unpaired { id: String },
    #[error(
        "the request has no output limit, {dialect} requires one, and none is known for {model}: set its `max_output`"
    )]
    NoOutputLimit { dialect: Dialect, model: String },
    #[error("the request needs {needs}, which {model} does not have")]
    ModelLacks { model: String, needs: Ability },
    #[error("the request has about {tokens} tokens, and {model} accepts {context}")]
    TooLong {
        model: String,
        /// Computed by [`super::estimate_tokens`].
        tokens: u64,
        context: u64,
    },
}

/// Maximum number of characters of a text in it that the client chooses: it is stored and shown with the request.
const LONGEST: usize = 256;

impl Untranslatable {
    /// Shortens the texts that the client chooses.
    pub(crate) fn bounded(mut self) -> Self {
        match &mut self {
            Untranslatable::Malformed { what: text, .. }
            | Untranslatable::Field { field: text, .. }
            | Untranslatable::Part { kind: text, .. }
            | Untranslatable::BuiltInTool { tool: text, .. }
            | Untranslatable::Kept { field: text }
            | Untranslatable::Dropped { field: text, .. }
            | Untranslatable::Unpaired { id: text } => {
                if let Some((end, _)) = text.char_indices().nth(LONGEST) {
                    text.truncate(end);
                    text.push('…');
                }
            }
            Untranslatable::Unsayable { .. }
            | Untranslatable::Prefill
            | Untranslatable::NoOutputLimit { .. }
            | Untranslatable::ModelLacks { .. }
            | Untranslatable::TooLong { .. } => {}
        }
        self
    }
}

/// A feature that one dialect has and another does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    StopSequences,
    MoreThanFourStopSequences,
    DocumentByAddress,
    /// A file type that the other vendor does not accept.
    FileType,
    /// The conversation does not begin with the user.
    NoUserFirst,
}

impl Wish {
    pub(crate) fn unsayable_in(self, dialect: Dialect) -> Untranslatable {
        Untranslatable::Unsayable {
            dialect,
            wish: self,
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wish::StopSequences => "stop sequences",
            Wish::MoreThanFourStopSequences => "more than four stop sequences",
            Wish::DocumentByAddress => "a document by its address",
            Wish::FileType => "a file of a type that is not accepted there",
            Wish::NoUserFirst => "a response to a conversation that does not begin with the user",
        })
    }
}
