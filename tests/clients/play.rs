//! What the stage plays for a client: an answer, what goes wrong with it, and how often.

use serde_json::{Value, json};
use stage::{Cue, Fault, Line, Stage};

/// Ends every whole answer, and only a whole one.
pub(crate) const END: &str = "and the curtain falls.";

/// More requests than any client makes.
const EVERY: u32 = 10_000;

/// What the answer consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Text,
    /// A whole block of thinking before the text.
    Thinking,
    /// A text and a call that appends a line to a file; the text above once its result is there.
    Tool,
}

/// A tool call in a client's own words.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) input: Value,
}

/// All that is asked of a stage.
#[derive(Clone, Debug)]
pub(crate) struct Play {
    pub(crate) turn: Turn,
    /// On every request; None: nothing goes wrong.
    pub(crate) fault: Option<Fault>,
}

impl Play {
    pub(crate) fn whole(turn: Turn) -> Play {
        Play { turn, fault: None }
    }

    /// `call`: what a [`Turn::Tool`] calls.
    pub(crate) fn arrange(&self, stage: &Stage, call: &Call) {
        if self.fault == Some(Fault::Refuse) {
            // As the connection comes in, which no cue with an answer does.
            stage.outage(Some(Fault::Refuse));
            return;
        }
        let text = Line::Text(TEXT.to_owned() + END);
        let after = Cue {
            after_tool_result: true,
            ..self.cue(vec![text.clone()])
        };
        let answer = match self.turn {
            Turn::Text => vec![text],
            Turn::Thinking => vec![Line::Thinking(THOUGHT.to_owned()), text],
            Turn::Tool => {
                stage.cue(after);
                vec![
                    Line::Text("I will append the line now.".to_owned()),
                    Line::Tool {
                        name: call.name.to_owned(),
                        input: call.input.clone(),
                    },
                ]
            }
        };
        stage.cue(self.cue(answer));
    }

    fn cue(&self, answer: Vec<Line>) -> Cue {
        Cue {
            fault: self.fault.clone(),
            ..Cue::answer(answer).times(EVERY)
        }
    }
}

impl Call {
    /// The same call with so many times sixteen more characters, in a comment of the shell.
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

/// For Claude Code.
pub(crate) fn bash(line: &str, file: &str) -> Call {
    Call {
        name: "Bash",
        input: json!({ "command": format!("echo {line} >> {file}"), "description": "append a line" }),
    }
}

/// For Codex.
pub(crate) fn exec_command(line: &str, file: &str) -> Call {
    Call {
        name: "exec_command",
        input: json!({ "cmd": format!("echo {line} >> {file}") }),
    }
}

/// For Codex, as a stand-in of another dialect is told of its tool.
pub(crate) fn program(line: &str, file: &str) -> Call {
    let command = json!({ "cmd": format!("echo {line} >> {file}") });
    Call {
        name: "functions__exec",
        input: json!({ "input": format!("text(await tools.exec_command({command}));") }),
    }
}

/// For the programs that use an SDK.
pub(crate) fn append(line: &str) -> Call {
    Call {
        name: "append",
        input: json!({ "line": line }),
    }
}

const TEXT: &str = "The play begins: the lights go down, somebody coughs, a door is heard in the wings, and the first \
    line is said a little too early, as on every evening; then all goes as it was rehearsed, word for word, act for act, ";
const THOUGHT: &str =
    "They want to hear how the evening goes. I will tell it from the first line to the last.";
