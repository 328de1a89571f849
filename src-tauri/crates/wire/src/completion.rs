use std::fmt;

use catalog::Tokens;

/// The completion check's verdict. The table of stop reasons is in `validator::stop`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// A clean stop with every block closed and every tool input valid JSON.
    Complete,
    /// The client continues the turn: `pause_turn`, `compaction`, a background response.
    Continues,
    /// There is content and the dialect's terminal event, and the stop reason is unknown. An agent may know the word; a
    /// pipeline must not take the response for complete.
    Unknown,
    /// Cut by a token limit: the provider did its part.
    Truncated,
    /// `refusal`, `content_filter`: an answer, never sent again to the same model.
    Refused,
    Broken(Broken),
}

impl Completion {
    /// The provider gave all it had to give; only [`Completion::Broken`] is a failed attempt.
    pub fn is_answer(&self) -> bool {
        !matches!(self, Completion::Broken(_))
    }
}

/// Why an answer is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the body ended without a stop reason")]
    NoStopReason,
    #[error("the connection was cut in the middle of the answer")]
    Cut,
    #[error("the provider reported an error in the stream: {kind}: {message}")]
    ErrorEvent { kind: String, message: String },
    #[error("an event is not valid: {0}")]
    Malformed(String),
    #[error("a block was left open")]
    OpenBlock,
    #[error("tool call `{0}` has arguments that are not valid JSON")]
    InvalidToolInput(String),
    #[error("the answer ended cleanly with nothing to act on")]
    Empty,
    #[error("the answer has nothing to act on and ended with the unknown stop reason `{0}`")]
    UnknownStopReason(String),
    #[error("the body is no answer: {0}")]
    NotAnAnswer(String),
    #[error("one event is larger than {0} bytes")]
    Oversize(usize),
}

/// The transport's end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// Last chunk, or all of the promised length.
    Clean,
    /// Reset, short of its length, or without a last chunk.
    Cut,
}

/// One event of a streamed answer, as far as delivery cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Bytes of the stream up to and including this event, counted from its first byte.
    pub end: u64,
    pub kind: StepKind,
    /// First event of a tool call that the client executes.
    pub opens_call: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Comments, pings, empty deltas, unknown events: no sign of progress.
    Noise,
    /// Opens or frames the answer without giving any of it (`message_start`, `response.created`, a role-only delta, the
    /// start of a tool call).
    Lifecycle,
    /// Text, thinking or tool arguments.
    Content,
    /// Closes a text or thinking block, or a tool that the provider itself runs.
    Close,
    /// The event on which clients start a tool: `content_block_stop` of a tool_use, `*.done` of an executable item, in
    /// Chat the delta that first makes a call's arguments a valid JSON object.
    ToolClose,
    /// A stop reason on everything, and the answer is one: whatever still follows (usage, `message_stop`, `[DONE]`) changes
    /// nothing. Comes once. In Responses the terminal event alone proves the answer: there is no semantic end before it.
    SemanticEnd,
    /// The dialect's terminal event, after a passed completion check.
    Terminal,
    /// An error event, a malformed one, or the end of an answer that is none (no stop reason, nothing to act on, invalid
    /// tool input): the answer is broken.
    Error,
}

impl StepKind {
    /// The response has reached its first content. A tool call without arguments reaches it with its closing event, and one
    /// event may contain a complete short response with its end.
    pub fn has_content(self) -> bool {
        match self {
            StepKind::Content
            | StepKind::ToolClose
            | StepKind::SemanticEnd
            | StepKind::Terminal => true,
            StepKind::Noise | StepKind::Lifecycle | StepKind::Close | StepKind::Error => false,
        }
    }

    /// The completion check has passed: from here on [`crate::Validator::judge`] returns a complete response, however the body
    /// ends.
    pub fn is_proof(self) -> bool {
        matches!(self, StepKind::SemanticEnd | StepKind::Terminal)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// In a stream: its closing event has come ([`StepKind::ToolClose`]), on which clients start the tool.
    pub closed: bool,
    /// Its arguments as far as they have come; None: not kept (the usual case).
    pub arguments: Option<Arguments>,
}

/// A tool call's arguments, cut where they are long. They are the owner's text, and never printed by accident.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Arguments(String);

impl Arguments {
    /// In bytes.
    pub const LONGEST: usize = 4096;
    const CUT: &'static str = "…";

    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn push(&mut self, text: &str) {
        let room = Self::LONGEST.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
        } else if !self.0.ends_with(Self::CUT) {
            self.0.push_str(&text[..text.floor_char_boundary(room)]);
            self.0.push_str(Self::CUT);
        }
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// What is known of an answer, at any moment of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The provider's id of the message or response.
    pub id: Option<String>,
    /// The model that the response names.
    pub model: Option<String>,
    /// As the provider wrote it: `end_turn`, `length`, `completed`.
    pub stop_reason: Option<String>,
    pub tokens: Tokens,
    /// False: the provider has reported no usage (yet); `tokens` is then zero, not an estimate.
    pub usage_told: bool,
    pub text_bytes: u64,
    pub thinking_bytes: u64,
    /// Bytes of tool arguments, for tools of the client and of the provider.
    pub argument_bytes: u64,
    pub tool_calls: Vec<ToolCall>,
}
