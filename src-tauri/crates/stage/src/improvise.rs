//! Generates values that match a JSON schema: tool inputs and structured output of a rehearsal.

use serde_json::{Map, Value, json};

use crate::request::Tool;
use crate::script_step::ScriptedPart;

/// Coding agents always offer a tool for shell commands; this command changes nothing.
const COMMAND: &str = "echo rehearsal";

/// A call of the least harmful offered tool: one that runs a command, else the first.
pub(crate) fn tool_call(tools: &[Tool]) -> ScriptedPart {
    let runs_commands = |tool: &&Tool| {
        let properties = &tool.schema["properties"];
        properties["command"].is_object() || properties["cmd"].is_object()
    };
    match tools.iter().find(runs_commands).or(tools.first()) {
        Some(tool) => ScriptedPart::Tool {
            name: tool.name.clone(),
            input: fitting(&tool.schema),
        },
        // Only faults within a call need one without an offered tool.
        None => ScriptedPart::Tool {
            name: "rehearsal_tool".to_owned(),
            input: json!({ "command": COMMAND }),
        },
    }
}

/// A value of this schema with its required properties.
pub(crate) fn fitting(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|values| values.first()) {
        return first.clone();
    }
    if !schema["const"].is_null() {
        return schema["const"].clone();
    }
    let alternatives = ["anyOf", "oneOf"].map(|key| schema[key].as_array());
    if let Some(first) = alternatives
        .into_iter()
        .flatten()
        .next()
        .and_then(|all| all.first())
    {
        return fitting(first);
    }
    let kind = match &schema["type"] {
        Value::String(kind) => kind.as_str(),
        Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or_default(),
        _ if schema["properties"].is_object() => "object",
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => "string",
    };
    match kind {
        "object" => object(schema),
        "array" => match schema["minItems"].as_u64() {
            Some(1..) => json!([fitting(&schema["items"])]),
            _ => json!([]),
        },
        "integer" | "number" => schema["minimum"].as_i64().unwrap_or(1).into(),
        "boolean" => Value::Bool(false),
        "null" => Value::Null,
        _ => "rehearsal".into(),
    }
}

fn object(schema: &Value) -> Value {
    let mut object = Map::new();
    for name in schema["required"].as_array().into_iter().flatten() {
        let Some(name) = name.as_str() else { continue };
        let property = &schema["properties"][name];
        let value = match name {
            "command" | "cmd" if property["type"] == "array" => {
                COMMAND.split(' ').map(Value::from).collect()
            }
            "command" | "cmd" => COMMAND.into(),
            _ => fitting(property),
        };
        object.insert(name.to_owned(), value);
    }
    Value::Object(object)
}
