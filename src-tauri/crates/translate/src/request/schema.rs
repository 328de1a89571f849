//! What vendors demand of a JSON schema beyond the standard.

use serde_json::{Map, Value};

use wire::fields::Fields;

/// A function's parameters as every vendor takes them: an object that names its properties, if only none. OpenAI refuses
/// `{"type":"object"}` with "object schema missing properties", and Messages demands a schema.
pub(crate) fn parameters(schema: Option<&str>) -> String {
    let Some(mut fields) = schema.and_then(|text| Fields::read(text.as_bytes()).ok()) else {
        return r#"{"type":"object","properties":{}}"#.to_owned();
    };
    let combined = ["anyOf", "oneOf", "allOf", "$ref"];
    if combined.iter().any(|key| fields.given(key).is_some()) {
        return fields.to_string();
    }
    if fields.given("type").is_none() {
        fields.set("type", "object");
    }
    if fields.given("properties").is_none() {
        fields.set_raw("properties", "{}".to_owned());
    }
    fields.to_string()
}

/// How closed a schema has to be for a vendor to enforce it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// `additionalProperties: false` in every object: Anthropic, "Structured outputs".
    NothingElse,
    /// That, and every property required: OpenAI, "Structured Outputs", strict mode.
    AllRequired,
}

/// The vendor would take this schema as one to enforce.
pub(crate) fn is_closed(schema: &str, closed: Closed) -> bool {
    serde_json::from_str(schema).is_ok_and(|schema| value_is_closed(&schema, closed))
}

fn value_is_closed(schema: &Value, closed: Closed) -> bool {
    let Some(schema) = schema.as_object() else {
        return true;
    };
    let nested = ["items", "additionalItems", "not", "if", "then", "else"];
    let listed = ["anyOf", "oneOf", "allOf", "prefixItems"];
    let named = ["properties", "$defs", "definitions"];
    let nested = nested.iter().filter_map(|key| schema.get(*key));
    let listed = listed.iter().filter_map(|key| schema.get(*key)?.as_array());
    let named = named.iter().filter_map(|key| schema.get(*key)?.as_object());
    let mut inside = nested
        .chain(listed.flatten())
        .chain(named.flat_map(Map::values));
    object_is_closed(schema, closed) && inside.all(|inner| value_is_closed(inner, closed))
}

fn object_is_closed(schema: &Map<String, Value>, closed: Closed) -> bool {
    let is_object = match schema.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => schema.contains_key("properties"),
    };
    if !is_object {
        return true;
    }
    let nothing_else = schema.get("additionalProperties") == Some(&Value::Bool(false));
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &String| required.is_some_and(|list| list.iter().any(|r| r == name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut properties = properties.into_iter().flat_map(Map::keys);
    nothing_else
        && match closed {
            Closed::NothingElse => true,
            Closed::AllRequired => properties.all(is_required),
        }
}
