/// What a provider demands back with a tool call: the signature of the thinking before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signature {
    /// `extra_content.google.thought_signature` of a call in Chat (Gemini API docs, "Thought signatures").
    Thought(String),
    /// An element of `reasoning_details`, as JSON text (OpenRouter docs, "Preserving reasoning").
    Detail(String),
}

impl Signature {
    pub(super) const MARKS: [&str; 2] = ["_t", "_r"];

    pub(super) fn mark(&self) -> &'static str {
        match self {
            Signature::Thought(_) => Self::MARKS[0],
            Signature::Detail(_) => Self::MARKS[1],
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Signature::Thought(text) | Signature::Detail(text) => text,
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
