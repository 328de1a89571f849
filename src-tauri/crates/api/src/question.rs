use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Command;

/// An open question to the owner: a card on Now, a row in the tray menu, a line of `understudyd status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Question {
    /// Stable for the same question: "may-go-to", "siblings".
    pub id: String,
    /// "May Leads go to OpenAI when Claude is down?"
    pub text: String,
    /// What each answer changes.
    pub explained: String,
    /// The affected pipelines, if there is more than one.
    pub parts: Vec<QuestionPart>,
    /// The buttons; the first one changes nothing.
    pub answers: Vec<QuestionAnswer>,
    /// The equivalent command line.
    pub cli: String,
}

/// A pipeline, or the applications, that a question affects.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct QuestionPart {
    /// "Leads"
    pub whose: String,
    /// "Claude → OpenAI, DeepSeek"
    #[serde(rename = "said")]
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct QuestionAnswer {
    /// "Keep", "Only Claude"
    pub label: String,
    pub command: Command,
}
