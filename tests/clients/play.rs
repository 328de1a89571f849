//! The stage's script for a client: a response, the fault, and how often it applies.

use serde_json::{Value, json};
use stage::{Fault, ScriptStep, ScriptedPart, Stage};

use super::roster::Client;

/// The end of every complete response, and of no other.
pub(crate) const END: &str = "and the curtain falls.";

/// Begins every text.
pub(crate) const BEGINNING: &str = "The play begins";

/// More requests than any client makes.
const EVERY: u32 = 10_000;

/// The content of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Text,
    /// A finished thinking block before the text.
    Thinking,
    /// A text and a call that appends a line to a file; the text above once its result is there.
    Tool,
}

/// A tool call in the client's format.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) input: Value,
}

/// The stage's scripted responses.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    pub(crate) turn: Turn,
    /// Applied to every request; `None`: no fault.
    pub(crate) fault: Option<Fault>,
    /// The text is the input of a call of this tool.
    pub(crate) answers_in: Option<&'static str>,
}

impl Play {
    pub(crate) fn complete(turn: Turn) -> Play {
        Play::failing(turn, None)
    }

    pub(crate) fn failing(turn: Turn, fault: Option<Fault>) -> Play {
        Play {
            turn,
            fault,
            answers_in: None,
        }
    }

    /// The same in this client's format.
    pub(crate) fn script_for(&self, client: Client) -> Play {
        Play {
            answers_in: client.answers_in(),
            ..self.clone()
        }
    }

    /// `call`: the call of a [`Turn::Tool`].
    pub(crate) fn arrange(&self, stage: &Stage, call: Option<&Call>) {
        if self.fault == Some(Fault::Refuse) {
            // Applied when the connection opens; no cue with a response does that.
            stage.outage(Some(Fault::Refuse));
            return;
        }
        let text = TEXT.to_owned() + END;
        let text = match self.answers_in {
            None => ScriptedPart::Text(text),
            Some(tool) => ScriptedPart::Tool {
                name: tool.to_owned(),
                input: json!({ "text": text }),
            },
        };
        let after = ScriptStep {
            after_tool_result: true,
            ..self.cue(vec![text.clone()])
        };
        let answer = match self.turn {
            Turn::Text => vec![text.clone()],
            Turn::Thinking => vec![ScriptedPart::Thinking(THOUGHT.to_owned()), text.clone()],
            Turn::Tool => {
                stage.cue(after);
                let call = call.map(|call| ScriptedPart::Tool {
                    name: call.name.clone(),
                    input: call.input.clone(),
                });
                let before = ScriptedPart::Text("I will append the line now.".to_owned());
                std::iter::once(before).chain(call).collect()
            }
        };
        let cue = self.cue(answer);
        if self.turn == Turn::Tool && self.fault.is_none() {
            // Some clients request the rest of a broken response in a separate message, after the result: a second call would
            // then come from the model, not from their retry.
            stage.cue(ScriptStep {
                before_tool_call: true,
                ..cue
            });
            stage.cue(self.cue(vec![text]));
        } else {
            stage.cue(cue);
        }
    }

    fn cue(&self, answer: Vec<ScriptedPart>) -> ScriptStep {
        ScriptStep {
            fault: self.fault.clone(),
            ..ScriptStep::answer(answer).times(EVERY)
        }
    }
}

impl Call {
    /// The same call with this many times sixteen more characters, in a shell comment.
    pub(crate) fn lengthened(mut self, times: usize) -> Call {
        let padding = " # ".to_owned() + &"sixteen letters ".repeat(times);
        for name in ["command", "cmd"] {
            if let Some(command) = self.input[name].as_str() {
                self.input[name] = (command.to_owned() + &padding).into();
            }
        }
        self
    }
}

/// For programs that use an SDK.
pub(crate) fn append(line: &str) -> Call {
    Call {
        name: "append".to_owned(),
        input: json!({ "line": line }),
    }
}

const TEXT: &str = "The play begins: the lights go down, somebody coughs, a door is heard in the wings, and the first \
    line is said a little too early, as on every evening; then all goes as it was rehearsed, word for word, act for act, ";
const THOUGHT: &str =
    "They want to hear how the evening goes. I will tell it from the first line to the last.";
