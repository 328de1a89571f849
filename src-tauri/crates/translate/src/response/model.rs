//! The content of a response without a dialect.
//!
//! Thinking is excluded on purpose: as text it would mislead the user, and as thinking a vendor refuses it in the next turn,
//! because of the other vendor's signature. Calls of server tools (a web search) are excluded too: the client does not execute
//! them, and other dialects do not have them.

use crate::names::Signature;

/// The kind of a part, known at its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// The model's text of a refusal. One dialect has no field for it and sends it as text.
    Refusal,
    Call(Call),
}

/// A tool that the client executes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// Empty if the provider sent no id.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Responses: the namespace of the tool's declaration.
    pub(crate) namespace: Option<String>,
    pub(crate) input: Input,
    /// The signature that the provider requires with the call.
    pub(crate) signature: Option<Signature>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The arguments of a function.
    Json,
    /// The input of a custom tool.
    FreeText,
}

/// The parts in order, one after the other: `(Begins Piece* (Ends | Truncated))*`. A text part has at least one piece, and no
/// piece is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    Begins(Kind),
    Piece(String),
    Ends,
    /// A limit truncated the response within this part, so the arguments of a call are incomplete.
    Truncated,
}

/// Why the model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    EndTurn,
    /// A stop sequence of the request.
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

/// The identity of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    /// The provider's id without its dialect's prefix, so that each writer can add its own prefix.
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

    /// An id for a part of the response. Unlike a mere number, it is not repeated in the next turn.
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
    /// False: the response was truncated within this part.
    pub(crate) complete: bool,
}

/// A complete response.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) parts: &'a [Part],
    pub(crate) stop: Stop,
    /// `None` if the provider reported no usage.
    pub(crate) tokens: Option<catalog::Tokens>,
}

impl Answer<'_> {
    /// The texts of all parts of a kind, joined.
    pub(crate) fn text_of(&self, kind: &Kind) -> String {
        let parts = self.parts.iter().filter(|part| part.kind == *kind);
        parts.map(|part| part.text.as_str()).collect()
    }
}

/// Applies a happening to the parts so far.
pub(crate) fn collect(parts: &mut Vec<Part>, happening: &Happening) {
    match (happening, parts.last_mut()) {
        (Happening::Begins(kind), _) => parts.push(Part {
            kind: kind.clone(),
            text: String::new(),
            complete: false,
        }),
        (Happening::Piece(text), Some(part)) => part.text.push_str(text),
        (Happening::Ends, Some(part)) => part.complete = true,
        (Happening::Truncated, _) | (Happening::Piece(_) | Happening::Ends, None) => {}
    }
}
