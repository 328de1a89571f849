use std::fmt;

use catalog::Tokens;

/// The completion check's verdict. The table of stop reasons is in `validator::stop`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completion {
    /// A clean stop with every block closed and every tool input valid JSON.
    Complete,
    /// The client continues the turn: `pause_turn`, `compaction`, a background response.
    Continues,
    /// The response has content and the dialect's terminal event, but the stop reason is unknown. An agent can continue; a
    /// pipeline must not treat the response as complete.
    Unknown,
    /// Stopped by a token limit. This is no failure of the provider.
    Truncated,
    /// `refusal`, `content_filter`: a response that is never retried with the same model.
    Refused,
    Broken(Broken),
}

impl Completion {
    /// The provider completed its response; only [`Completion::Broken`] is a failed attempt.
    pub fn is_answer(&self) -> bool {
        !matches!(self, Completion::Broken(_))
    }
}

/// Why a response fails the completion check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("the body ended without a stop reason")]
    NoStopReason,
    #[error("the connection was cut within the response")]
    Cut,
    #[error("the provider reported an error in the stream: {kind}: {message}")]
    ErrorEvent { kind: String, message: String },
    #[error("an event is not valid: {0}")]
    Malformed(String),
    #[error("a block was left open")]
    OpenBlock,
    #[error("tool call `{0}` has arguments that are not valid JSON")]
    InvalidToolInput(String),
    #[error("the response ended with no content to act on")]
    Empty,
    #[error("the response has no content to act on and the unknown stop reason `{0}`")]
    UnknownStopReason(String),
    #[error("the body is not a response: {0}")]
    NotAResponse(String),
    #[error("one event is larger than {0} bytes")]
    Oversize(usize),
}

/// How the transport ended the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyEnd {
    /// The last chunk arrived, or all bytes of the content length.
    Clean,
    /// Connection reset, fewer bytes than the content length, or no last chunk.
    Cut,
}

/// One event of a streamed response, as delivery uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Offset of the event's end from the first byte of the stream.
    pub end: u64,
    pub kind: StepKind,
    /// First event of a tool call that the client executes.
    pub opens_call: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Comments, pings, empty deltas, unknown events: no sign of progress.
    NoProgress,
    /// Opens or frames the response and has no content (`message_start`, `response.created`, a role-only delta, the start of a
    /// tool call).
    Lifecycle,
    /// Text, thinking or tool arguments.
    Content,
    /// Closes a text or thinking block, or a call of a server tool.
    Close,
    /// The event on which clients start a tool: `content_block_stop` of a tool_use, `*.done` of an executable item, in
    /// Chat the delta that first makes a call's arguments a valid JSON object.
    ToolClose,
    /// Everything has a stop reason and the completion check passes; later events (usage, `message_stop`, `[DONE]`) change
    /// nothing. Sent once. Responses has no semantic end before its terminal event.
    SemanticEnd,
    /// The dialect's terminal event, after a passed completion check.
    Terminal,
    /// An error event, a malformed event, or an end that fails the completion check (no stop reason, nothing to act on, invalid
    /// tool input).
    Error,
}

impl StepKind {
    /// This event has content, or ends a response that has it. A tool call without arguments has only its closing event, and
    /// one event can contain a complete short response.
    pub fn has_content(self) -> bool {
        match self {
            StepKind::Content
            | StepKind::ToolClose
            | StepKind::SemanticEnd
            | StepKind::Terminal => true,
            StepKind::NoProgress | StepKind::Lifecycle | StepKind::Close | StepKind::Error => false,
        }
    }

    /// The completion check has passed: from this event on [`crate::Validator::judge`] returns a complete response, however the
    /// body ends.
    pub fn passes_check(self) -> bool {
        matches!(self, StepKind::SemanticEnd | StepKind::Terminal)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// In a stream: the closing event arrived ([`StepKind::ToolClose`]), on which clients start the tool.
    pub closed: bool,
    /// The arguments received so far. `None`: not kept, which is the usual case.
    pub arguments: Option<Arguments>,
}

/// A tool call's arguments, truncated at [`Arguments::LONGEST`]. They are the user's data: `Debug` does not print them.
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

/// The data of a response that have been received so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The provider's id of the message or response.
    pub id: Option<String>,
    /// The model that the response names.
    pub model: Option<String>,
    /// In the provider's spelling: `end_turn`, `length`, `completed`.
    pub stop_reason: Option<String>,
    pub tokens: Tokens,
    /// False: the provider has reported no usage yet, and `tokens` is zero, not an estimate.
    pub usage_reported: bool,
    /// The service tier that the provider used, in its spelling.
    pub service_tier: Option<String>,
    pub text_bytes: u64,
    pub thinking_bytes: u64,
    /// Bytes of tool arguments, for tools of the client and of the provider.
    pub argument_bytes: u64,
    pub tool_calls: Vec<ToolCall>,
}
