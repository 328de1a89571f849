//! Fields that a translation drops, and why.

use std::fmt;

/// A part of the request that the candidate did not get, or not exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its path in the client's request, or in the written one: `messages[].content[].cache_control`.
    pub what: String,
    pub why: Why,
}

/// Why a field is dropped. [`super::Fidelity::tolerates`] decides for which callers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    CacheMark,
    /// How thinking is displayed, and the thinking of earlier turns.
    Thinking,
    /// The amount of thinking.
    Effort,
    Sampling,
    Penalty,
    Identity,
    /// Storage, service tier, tracing, betas.
    Handling,
    Bookkeeping,
    /// A tool that the vendor runs.
    VendorTool,
    /// Earlier results of such a tool, or options for it.
    VendorResult,
    Citations,
    Approximate,
    /// Not dropped but added: the dialect requires it, and the request does not have it.
    Added,
    /// Not dropped: the referenced content is sent instead.
    Expanded,
    /// A field that Understudy does not know.
    Unknown,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Why::CacheMark => "a prompt cache belongs to its vendor",
            Why::Thinking => "thinking is sent only to its own vendor",
            Why::Effort => "an effort that the model does not accept in this form",
            Why::Sampling => "a sampling parameter that the model or its dialect does not have",
            Why::Penalty => "a penalty on tokens that the model or its dialect does not have",
            Why::Identity => "the caller's identity is sent only to the request's own vendor",
            Why::Handling => "an option of the vendor's handling, without effect on the content",
            Why::Bookkeeping => "the vendor's own bookkeeping",
            Why::VendorTool => "executed by the vendor; the client's tools remain",
            Why::VendorResult => "results or options of the vendor's tools",
            Why::Citations => "the model cannot cite in this form; the text itself is sent",
            Why::Approximate => "translated as closely as the other dialect can",
            Why::Added => "the dialect requires it, and the request does not have it",
            Why::Expanded => "its content is sent instead, from the conversation that is kept here",
            Why::Unknown => "unknown to Understudy, so it is sent only to its own vendor",
        })
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.what, self.why)
    }
}

/// Maximum number of unknown fields that are listed by name: a client may send any number of them.
const MOST_UNKNOWN: usize = 64;

/// Adds an entry once for each path and reason.
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
