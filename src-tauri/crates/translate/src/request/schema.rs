//! Vendors' requirements for JSON schemas beyond the standard.

use serde_json::{Map, Value};

use wire::fields::Fields;

/// A function's parameters in the form that every vendor accepts: an object with `properties`, even if they are empty. OpenAI
/// refuses `{"type":"object"}` with "object schema missing properties", and Messages requires a schema.
pub(crate) fn parameters(schema: Option<&str>) -> String {
    let Some(mut fields) = schema.and_then(|text| Fields::read(text.as_bytes()).ok()) else {
        return r#"{"type":"object","properties":{}}"#.to_owned();
    };
    let combined = ["anyOf", "oneOf", "allOf", "$ref"];
    if combined.iter().any(|key| fields.non_null(key).is_some()) {
        return fields.to_string();
    }
    if fields.non_null("type").is_none() {
        fields.set("type", "object");
    }
    if fields.non_null("properties").is_none() {
        fields.set_raw("properties", "{}".to_owned());
    }
    fields.to_string()
}

/// The vendor whose rules decide if a schema can be enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enforcer {
    /// Anthropic docs, "Structured outputs", "JSON Schema limitations".
    Anthropic,
    /// OpenAI docs, "Structured Outputs", "Supported schemas".
    OpenAi,
}

/// Keywords with subschemas: a single one, a list, or by name.
const NESTED: [&str; 1] = ["items"];
const LISTED: [&str; 2] = ["anyOf", "allOf"];
const NAMED: [&str; 3] = ["properties", "$defs", "definitions"];

/// Keywords without subschemas that both vendors enforce, or that only describe.
const PLAIN: [&str; 10] = [
    "$schema",
    "$id",
    "$ref",
    "title",
    "description",
    "type",
    "required",
    "enum",
    "const",
    "additionalProperties",
];
const ANTHROPIC_FORMATS: [&str; 9] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
];
const OPENAI_FORMATS: [&str; 8] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
];
const OPENAI_BOUNDS: [&str; 8] = [
    "pattern",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
];

impl Enforcer {
    /// The vendor can enforce this schema.
    pub(crate) fn takes(self, schema: &str) -> bool {
        serde_json::from_str(schema).is_ok_and(|schema: Value| {
            let root_fits = match self {
                Enforcer::Anthropic => !is_recursive(&schema),
                Enforcer::OpenAi => schema["type"] == "object" && schema.get("anyOf").is_none(),
            };
            root_fits && self.takes_value(&schema)
        })
    }

    fn takes_value(self, schema: &Value) -> bool {
        let Some(schema) = schema.as_object() else {
            return false;
        };
        self.takes_object(schema)
            && schema
                .iter()
                .all(|(key, value)| self.takes_keyword(key, value))
    }

    fn takes_keyword(self, key: &str, value: &Value) -> bool {
        if NESTED.contains(&key) {
            return self.takes_value(value);
        }
        if LISTED.contains(&key) {
            let list = value.as_array();
            return (self, key) != (Enforcer::OpenAi, "allOf")
                && list.is_some_and(|list| list.iter().all(|inner| self.takes_value(inner)));
        }
        if NAMED.contains(&key) {
            let named = value.as_object();
            return named.is_some_and(|named| named.values().all(|inner| self.takes_value(inner)));
        }
        match key {
            "enum" => is_simple(value),
            "$ref" => value.as_str().is_some_and(|to| to.starts_with('#')),
            "additionalProperties" => *value == Value::Bool(false),
            key if PLAIN.contains(&key) => true,
            "format" => {
                let formats = match self {
                    Enforcer::Anthropic => &ANTHROPIC_FORMATS[..],
                    Enforcer::OpenAi => &OPENAI_FORMATS[..],
                };
                value
                    .as_str()
                    .is_some_and(|name| name == "uuid" || formats.contains(&name))
            }
            key => match self {
                Enforcer::Anthropic => match key {
                    "default" => true,
                    "minItems" => matches!(value.as_u64(), Some(0 | 1)),
                    "pattern" => value.as_str().is_some_and(is_simple_pattern),
                    _ => false,
                },
                Enforcer::OpenAi => OPENAI_BOUNDS.contains(&key),
            },
        }
    }

