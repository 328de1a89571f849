//! Decides if a response is complete, from the bytes that its client gets.

use bytes::Bytes;
use catalog::Dialect;
use http::header::CONTENT_TYPE;
use wire::{BodyEnd, Framing, Kind, Step, StepKind, Validator};

use super::tape::Head;

/// Watches a response while it is sent.
#[derive(Debug)]
pub(crate) enum CompletionCheck {
    /// An error, or a count of tokens: its status decides.
    Status {
        success: bool,
    },
    Document(Box<Validator>),
    Stream {
        validator: Box<Validator>,
        steps: Vec<Step>,
        /// The event that completes it has arrived.
        checked: bool,
    },
}

impl CompletionCheck {
    pub(crate) fn new(dialect: Dialect, kind: Kind, head: &Head) -> Self {
        let success = head.status.is_success();
        match kind {
            Kind::Generate if success && is_stream(head) => CompletionCheck::Stream {
                validator: Box::new(Validator::new(dialect, Framing::Stream)),
                steps: Vec::new(),
                checked: false,
            },
            Kind::Generate if success => {
                CompletionCheck::Document(Box::new(Validator::new(dialect, Framing::Document)))
            }
            Kind::Generate | Kind::CountTokens => CompletionCheck::Status { success },
        }
    }

    /// Takes the next bytes. True: the response is complete for its client.
    pub(crate) fn push(&mut self, bytes: &Bytes) -> bool {
        match self {
            CompletionCheck::Status { .. } => false,
            CompletionCheck::Document(validator) => {
                validator.push(bytes, &mut Vec::new());
                false
            }
            CompletionCheck::Stream {
                validator,
                steps,
                checked,
            } => {
                steps.clear();
                validator.push(bytes, steps);
                let is_end =
                    |step: &Step| matches!(step.kind, StepKind::SemanticEnd | StepKind::Terminal);
                *checked |= steps.iter().any(is_end);
                *checked
            }
        }
    }

    /// The body has ended cleanly. True: it is a complete response.
    pub(crate) fn is_answer(&self) -> bool {
        match self {
            CompletionCheck::Status { success } => *success,
            CompletionCheck::Document(validator) | CompletionCheck::Stream { validator, .. } => {
                validator.judge(BodyEnd::Clean).is_answer()
            }
        }
    }
}

pub(crate) fn is_stream(head: &Head) -> bool {
    let kind = head.headers.get(CONTENT_TYPE);
    kind.and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// True if this is a complete response.
pub(crate) fn is_answer(dialect: Dialect, head: &Head, body: &[Bytes]) -> bool {
    let mut check = CompletionCheck::new(dialect, Kind::Generate, head);
    for piece in body {
        check.push(piece);
    }
    check.is_answer()
}

/// True if a client with these bytes has received the complete response.
pub(crate) fn has_all(dialect: Dialect, head: &Head, released: &[Bytes]) -> bool {
    let mut validator = Validator::new(dialect, Framing::Stream);
    let mut steps = Vec::new();
    if is_stream(head) {
        for piece in released {
            validator.push(piece, &mut steps);
        }
    }
    steps.iter().any(|step| step.kind == StepKind::Terminal)
}
