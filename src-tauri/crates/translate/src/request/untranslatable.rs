use std::fmt;

use catalog::{Ability, Dialect};

use super::fidelity::Fidelity;

/// Why a candidate of another dialect does not support a request, in words for the owner of the request. The candidate is not
/// used; a retry with the same request has the same result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untranslatable {
    #[error("the body is no request of {dialect}: {what}")]
    Malformed { dialect: Dialect, what: String },
    /// A field, or a value of it, without a translation, unknown ones included.
    #[error("the request has `{field}`, which exists in {dialect} only")]
    Field { dialect: Dialect, field: String },
    #[error("the conversation has a part of the kind `{kind}`, which exists in {dialect} only")]
    Part { dialect: Dialect, kind: String },
    #[error(
        "the request needs the tool `{tool}`, which models of {dialect} bring along themselves"
    )]
    BuiltInTool { dialect: Dialect, tool: String },
    #[error(
        "the request refers to what its own vendor stores (`{field}`), and no copy of it is kept here"
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
    #[error(
        "the request ends with the beginning of the answer, which other models do not continue"
    )]
    Prefill,
    #[error("the tool call `{id}` and its result do not stand together")]
    Unpaired { id: String },
    #[error(
        "the request sets no limit to the answer, {dialect} demands one, and none is known for {model}: tell its `max_output`"
    )]
    NoOutputLimit { dialect: Dialect, model: String },
    #[error("the request needs {needs}, which {model} does not have")]
    ModelLacks { model: String, needs: Ability },
    #[error("the request has about {tokens} tokens, and {model} takes {context}")]
    TooLong {
        model: String,
        /// By [`super::estimate_tokens`].
        tokens: u64,
        context: u64,
    },
}

/// What one dialect can ask for and another has no words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    StopSequences,
    MoreThanFourStopSequences,
    DocumentByAddress,
    /// A file type that the other vendor does not take.
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
            Wish::FileType => "a file of a type that is not taken there",
            Wish::NoUserFirst => "an answer to a conversation that does not begin with the user",
        })
    }
}

/// A part of the request that the candidate did not get, or not exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its place in the client's request, or in the written one: `messages[].content[].cache_control`.
    pub what: String,
    pub why: Why,
}

/// Why a field is dropped. [`Fidelity::tolerates`] decides for which callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    CacheMark,
    /// How thinking is shown, and the thinking of earlier turns.
    Thinking,
    /// Whether and how much the model thinks.
    Effort,
    Sampling,
    Penalty,
    Identity,
    /// Storage, service tier, tracing, betas.
    Handling,
    Bookkeeping,
    /// A tool that the vendor runs.
    VendorTool,
    /// What such a tool did earlier, or how it is to run.
    VendorResult,
    Citations,
    Approximate,
    /// Not dropped but added: the dialect demands it and the request has none.
    Added,
    /// Not dropped: what it refers to is sent in its place.
    Expanded,
    /// A field that we do not know.
    Unknown,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::CacheMark => "prompt caches are each vendor's own",
            Why::Thinking => "thinking is shown to its own vendor alone",
            Why::Effort => "how much to think, which the model does not accept in this form",
            Why::Sampling => "a sampling parameter that the model or its dialect does not have",
            Why::Penalty => "a penalty on tokens that the model or its dialect does not have",
            Why::Identity => "the caller's identity goes to the request's own vendor alone",
            Why::Handling => {
                "a wish for how the vendor handles the request, not for what is answered"
            }
            Why::Bookkeeping => "the vendor's own bookkeeping",
            Why::VendorTool => "run by the vendor itself; the tools of the client remain",
            Why::VendorResult => "what the vendor's own tools did or how they run",
            Why::Citations => "the model cannot cite in this form; the text itself is sent",
            Why::Approximate => "translated as closely as the other dialect can",
            Why::Added => "the dialect demands it, and the request has none",
            Why::Expanded => {
                "what it refers to is sent in its place, from the conversation that is kept here"
            }
            Why::Unknown => "unknown to Understudy, and so it goes to its own vendor alone",
        })
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.what, self.why)
    }
}

/// How many unknown fields are listed by name. A client may send any number; that there are some is what counts.
const MOST_UNKNOWN: usize = 64;

/// Once for each place and reason.
pub(crate) fn leave_out(list: &mut Vec<LeftOut>, what: impl Into<String>, why: Why) {
    let unknown = |dropped: &&LeftOut| dropped.why == Why::Unknown;
    if why == Why::Unknown && list.iter().filter(unknown).count() >= MOST_UNKNOWN {
        return;
    }
    let left_out = LeftOut {
        what: what.into(),
        why,
    };
    if !list.contains(&left_out) {
        list.push(left_out);
    }
}
