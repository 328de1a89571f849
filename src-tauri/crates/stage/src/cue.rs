use catalog::Dialect;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::family::{Acting, Family};
use crate::fault::Fault;
use crate::manner::Manner;

/// The scripted response for the next matching request. Cues wait in a queue; a request uses the first that matches.
///
/// As JSON: `{"answer": [{"tool": {"name": "Bash", "input": {"command": "ls"}}}], "then": [{"text": "Done."}]}` or
/// `{"fault": "cut-in-text", "model": "claude-*", "times": 2}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cue {
    /// The fault; absent: the fault in the model's name, or none.
    pub fault: Option<Fault>,
    /// The parts of the response; absent: by the model's name, or a short text. A response with a tool call matches only a
    /// request that offers tools.
    pub answer: Option<Vec<Line>>,
    /// The response to the request with the result of a tool that `answer` called.
    pub then: Option<Vec<Line>>,
    /// Only for models that match this pattern; `*` matches any text.
    pub model: Option<String>,
    /// Only for this dialect.
    pub dialect: Option<Dialect>,
    /// Only for a request that ends with a tool's result.
    pub after_tool_result: bool,
    /// Only for a request without a tool call in its conversation.
    pub before_tool_call: bool,
    /// Manners that are applied together with the fault.
    pub manners: Vec<Manner>,
    /// The vendor whose rules apply; absent: by the model's name, or by the stage.
    #[serde(rename = "as")]
    pub acting: Option<Acting>,
    /// Number of requests; absent: one.
    pub times: Option<u32>,
}

/// One part of a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    Text(String),
    /// Chat Completions has no thinking: its tokens are counted only.
    Thinking(String),
    Tool {
        name: String,
        input: Value,
    },
}

impl Cue {
    pub fn fault(fault: Fault) -> Cue {
        Cue {
            fault: Some(fault),
            ..Cue::default()
        }
    }

    pub fn answer(lines: impl Into<Vec<Line>>) -> Cue {
        Cue {
            answer: Some(lines.into()),
            ..Cue::default()
        }
    }

    /// A tool call, then a text as the response to its result.
    pub fn tool_turn(name: &str, input: Value, then: &str) -> Cue {
        Cue {
            then: Some(vec![Line::Text(then.to_owned())]),
            ..Cue::answer([Line::Tool {
                name: name.to_owned(),
                input,
            }])
        }
    }

    pub fn for_model(self, pattern: &str) -> Cue {
        Cue {
            model: Some(pattern.to_owned()),
            ..self
        }
    }

    pub fn with(mut self, manner: Manner) -> Cue {
        self.manners.push(manner);
        self
    }

    pub fn acting(self, family: Family) -> Cue {
        Cue {
            acting: Some(family.into()),
            ..self
        }
    }

    pub fn times(self, times: u32) -> Cue {
        Cue {
            times: Some(times),
            ..self
        }
    }
}
