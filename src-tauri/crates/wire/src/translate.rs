//! One dialect said in another, so that a provider of either can stand in for the other.
//!
//! Where both sides speak the same dialect nothing here is used: those bytes pass untouched.

mod answer;
mod names;

pub use answer::{AnswerTranslator, CannotTell, Form, error, whole};
pub use names::{ClientTool, Names, ToolKind};
