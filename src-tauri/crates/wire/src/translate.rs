//! One dialect said in another, so that a provider of either can stand in for the other.
//!
//! Where both sides speak the same dialect nothing here is used: those bytes pass untouched.

mod answer;
mod names;
mod request;

pub use answer::{AnswerTranslator, CannotTell, Form, Progress, error, whole};
pub use names::{ClientTool, Names, ToolKind};
pub use request::{
    Call, Conversation, Document, DocumentBody, File, Format, Image, Input, LeftOut, Part, Role,
    Target, Tool, ToolChoice, ToolInput, ToolResult, Translated, Turn, Untranslatable, Why, Wish,
    estimate_tokens, read, request, say,
};
