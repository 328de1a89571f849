use crate::Broken;

/// Why another provider's response cannot continue this one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotRestart {
    /// The other response can be forwarded unchanged.
    #[error("the client has received no part of the response")]
    NothingReleased,
    #[error("the client received a partial event")]
    WithinEvent,
    #[error("the client received an unreadable event")]
    Unreadable,
    /// The client received a stop reason, a finish reason or an error.
    #[error("the client has received the end of the response")]
    Ended,
    #[error("structured output cannot restart in place")]
    StructuredOutput,
    /// The vendor refuses a history with thinking that has no signature.
    #[error("a block of thinking is unfinished")]
    WithinThinking,
    /// An open call makes the message invalid, and the client would execute a closed one.
    #[error("a tool call is unfinished")]
    ToolCallBegun,
    #[error("the client received a tool call, which must not be sent twice")]
    ToolCallDelivered,
    /// A server tool: the provider executes it.
    #[error("a server tool call has no result")]
    ToolWithoutResult,
    /// A block of another kind, with the dialect's name for it.
    #[error("a block of kind `{0}` is unfinished")]
    WithinBlock(String),
    #[error("the client received the start of a refusal")]
    Refusing,
    #[error("there are several choices")]
    SeveralChoices,
    #[error("the response is larger than {0} bytes")]
    TooLong(usize),
    /// With thinking on, a vendor accepts a tool call only after thinking, and the second response's thinking is removed.
    /// Detected in the second response, before any part of the call is released.
    #[error("the second response calls a tool, and the client received no thinking before it")]
    ToolCallWithoutThinking,
    /// The second response failed its completion check; the restart itself was possible.
    #[error("the second response is invalid: {0}")]
    Broken(#[from] Broken),
}
