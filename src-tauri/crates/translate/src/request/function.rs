//! Converts a client's tool of any kind into a function, the form for providers of another dialect.

use super::dropped::{LeftOut, Why, leave_out};
use super::model::{Input, Tool, ToolInput};
use super::schema::{Enforcer, parameters};
use super::text::{object, quoted};

/// The parameter for free text.
const FREE_TEXT: &str = concat!(
    r#"{"type":"object","properties":{"input":{"type":"string"}},"#,
    r#""required":["input"],"additionalProperties":false}"#
);

pub(crate) struct Function {
    pub(crate) description: Option<String>,
    /// JSON text.
    pub(crate) schema: String,
    pub(crate) strict: bool,
}

impl Function {
    /// A schema that the vendor cannot enforce is sent too; the client checks the model's arguments.
    pub(crate) fn of(tool: &Tool, by: Enforcer, left_out: &mut Vec<LeftOut>) -> Function {
        let mut function = match &tool.input {
            ToolInput::Function { schema, strict } => Function {
                description: tool.description.clone(),
                schema: parameters(schema.as_deref()),
                strict: *strict,
            },
            ToolInput::Custom { grammar } => Function {
                description: with_grammar(tool, grammar.as_deref()),
                schema: FREE_TEXT.to_owned(),
                strict: false,
            },
        };
        if function.strict && !by.takes(&function.schema) {
            leave_out(left_out, "tools[].strict", Why::Approximate);
            function.strict = false;
        }
        function
    }
}

/// The grammar is no longer enforced, so the model gets it as text.
fn with_grammar(tool: &Tool, grammar: Option<&str>) -> Option<String> {
    let grammar = grammar.map(|grammar| format!("`input` follows this format: {grammar}"));
    let text: Vec<String> = tool
        .description
        .clone()
        .into_iter()
        .chain(grammar)
        .collect();
    (!text.is_empty()).then(|| text.join("\n\n"))
}

/// The text of a call's arguments, as the model wrote it; OpenAI's dialects accept any text.
pub(crate) fn arguments(input: &Input) -> String {
    match input {
        Input::Json(json) if json.trim().is_empty() => "{}".to_owned(),
        Input::Json(json) => json.clone(),
        Input::Text(text) => object(&[("input", quoted(text))]),
    }
}

/// The same as an object, which Messages requires. Invalid arguments are sent in the form that Anthropic's docs on fine-grained
/// tool streaming recommend.
pub(crate) fn arguments_object(input: &Input) -> String {
    let arguments = arguments(input);
    let is_object = arguments.trim_start().starts_with('{')
        && serde_json::from_str::<serde::de::IgnoredAny>(&arguments).is_ok();
    match is_object {
        true => arguments,
        false => object(&[("INVALID_JSON", quoted(&arguments))]),
    }
}
