//! OpenAI's checks of a request's fields, except the history.

use catalog::Dialect;
use serde_json::Value;

use crate::family::schema::{self, Step};
use crate::family::{Call, Refusal};
use crate::request::list;

/// Fields of a Chat request. Source: OpenAI's API reference.
const CHAT: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
    "moderation",
];

/// Fields of a Responses request; the first four are sent by Codex 0.171.0.
const RESPONSES: &[&str] = &[
    "access_programs",
    "client_metadata",
    "generate",
    "request_country",
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// Fields of a Chat message.
const MESSAGE: &[&str] = &[
    "annotations",
    "audio",
    "content",
    "function_call",
    "name",
    "refusal",
    "role",
    "tool_call_id",
    "tool_calls",
];

type Checked = Result<(), Refusal>;

fn invalid(message: String) -> Refusal {
    Refusal::new(400, "invalid_request_error", message)
}

fn unknown(field: &str) -> Refusal {
    invalid(format!("Unknown parameter: '{field}'."))
        .param(field)
        .code("unknown_parameter")
}

pub(super) fn check(call: &Call<'_>) -> Checked {
    let known = match call.dialect {
        Dialect::OpenaiChat => CHAT,
        Dialect::OpenaiResponses | Dialect::Anthropic => RESPONSES,
    };
    if let Some(field) = call.unknown_field(known) {
        return Err(unknown(field));
    }
    if call.dialect == Dialect::OpenaiChat {
        for (at, message) in list(&call.body["messages"]).iter().enumerate() {
            let mut fields = message.as_object().into_iter().flat_map(|m| m.keys());
            if let Some(field) = fields.find(|field| !MESSAGE.contains(&field.as_str())) {
                return Err(unknown(&format!("messages[{at}].{field}")));
            }
            for (part, content) in list(&message["content"]).iter().enumerate() {
                if !content["cache_control"].is_null() {
                    let place = format!("messages[{at}].content[{part}].cache_control");
                    return Err(unknown(&place));
                }
            }
        }
    }
    reasoning_models(call)?;
    limits(call)?;
    schemas(call)
}

/// Reasoning models accept neither sampling parameters nor penalties, and have another field for the output limit.
fn reasoning_models(call: &Call<'_>) -> Checked {
    if !reasons(call.model) {
        return Ok(());
    }
    let unsupported = |field: &str, instead: &str| {
        invalid(format!(
            "Unsupported parameter: '{field}' is not supported with this model.{instead}"
        ))
        .param(field)
        .code("unsupported_parameter")
    };
    if call.dialect == Dialect::OpenaiChat && call.has("max_tokens") {
        return Err(unsupported(
            "max_tokens",
            " Use 'max_completion_tokens' instead.",
        ));
    }
    for field in [
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "stop",
    ] {
        let is_set = call.has(field) && call.body[field] != 0 && call.body[field] != false;
        if call.dialect == Dialect::OpenaiChat && is_set {
            return Err(unsupported(field, ""));
        }
    }
    for field in ["temperature", "top_p"] {
        let value = call.body[field].as_f64();
        if value.is_some_and(|value| value != 1.0) {
            return Err(invalid(format!(
                "Unsupported value: '{field}' does not support {} with this model. Only the default (1) value is supported.",
                call.body[field]
            ))
            .param(field)
            .code("unsupported_value"));
        }
    }
    Ok(())
}

/// GPT-5 and later, and the o-series.
fn reasons(model: &str) -> bool {
    let o_series = model.strip_prefix('o').and_then(|rest| rest.chars().next());
    let gpt = model
        .strip_prefix("gpt-")
        .and_then(|rest| rest.chars().next());
    let is_chat = model.contains("-chat");
    o_series.is_some_and(|c| c.is_ascii_digit())
        || (gpt.is_some_and(|c| ('5'..='9').contains(&c)) && !is_chat)
        || model.starts_with("codex-")
}

fn limits(call: &Call<'_>) -> Checked {
    let (field, least) = match call.dialect {
        Dialect::OpenaiChat => ("max_completion_tokens", 1),
        Dialect::OpenaiResponses | Dialect::Anthropic => ("max_output_tokens", 16),
    };
    let value = &call.body[field];
    match value.as_i64() {
        Some(requested) if requested < least => Err(invalid(format!(
            "Invalid '{field}': integer below minimum value. Expected a value >= {least}, but got {requested} instead."
        ))
        .param(field)
        .code("integer_below_min_value")),
        None if !value.is_null() => Err(invalid(format!(
            "Invalid type for '{field}': expected an integer, but got something else instead."
        ))
        .param(field)
        .code("invalid_type")),
        _ => Ok(()),
    }
}

/// If `strict` is true, every object is closed and requires all its properties.
fn schemas(call: &Call<'_>) -> Checked {
    for (at, tool) in list(&call.body["tools"]).iter().enumerate() {
        let function = match call.dialect {
            Dialect::OpenaiChat => &tool["function"],
            Dialect::OpenaiResponses | Dialect::Anthropic => tool,
        };
        if tool["type"] == "function" && function["strict"] == true {
            let name = function["name"].as_str().unwrap_or_default();
            let param = match call.dialect {
                Dialect::OpenaiChat => format!("tools[{at}].function.parameters"),
                Dialect::OpenaiResponses | Dialect::Anthropic => format!("tools[{at}].parameters"),
            };
            open(&function["parameters"], &format!("function '{name}'")).map_or(
                Ok(()),
                |wrong| {
                    Err(invalid(wrong)
                        .param(param)
                        .code("invalid_function_parameters"))
                },
            )?;
        }
    }
    let (format, param) = match call.dialect {
        Dialect::OpenaiChat => (
            &call.body["response_format"]["json_schema"],
            "response_format",
        ),
        Dialect::OpenaiResponses | Dialect::Anthropic => {
            (&call.body["text"]["format"], "text.format.schema")
        }
    };
    if format["strict"] == true {
        let name = format["name"].as_str().unwrap_or_default();
        if let Some(wrong) = open(&format["schema"], &format!("response_format '{name}'")) {
            return Err(invalid(wrong).param(param).code("invalid_json_schema"));
        }
    }
    Ok(())
}

fn open(schema: &Value, of: &str) -> Option<String> {
    schema::find(schema, &mut |schema: &Value, path: &[Step]| {
        if !schema::is_object(schema) {
            return None;
        }
        let context = context(path);
        if schema["additionalProperties"] != false {
            return Some(format!(
                "Invalid schema for {of}: In context={context}, 'additionalProperties' is required to be supplied and to be false."
            ));
        }
        let required = list(&schema["required"]);
        let mut names = schema["properties"]
            .as_object()
            .into_iter()
            .flat_map(|p| p.keys());
        let missing = names.find(|name| !required.iter().any(|other| other == *name))?;
        Some(format!(
            "Invalid schema for {of}: In context={context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '{missing}'."
        ))
    })
}

/// `('properties', 'args')`, a tuple in Python's format.
fn context(path: &[Step]) -> String {
    let mut words: Vec<String> = Vec::new();
    for step in path {
        match step {
            Step::Property(_, name) => words.extend(["properties".to_owned(), name.clone()]),
            Step::Items => words.push("items".to_owned()),
            Step::Alternative(keyword, at) => {
                words.extend([(*keyword).to_owned(), at.to_string()]);
            }
            Step::Definition(name) => words.extend(["$defs".to_owned(), name.clone()]),
        }
    }
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let comma = if quoted.len() == 1 { "," } else { "" };
    format!("({}{comma})", quoted.join(", "))
}
