//! The content of a request, apart from its dialect.

use std::collections::BTreeMap;

use catalog::{Allow, Dialect, Effort};

use super::dropped::LeftOut;
use super::fidelity::Fidelity;
use super::object::Object;
use super::sampling::Sampling;
use crate::openai_responses::Echo;
use crate::{Signature, ToolKind};

/// A request without a dialect. Readers make it, writers format it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conversation {
    /// The client's, in which it was read.
    pub(crate) dialect: Option<Dialect>,
    /// Its messages hold what its own vendor takes with certain betas only.
    pub(crate) needs_betas: bool,
    /// In order; never empty ones, never two answers in a row, and the results of an answer's calls directly after it.
    pub turns: Vec<Turn>,
    pub tools: Vec<Tool>,
    pub tool_choice: ToolChoice,
    /// At most one call in an answer; the default of all dialects is several.
    pub one_call_at_a_time: bool,
    pub stop_sequences: Vec<String>,
    pub format: Format,
    /// 0 to 2 at OpenAI, 0 to 1 at Anthropic.
    pub temperature: Option<f64>,
    pub top_p: Option<f64>,
    /// Other sampling parameters and penalties.
    pub(crate) sampling: Sampling,
    /// The client's cap on an answer, in tokens, thinking included.
    pub max_tokens: Option<u64>,
    pub stream: bool,
    /// Chat: a last chunk with the usage and no choice is wanted (`stream_options.include_usage`).
    pub usage_chunk: bool,
    /// `None`: the model's default.
    pub effort: Option<Effort>,
    /// OpenAI's `verbosity`.
    pub verbosity: Option<String>,
    /// What has no place in a request of any dialect and may be dropped by rule.
    pub left_out: Vec<LeftOut>,
    /// Signatures that were kept for calls of this conversation, by the client's ids.
    pub(crate) signatures: BTreeMap<String, Signature>,
    /// The fields that may be dropped from this request; by default those of an agent.
    pub(crate) fidelity: Fidelity,
    /// Top-level fields that the reader did not take, as they came: an endpoint's file may allow some.
    pub(crate) rest: BTreeMap<String, String>,
    /// What a response object repeats of its request.
    pub(crate) echo: Option<Echo>,
}

impl Conversation {
    /// Its messages hold what its own vendor takes with certain betas only.
    pub fn needs_betas(&self) -> bool {
        self.needs_betas
    }

    /// With the signatures that [`crate::AnswerTranslator::signatures`] returned for earlier responses, where the caller keeps
    /// them: ids of OpenAI's dialects have no room for one.
    pub fn with_signatures(mut self, kept: BTreeMap<String, Signature>) -> Self {
        self.signatures = kept;
        self
    }

    /// The calls of its answers, in order.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.turns.iter().flat_map(Turn::calls)
    }

    /// Another request has it in full: its fields that the response repeats.
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

    /// The client's top-level fields that the candidate's file allows, where it gets the request in the client's own dialect.
    /// They are no longer listed as dropped.
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

/// All messages of one side before the other side's next message.
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
    /// The request's own instructions: text alone.
    System,
    /// OpenAI's later word for the same.
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
    /// The client's description of it (Messages' `context`).
    pub context: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentBody {
    File(File),
    Text(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// `data` is base64, as it came.
    Inline {
        media_type: String,
        data: String,
    },
    Address(String),
}

/// A call that the model made in an earlier answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The client's.
    pub id: String,
    pub namespace: Option<String>,
    pub name: String,
    pub input: Input,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// As the model wrote it: nearly always the JSON text of an object, byte for byte.
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
    /// Of the call that it answers.
    pub id: String,
    pub is_error: bool,
    /// Texts, images and documents.
    pub parts: Vec<Part>,
}

/// A tool that the client runs itself.
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
        /// The JSON text of a schema; None: no arguments.
        schema: Option<String>,
        /// The schema is enforced on what the model writes.
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
    /// No tool now, although there are some.
    Never,
    /// Some tool (`any`, `required`).
    Any,
    /// This one.
    Tool {
        namespace: Option<String>,
        name: String,
    },
}

/// What the text of the answer must be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    /// Some JSON object (`json_object`).
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

/// The effort that a budget of thinking tokens amounts to: Claude Code's "think", "think hard" and "ultrathink" ask for
/// 4,000, 10,000 and 31,999.
pub(crate) fn effort_of_budget(tokens: u64) -> Effort {
    match tokens {
        0..8_000 => Effort::Low,
        8_000..24_000 => Effort::Medium,
        _ => Effort::High,
    }
}