    /// Every object is closed: no properties except the declared ones and, for OpenAI, all of them required.
    fn takes_object(self, schema: &Map<String, Value>) -> bool {
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
        let is_required =
            |name: &String| required.is_some_and(|list| list.iter().any(|one| one == name));
        let properties = schema.get("properties").and_then(Value::as_object);
        let mut properties = properties.into_iter().flat_map(Map::keys);
        nothing_else
            && match self {
                Enforcer::Anthropic => true,
                Enforcer::OpenAi => properties.all(is_required),
            }
    }
}

/// Strings, numbers, booleans and null; no "complex types within enums".
fn is_simple(value: &Value) -> bool {
    let plain = |value: &Value| !value.is_object() && !value.is_array();
    value
        .as_array()
        .is_some_and(|values| values.iter().all(plain))
}

/// No backreference, no lookaround, no word boundary.
fn is_simple_pattern(pattern: &str) -> bool {
    let escaped = |sign: char| pattern.contains(&format!("\\{sign}"));
    !pattern.contains("(?") && !"bB123456789".chars().any(escaped)
}

/// A definition that refers to itself, directly or through others.
fn is_recursive(schema: &Value) -> bool {
    fn refers<'s>(schema: &'s Value, to: &mut Vec<&'s str>) {
        match schema {
            Value::Object(fields) => {
                if let Some(Value::String(name)) = fields.get("$ref") {
                    to.push(name);
                }
                fields.values().for_each(|inner| refers(inner, to));
            }
            Value::Array(list) => list.iter().for_each(|inner| refers(inner, to)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    fn reaches(schema: &Value, from: &str, open: &mut Vec<String>) -> bool {
        if from == "#" || open.iter().any(|name| name == from) {
            return true;
        }
        let Some(target) = from.strip_prefix('#').and_then(|path| schema.pointer(path)) else {
            return false;
        };
        // A schema with this many levels cannot be enforced either.
        if open.len() > 32 {
            return true;
        }
        open.push(from.to_owned());
        let mut inner = Vec::new();
        refers(target, &mut inner);
        let found = inner.iter().any(|name| reaches(schema, name, open));
        open.pop();
        found
    }
    let mut names = Vec::new();
    refers(schema, &mut names);
    names.sort_unstable();
    names.dedup();
    names
        .iter()
        .any(|name| reaches(schema, name, &mut Vec::new()))
}

/// The same schema in the form that Anthropic enforces: closed, and without the bounds that it refuses (its own libraries do
/// the same). A value of the complete schema is valid in this form too, except for undeclared properties; the bounds are
/// checked afterwards. `None`: it cannot be enforced in this form either.
pub(crate) fn relaxed(schema: &str) -> Option<String> {
    let relaxed = relaxed_object(schema)?;
    Enforcer::Anthropic.takes(&relaxed).then_some(relaxed)
}

/// Bounds that are checked on the complete response instead.
const BOUNDS: [&str; 12] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minItems",
    "pattern",
    "format",
];

fn relaxed_object(schema: &str) -> Option<String> {
    let fields = Fields::read(schema.as_bytes()).ok()?;
    let mut out: Vec<(String, String)> = Vec::new();
    for (key, raw) in fields.iter() {
        let raw = if NESTED.contains(&key) {
            relaxed_object(raw)?
        } else if LISTED.contains(&key) {
            let list: Vec<Box<serde_json::value::RawValue>> = serde_json::from_str(raw).ok()?;
            let list: Option<Vec<String>> =
                list.iter().map(|one| relaxed_object(one.get())).collect();
            wire::fields::array(list?.iter().map(String::as_str))
        } else if NAMED.contains(&key) {
            let named = Fields::read(raw.as_bytes()).ok()?;
            let named: Option<Vec<(String, String)>> = named
                .iter()
                .map(|(name, inner)| Some((name.to_owned(), relaxed_object(inner)?)))
                .collect();
            written(&named?)
        } else {
            let value: Value = serde_json::from_str(raw).ok()?;
            if BOUNDS.contains(&key) && !Enforcer::Anthropic.takes_keyword(key, &value) {
                continue;
            }
            raw.to_owned()
        };
        out.push((key.to_owned(), raw));
    }
    let names = fields
        .object("properties")
        .is_some_and(|named| !named.is_empty());
    if names && fields.non_null("additionalProperties").is_none() {
        out.push(("additionalProperties".to_owned(), "false".to_owned()));
    }
    Some(written(&out))
}

fn written(fields: &[(String, String)]) -> String {
    let fields = fields
        .iter()
        .map(|(key, raw)| format!("{}:{raw}", Value::from(key.as_str())));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests;
