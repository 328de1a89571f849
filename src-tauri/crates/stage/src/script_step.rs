use catalog::Dialect;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::family::{Family, VendorChoice};
use crate::fault::Fault;
use crate::variation::Variation;

/// The scripted response for the next matching request. Cues wait in a queue; a request uses the first that matches.
///
/// As JSON: `{"answer": [{"tool": {"name": "Bash", "input": {"command": "ls"}}}], "then": [{"text": "Done."}]}` or
/// `{"fault": "cut-in-text", "model": "claude-*", "times": 2}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptStep {
    /// The fault; absent: the fault in the model's name, or none.
    pub fault: Option<Fault>,
    /// The parts of the response; absent: by the model's name, or a short text. A response with a tool call matches only a
    /// request that offers tools.
    pub answer: Option<Vec<ScriptedPart>>,
    /// The response to the request with the result of a tool that `answer` called.
    pub then: Option<Vec<ScriptedPart>>,
    /// Only for models that match this pattern; `*` matches any text.
    pub model: Option<String>,
    /// Only for this dialect.
    pub dialect: Option<Dialect>,
    /// Only for a request that ends with a tool's result.
    pub after_tool_result: bool,
    /// Only for a request without a tool call in its conversation.
    pub before_tool_call: bool,
    /// Variations that are applied together with the fault.
    #[serde(alias = "manners")]
    pub variations: Vec<Variation>,
    /// The vendor whose rules apply; absent: by the model's name, or by the stage.
    #[serde(rename = "as")]
    pub acting: Option<VendorChoice>,
    /// Number of requests; absent: one.
    pub times: Option<u32>,
}

/// One part of a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptedPart {
    Text(String),
    /// Chat Completions has no thinking: its tokens are counted only.
    Thinking(String),
    Tool {
        name: String,
        input: Value,
    },
}

impl ScriptStep {
    pub fn fault(fault: Fault) -> ScriptStep {
        ScriptStep {
            fault: Some(fault),
            ..ScriptStep::default()
        }
    }

    pub fn answer(lines: impl Into<Vec<ScriptedPart>>) -> ScriptStep {
        ScriptStep {
            answer: Some(lines.into()),
            ..ScriptStep::default()
        }
    }

    /// A tool call, then a text as the response to its result.
    pub fn tool_turn(name: &str, input: Value, then: &str) -> ScriptStep {
        ScriptStep {
            then: Some(vec![ScriptedPart::Text(then.to_owned())]),
            ..ScriptStep::answer([ScriptedPart::Tool {
                name: name.to_owned(),
                input,
            }])
        }
    }

    pub fn for_model(self, pattern: &str) -> ScriptStep {
        ScriptStep {
            model: Some(pattern.to_owned()),
            ..self
        }
    }

    pub fn with(mut self, variation: Variation) -> ScriptStep {
        self.variations.push(variation);
        self
    }

    pub fn acting(self, family: Family) -> ScriptStep {
        ScriptStep {
            acting: Some(family.into()),
            ..self
        }
    }

    pub fn times(self, times: u32) -> ScriptStep {
        ScriptStep {
            times: Some(times),
            ..self
        }
    }
}
