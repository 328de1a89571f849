use std::fmt;
use std::str::FromStr;

/// What a provider requires with a tool call in the next request: the signature of the thinking before the call, or that
/// thinking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signature {
    /// `extra_content.google.thought_signature` of a call in Chat (Gemini API docs, "Thought signatures").
    Thought(String),
    /// An element of `reasoning_details`, as JSON text (OpenRouter docs, "Preserving reasoning").
    Detail(String),
    /// The thinking itself, for the first call of a response (DeepSeek API docs, "Thinking mode": `reasoning_content` must be
    /// passed back with tool calls). It is never stored in an id.
    Reasoning(String),
}

impl fmt::Display for Signature {
    /// In the form that [`Signature::from_str`] parses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.mark(), self.text())
    }
}

/// The text is not a written [`Signature`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no signature begins so")]
pub struct NoSignature;

impl FromStr for Signature {
    type Err = NoSignature;

    fn from_str(written: &str) -> Result<Self, NoSignature> {
        let (mark, text) = written.split_at_checked(2).ok_or(NoSignature)?;
        let text = text.to_owned();
        match mark {
            REASONING => Ok(Signature::Reasoning(text)),
            mark => Signature::marked(mark, text).ok_or(NoSignature),
        }
    }
}

/// Never in an id: there, `_c` and a digit would be an escape.
const REASONING: &str = "_c";

impl Signature {
    /// Markers that an id may contain.
    pub(super) const MARKS: [&str; 2] = ["_t", "_r"];

    pub(super) fn mark(&self) -> &'static str {
        match self {
            Signature::Thought(_) => Self::MARKS[0],
            Signature::Detail(_) => Self::MARKS[1],
            Signature::Reasoning(_) => REASONING,
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Signature::Thought(text) | Signature::Detail(text) | Signature::Reasoning(text) => text,
        }
    }

    pub(super) fn marked(mark: &str, text: String) -> Option<Signature> {
        match mark {
            "_t" => Some(Signature::Thought(text)),
            "_r" => Some(Signature::Detail(text)),
            _ => None,
        }
    }
}
