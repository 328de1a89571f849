//! The content of a request, independent of its dialect.

use std::collections::BTreeMap;

use catalog::{Allow, Dialect, Effort};

use super::dropped::LeftOut;
use super::fidelity::Fidelity;
use super::object::Object;
use super::sampling::Sampling;
use crate::openai_responses::Echo;
use crate::{Signature, ToolKind};

/// A request without a dialect. Readers create it, and writers convert it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversation {
    /// The client's dialect.
    pub(crate) dialect: Option<Dialect>,
    /// Its messages have content that its own vendor accepts only with certain betas.
    pub(crate) needs_betas: bool,
    /// In order: no empty turns, never two responses in a row, and the results of a response's calls directly after it.
    pub turns: Vec<Turn>,
    pub tools: Vec<Tool>,
    pub tool_choice: ToolChoice,
    /// At most one call in a response; the default of all dialects is several.
    pub one_call_at_a_time: bool,
    pub stop_sequences: Vec<String>,
    pub format: Format,
    /// 0 to 2 at OpenAI, 0 to 1 at Anthropic.
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    /// Other sampling parameters and penalties.
    pub(crate) sampling: Sampling,
    /// The client's limit for the response in tokens, thinking included.
    pub max_tokens: Option<u64>,
    pub stream: bool,
    /// Chat: the client requests a last chunk with the usage and no choice (`stream_options.include_usage`).
    pub usage_chunk: bool,
    /// `None`: the model's default.
    pub effort: Option<Effort>,
    /// OpenAI's `verbosity`.
    pub verbosity: Option<String>,
    /// Fields without a place in any other dialect that may be dropped by rule.
    pub left_out: Vec<LeftOut>,
    /// Stored signatures of calls in this conversation, by the client's ids.
    pub(crate) signatures: BTreeMap<String, Signature>,
    /// Decides which fields may be dropped from this request; the default is that of an agent.
    pub(crate) fidelity: Fidelity,
    /// Top-level fields that the reader did not take, unchanged: an endpoint's file may allow some.
    pub(crate) rest: BTreeMap<String, String>,
    /// The fields of the request that a response object repeats.
    pub(crate) echo: Option<Echo>,
}

impl Conversation {
    /// Its messages have content that its own vendor accepts only with certain betas.
    pub fn needs_betas(&self) -> bool {
        self.needs_betas
    }

    /// Adds the signatures that [`crate::AnswerTranslator::signatures`] returned for earlier responses and that the caller
    /// stored: ids of OpenAI's dialects are too short for one.
    pub fn with_signatures(mut self, kept: BTreeMap<String, Signature>) -> Self {
        self.signatures = kept;
        self
    }

    /// The calls of its responses, in order.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.turns.iter().flat_map(Turn::calls)
    }

    /// Takes the fields that a response repeats from `body`, which is the full form of this request.
    pub fn with_echo_of(mut self, body: &[u8]) -> Self {
        let echo = std::str::from_utf8(body)
            .ok()
            .and_then(crate::openai_responses::read_echo);
        self.echo = self.echo.and(echo);
        self
    }

    pub fn with_fidelity(mut self, fidelity: Fidelity) -> Self {
        self.fidelity = fidelity;
        self
    }

    /// The client's top-level fields that the candidate's file allows, if the candidate uses the client's dialect. They are no
    /// longer listed as dropped.
    pub(crate) fn allowed(
        &self,
        dialect: Dialect,
        allow: &Allow,
        left_out: &mut Vec<LeftOut>,
    ) -> Vec<(&str, &str)> {
        if self.dialect != Some(dialect) {
            return Vec::new();
        }
        let allowed = |(name, _): &(&String, &String)| allow.allows_field(name);
        let fields: Vec<(&str, &str)> = self
            .rest
            .iter()
            .filter(allowed)
            .map(|(name, raw)| (&**name, &**raw))
            .collect();
        left_out.retain(|dropped| !fields.iter().any(|(name, _)| dropped.what == *name));
        fields
    }

    pub(crate) fn keep_rest(&mut self, body: &Object<'_>) {
        let rest = body.all().filter(|(_, raw)| *raw != "null");
        self.rest = rest
            .map(|(key, raw)| (key.to_owned(), raw.to_owned()))
            .collect();
    }
}

/// All consecutive messages of one role.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub role: Role,
    pub parts: Vec<Part>,
}

impl Turn {
    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.parts.iter().filter_map(|part| match part {
            Part::Call(call) => Some(call),
            Part::Text(_) | Part::Image(_) | Part::Document(_) | Part::Result(_) => None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The request's instructions: only text.
    System,
    /// OpenAI's newer name for the same.
    Developer,
    /// Also the results of tools.
    User,
    Assistant,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Text(String),
    Image(Image),
    Document(Document),
    Call(Call),
    Result(ToolResult),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub file: File,
    /// OpenAI's `detail`, unless it is `auto`.
    pub detail: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub body: DocumentBody,
    pub title: Option<String>,
    /// The client's description of the document (Messages' `context`).
    pub context: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentBody {
    File(File),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// `data` is base64, unchanged.
    Inline {
        media_type: String,
        data: String,
    },
    Address(String),
}

/// A call that the model made in an earlier response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The client's id.
    pub id: String,
    pub namespace: Option<String>,
    pub name: String,
    pub input: Input,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// As the model wrote it: usually the JSON text of an object, byte for byte.
    Json(String),
    /// Free text, for a [`ToolKind::Custom`] tool.
    Text(String),
}

impl Input {
    pub fn kind(&self) -> ToolKind {
        match self {
            Input::Json(_) => ToolKind::Function,
            Input::Text(_) => ToolKind::Custom,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct ToolResult {
    /// Id of the call.
    pub id: String,
    pub is_error: bool,
    /// Texts, images and documents.
    pub parts: Vec<Part>,
}

/// A tool that the client executes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    pub namespace: Option<String>,
    pub name: String,
    pub description: Option<String>,
    pub input: ToolInput,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolInput {
    Function {
        /// The JSON text of a schema; `None`: no arguments.
        schema: Option<String>,
        /// The provider enforces the schema.
        strict: bool,
    },
    Custom {
        /// The grammar that the text follows, if there is one.
        grammar: Option<String>,
    },
}

impl Tool {
    pub fn kind(&self) -> ToolKind {
        match self.input {
            ToolInput::Function { .. } => ToolKind::Function,
            ToolInput::Custom { .. } => ToolKind::Custom,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ToolChoice {
    #[default]
    Auto,
    /// No tool, although some are declared.
    Never,
    /// Any tool (`any`, `required`).
    Any,
    /// This tool.
    Tool {
        namespace: Option<String>,
        name: String,
    },
}

/// The required form of the response's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    /// Any JSON object (`json_object`).
    Json,
    Schema {
        name: Option<String>,
        description: Option<String>,
        /// JSON text.
        schema: String,
        /// Enforced by the provider; always so at Anthropic.
        strict: bool,
    },
}

/// The effort that corresponds to a budget of thinking tokens: Claude Code's "think", "think hard" and "ultrathink" use 4,000,
/// 10,000 and 31,999.
pub(crate) fn effort_of_budget(tokens: u64) -> Effort {
    match tokens {
        0..8_000 => Effort::Low,
        8_000..24_000 => Effort::Medium,
        _ => Effort::High,
    }
}
