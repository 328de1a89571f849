use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Command;

/// A question that waits for the owner: a card on Now, a row in the tray's menu, a line of `understudyd status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Question {
    /// The same for the same question: "may-go-to", "siblings".
    pub id: String,
    /// "May Leads go to OpenAI when Claude is down?"
    pub text: String,
    /// What each answer changes.
    pub explained: String,
    /// Whose requests it concerns, where that is more than one pipeline.
    pub parts: Vec<QuestionPart>,
    /// The buttons; the first keeps what is.
    pub answers: Vec<QuestionAnswer>,
    /// The same from the command line.
    pub cli: String,
}

/// One pipeline, or the applications, that a question concerns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct QuestionPart {
    /// "Leads"
    pub whose: String,
    /// "Claude → OpenAI, DeepSeek"
    pub said: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct QuestionAnswer {
    /// "Keep", "Only Claude"
    pub label: String,
    pub command: Command,
}
