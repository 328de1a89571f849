//! Translates one dialect into another, so that providers of either can be fallbacks for each other.
//!
//! Pure, and based on [`wire`]: each dialect has a folder with a reader and a writer for requests and for responses. Between
//! them are [`Conversation`], the content of a request without a dialect, and the parts of a response.

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
    Turn, Untranslatable, Wanted, Why, Wish, estimate_tokens, read, request, within_family, write,
};
pub use response::{
    AnswerTranslator, Form, Progress, SignedDocument, UntranslatableResponse, complete_document,
    complete_document_signed, error,
};
