use crate::Broken;

/// Why another provider's response cannot continue this one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CannotRestart {
    /// The other response can be forwarded unchanged.
    #[error("nothing of the answer was shown yet")]
    NothingShown,
    #[error("the client received a partial event")]
    WithinEvent,
    #[error("the client received an unreadable event")]
    Unreadable,
    /// The client received a stop reason, a finish reason or an error.
    #[error("the client has received the end of the response")]
    Ended,
    #[error("structured output cannot begin again in the middle")]
    StructuredOutput,
    /// The vendor refuses a history with thinking that has no signature.
    #[error("a block of thinking is unfinished")]
    WithinThinking,
    /// An open call makes the message invalid, and the client would execute a closed one.
    #[error("a tool call was begun and is unfinished")]
    ToolCallBegun,
    #[error("a tool call was delivered, and must not come twice")]
    ToolCallDelivered,
    /// A server tool: the provider executes it.
    #[error("a tool that the provider runs was called and has no result")]
    ToolWithoutResult,
    /// A block of another kind, with the dialect's name for it.
    #[error("a block of kind `{0}` is unfinished")]
    WithinBlock(String),
    #[error("the model had begun to refuse")]
    Refusing,
    #[error("there are several choices")]
    SeveralChoices,
    #[error("the answer is larger than {0} bytes")]
    TooLong(usize),
    /// With thinking on, a vendor accepts a tool call only after thinking, and the second response's thinking is removed.
    /// Detected in the second response, before any part of the call is released.
    #[error("the second answer calls a tool, and no thinking was shown before")]
    ToolCallWithoutThinking,
    /// The second response failed its completion check; the restart itself was possible.
    #[error("the second answer is broken: {0}")]
    Broken(#[from] Broken),
}
