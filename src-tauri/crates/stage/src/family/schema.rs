//! Walks through a JSON schema, for vendors that refuse some keywords.

use serde_json::Value;

/// A step from a schema to one inside it.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The property with this index and name.
    Property(usize, String),
    Items,
    /// `anyOf`, `oneOf` or `allOf`, and the index in it.
    Alternative(&'static str, usize),
    Definition(String),
}

/// The first result of `visit`, from the outermost schema inwards.
pub(super) fn find<T>(
    schema: &Value,
    visit: &mut dyn FnMut(&Value, &[Step]) -> Option<T>,
) -> Option<T> {
    inside(schema, &mut Vec::new(), visit)
}

fn inside<T>(
    schema: &Value,
    path: &mut Vec<Step>,
    visit: &mut dyn FnMut(&Value, &[Step]) -> Option<T>,
) -> Option<T> {
    if let Some(found) = visit(schema, path) {
        return Some(found);
    }
    for (inner, step) in children(schema) {
        path.push(step);
        if let Some(found) = inside(inner, path, visit) {
            return Some(found);
        }
        path.pop();
    }
    None
}

fn children(schema: &Value) -> Vec<(&Value, Step)> {
    let mut children = Vec::new();
    let properties = schema["properties"].as_object().into_iter().flatten();
    for (at, (name, inner)) in properties.enumerate() {
        children.push((inner, Step::Property(at, name.clone())));
    }
    if schema["items"].is_object() {
        children.push((&schema["items"], Step::Items));
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        let alternatives = schema[keyword].as_array().into_iter().flatten();
        for (at, inner) in alternatives.enumerate() {
            children.push((inner, Step::Alternative(keyword, at)));
        }
    }
    for keyword in ["$defs", "definitions"] {
        let definitions = schema[keyword].as_object().into_iter().flatten();
        for (name, inner) in definitions {
            children.push((inner, Step::Definition(name.clone())));
        }
    }
    children
}

/// An object schema, by its type or by keywords of objects.
pub(super) fn is_object(schema: &Value) -> bool {
    schema["type"] == "object" || schema["properties"].is_object()
}
