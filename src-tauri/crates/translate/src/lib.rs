//! One dialect translated into another, so that a provider of either can be a fallback for the other.
//!
//! Pure, and built on [`wire`]: a dialect is a folder with a reader and a writer for requests and for responses. Between them
//! are [`Conversation`], the content of a request without a dialect, and the parts of a response.

#![warn(clippy::wildcard_enum_match_arm)]

mod anthropic;
mod names;
mod openai_chat;
mod openai_responses;
mod request;
mod response;

pub use names::{ClientTool, Names, NoSignature, Signature, ToolKind};
pub use request::{
    Call, Conversation, Document, DocumentBody, Echo, Fidelity, File, Filtered, Format, Home,
    Image, Input, LeftOut, Part, Role, Target, Tool, ToolChoice, ToolInput, ToolResult, Translated,
    Turn, Untranslatable, Wanted, Why, Wish, estimate_tokens, read, request, say, within_family,
};
pub use response::{
    AnswerTranslator, CannotTell, Form, Progress, Whole, error, whole, whole_signed,
};
