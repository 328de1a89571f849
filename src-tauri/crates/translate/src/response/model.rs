//! What an answer consists of, in no dialect's words.
//!
//! Thinking is not part of it, on purpose: as text it would mislead the user, and as thinking a vendor refuses it in the next
//! turn, since its signature is another vendor's. A tool that the provider ran (a web search) is not part of it either: the
//! client has nothing to do, and no other dialect knows the tool.

use crate::names::Signature;

/// A part of an answer, as it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// The model's text of a refusal. Only one dialect lacks a field for it, and has it as text.
    Refusal,
    Call(Call),
}

/// A tool that the client is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Empty where the provider gave none.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Responses: what the client declared the tool in.
    pub(crate) namespace: Option<String>,
    pub(crate) input: Input,
    /// What the provider demands back with the call.
    pub(crate) signature: Option<Signature>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The arguments of a function.
    Json,
    /// The input of a custom tool.
    FreeText,
}

/// One part after the other, in order: `(Begins Piece* (Ends | BreaksOff))*`. A text that begins has at least one piece,
/// and no piece is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    Begins(Kind),
    Piece(String),
    Ends,
    /// The answer was cut by a limit within this part. A call's arguments are then not all there.
    BreaksOff,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    EndTurn,
    /// A stop sequence of the request's.
    Sequence,
    ToolUse,
    MaxTokens,
    ContextWindow,
    Refusal,
}

impl Stop {
    pub(crate) fn is_cut(self) -> bool {
        match self {
            Stop::MaxTokens | Stop::ContextWindow => true,
            Stop::EndTurn | Stop::Sequence | Stop::ToolUse | Stop::Refusal => false,
        }
    }
}

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The provider's id without its dialect's prefix, so that each writer can put its own in front.
    id: String,
    pub(crate) model: String,
    /// Seconds since 1970.
    pub(crate) created: u64,
}

impl Identity {
    const PREFIXES: [&str; 3] = ["msg_", "chatcmpl-", "resp_"];

    pub(crate) fn new(id: Option<&str>, model: Option<&str>, created: u64) -> Self {
        let id = id.unwrap_or("understudy");
        let bare = Self::PREFIXES
            .iter()
            .find_map(|prefix| id.strip_prefix(prefix))
            .unwrap_or(id);
        Self {
            id: bare.to_owned(),
            model: model.unwrap_or_default().to_owned(),
            created,
        }
    }

    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.id)
    }

    /// An id for something within the answer. Unlike one that only counts, it is not met again in the next turn.
    pub(crate) fn part_id(&self, prefix: &str, number: usize) -> String {
        format!("{prefix}{}_{number}", self.id)
    }
}

/// One complete part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    /// The text, or the arguments.
    pub(crate) text: String,
    /// False: the answer was cut within it.
    pub(crate) whole: bool,
}

/// An answer from its beginning to its end.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) parts: &'a [Part],
    pub(crate) stop: Stop,
    /// `None` where the provider reported no usage.
    pub(crate) tokens: Option<catalog::Tokens>,
}

impl Answer<'_> {
    /// All parts of a kind, one after the other.
    pub(crate) fn said(&self, kind: &Kind) -> String {
        let parts = self.parts.iter().filter(|part| part.kind == *kind);
        parts.map(|part| part.text.as_str()).collect()
    }
}

/// Adds what happens to the parts that there are.
pub(crate) fn collect(parts: &mut Vec<Part>, happening: &Happening) {
    match (happening, parts.last_mut()) {
        (Happening::Begins(kind), _) => parts.push(Part {
            kind: kind.clone(),
            text: String::new(),
            whole: false,
        }),
        (Happening::Piece(text), Some(part)) => part.text.push_str(text),
        (Happening::Ends, Some(part)) => part.whole = true,
        (Happening::BreaksOff, _) | (Happening::Piece(_) | Happening::Ends, None) => {}
    }
}
