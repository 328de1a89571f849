//! JSON, with or without comments.

use std::collections::BTreeMap;

use catalog::SettingsFormat;
use jsonc_parser::ast::{Object, ObjectProp, Value as Node};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::document::{Broken, Container, Edited, Value, line_end};
use super::json_gap::{self, Gap};
use crate::path::KeyPath;

/// `None`: an empty document.
fn parse(format: SettingsFormat, text: &str) -> Result<Option<Node<'_>>, Broken> {
    let with_comments = format == SettingsFormat::Jsonc;
    let options = ParseOptions {
        allow_comments: with_comments,
        allow_loose_object_property_names: false,
        allow_trailing_commas: with_comments,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    match parse_to_ast(text, &CollectOptions::default(), &options) {
        Ok(parsed) => Ok(parsed.value),
        Err(error) => Err(Broken::at(
            text,
            error.range().start,
            format!("it is not valid JSON: {}", error.kind()),
        )),
    }
}

fn keys(path: &KeyPath) -> Result<Vec<&str>, Broken> {
    path.keys()
        .ok_or_else(|| Broken::new(format!("{path} is in a list")))
}

/// Of two properties with one name, programs use the last.
fn property<'a, 'b>(object: &'b Object<'a>, key: &str) -> Option<&'b ObjectProp<'a>> {
    let mut found = object.properties.iter();
    found.rfind(|property| property.name.as_str() == key)
}

fn raw(text: &str, range: Range) -> &str {
    &text[range.start..range.end]
}

fn value(text: &str, node: &Node<'_>) -> Value {
    let raw = raw(text, node.range()).to_owned();
    let plain = node
        .as_string_lit()
        .map(|literal| literal.value.to_string());
    Value {
        text: plain.unwrap_or_else(|| raw.clone()),
        raw,
    }
}

pub(super) fn get(
    format: SettingsFormat,
    text: &str,
    path: &KeyPath,
) -> Result<Option<Value>, Broken> {
    let Some(mut node) = parse(format, text)? else {
        return Ok(None);
    };
    for key in keys(path)? {
        let Node::Object(object) = node else {
            return Ok(None);
        };
        let mut found = object.properties.into_iter();
        let Some(property) = found.rfind(|property| property.name.as_str() == key) else {
            return Ok(None);
        };
        node = property.value;
    }
    Ok(Some(value(text, &node)))
}

pub(super) fn set(
    format: SettingsFormat,
    text: &str,
    path: &KeyPath,
    raw: &str,
) -> Result<Edited, Broken> {
    let keys = keys(path)?;
    let indent = Indent::of(text);
    let Some(root) = parse(format, text)? else {
        let new = indent.nested(&keys, raw, "", true);
        let end = text.trim_end().len();
        let (before, after) = text.split_at(end);
        let line = if before.is_empty() { "" } else { indent.end };
        return Ok(Edited {
            text: format!("{before}{line}{new}{after}"),
            containers: (0..keys.len())
                .map(|depth| Container {
                    path: KeyPath::of_keys(&keys[..depth]),
                    inner: None,
                })
                .collect(),
        });
    };
    let mut node = &root;
    for (depth, key) in keys.iter().enumerate() {
        let Node::Object(object) = node else {
            let name = KeyPath::of_keys(&keys[..depth]);
            let what = match depth {
                0 => "it is not a JSON object".to_owned(),
                _ => format!("{name} is not an object"),
            };
            return Err(Broken::at(text, node.range().start, what));
        };
        match property(object, key) {
            Some(property) => node = &property.value,
            None => return Ok(insert(text, object, &keys, depth, raw, &indent)),
        }
    }
    let range = node.range();
    Ok(Edited {
        text: [&text[..range.start], raw, &text[range.end..]].concat(),
        containers: Vec::new(),
    })
}

fn insert(
    text: &str,
    object: &Object<'_>,
    keys: &[&str],
    depth: usize,
    raw: &str,
    indent: &Indent,
) -> Edited {
    let mut containers: Vec<Container> = (depth + 1..keys.len())
        .map(|depth| Container {
            path: KeyPath::of_keys(&keys[..depth]),
            inner: None,
        })
        .collect();
    let key = serde_json::Value::from(keys[depth]).to_string();
    let inner = &text[object.range.start + 1..object.range.end - 1];
    let Some(last) = object.properties.last() else {
        containers.push(Container {
            path: KeyPath::of_keys(&keys[..depth]),
            inner: Some(inner.to_owned()),
        });
        let outer = indent.of_line(text, object.range.start);
        let own = format!("{outer}{}", indent.unit);
        let value = indent.nested(&keys[depth + 1..], raw, &own, true);
        let end = indent.end;
        let text = [
            &text[..object.range.start + 1],
            inner.trim_end(),
            end,
            &own,
            &key,
            ": ",
            &value,
            end,
            &outer,
            &text[object.range.end - 1..],
        ];
        return Edited {
            text: text.concat(),
            containers,
        };
    };
    let gap = json_gap::read(text, last.range.end, object.range.end - 1);
    let in_lines = text[object.range.start..object.range.end].contains('\n');
    let (before_key, own) = if in_lines {
        let own = indent.of_line(text, last.range.start);
        (format!("{}{own}", indent.end), own)
    } else {
        (" ".to_owned(), String::new())
    };
    let value = indent.nested(&keys[depth + 1..], raw, &own, in_lines);
    let mut property = format!("{before_key}{key}: {value}");
    let mut after_last = "";
    match gap.comma {
        Some(_) => property.push(','),
        None => after_last = ",",
    }
    let at = gap.first_line_end;
    Edited {
        text: [
            &text[..last.range.end],
            after_last,
            &text[last.range.end..at],
            &property,
            &text[at..],
        ]
        .concat(),
        containers,
    }
}

pub(super) fn remove(format: SettingsFormat, text: &str, path: &KeyPath) -> Result<String, Broken> {
    let Some(root) = parse(format, text)? else {
        return Ok(text.to_owned());
    };
    let keys = keys(path)?;
    let mut node = &root;
    for (depth, key) in keys.iter().enumerate() {
        let Node::Object(object) = node else {
            return Ok(text.to_owned());
        };
        let found = object.properties.iter();
        let Some(at) = found.clone().rposition(|it| it.name.as_str() == *key) else {
            return Ok(text.to_owned());
        };
        if depth + 1 == keys.len() {
            return Ok(without(text, object, at));
        }
        node = &object.properties[at].value;
    }
    Ok(text.to_owned())
}

/// The document without this property of the object.
fn without(text: &str, object: &Object<'_>, at: usize) -> String {
    let range = object.properties[at].range;
    let before = match at {
        0 => object.range.start + 1,
        _ => object.properties[at - 1].range.end,
    };
    let next = object.properties.get(at + 1);
    let after = next.map_or(object.range.end - 1, |next| next.range.start);
    let gap_before = json_gap::read(text, before, range.start);
    let gap_after: Gap = json_gap::read(text, range.end, after);
    let from = gap_before.last_end;
    let to = match gap_after.comma {
        Some(comma) => comma + 1,
        None => range.end,
    };
    // The last property has no comma after it, so the one before it becomes the last.
    let comma = match (gap_after.comma, at) {
        (None, 1..) => gap_before.comma,
        (None, 0) | (Some(_), _) => None,
    };
    let tail = &text[to..];
    let alone = object.properties.len() == 1 && !gap_before.has_comment && !gap_after.has_comment;
    if alone {
        return [
            &text[..object.range.start + 1],
            &text[object.range.end - 1..],
        ]
        .concat();
    }
    match comma {
        Some(comma) => [&text[..comma], &text[comma + 1..from], tail].concat(),
        None => [&text[..from], tail].concat(),
    }
}

/// From the innermost container outwards.
pub(super) fn restore(
    format: SettingsFormat,
    text: &str,
    containers: &[Container],
) -> Result<String, Broken> {
    let mut text = text.to_owned();
    let mut sorted: Vec<&Container> = containers.iter().collect();
    sorted.sort_by_key(|container| std::cmp::Reverse(container.path.0.len()));
    for container in sorted {
        let Some(root) = parse(format, &text)? else {
            continue;
        };
        let keys = keys(&container.path)?;
        let mut node = Some(&root);
        for key in &keys {
            node = node
                .and_then(Node::as_object)
                .and_then(|object| property(object, key))
                .map(|property| &property.value);
        }
        let Some(Node::Object(object)) = node else {
            continue;
        };
        let inner = &text[object.range.start + 1..object.range.end - 1];
        let former = container.inner.as_deref();
        let is_ours = object.properties.is_empty()
            && (inner.trim() == former.unwrap_or_default().trim() || inner.trim().is_empty());
        if !is_ours {
            continue;
        }
        let Range { start, end } = object.range;
        text = match former {
            Some(former) => [&text[..=start], former, &text[end - 1..]].concat(),
            None if keys.is_empty() => [text[..start].trim_end(), &text[end..]].concat(),
            None => remove(format, &text, &container.path)?,
        };
    }
    Ok(text)
}

/// All values by their path; an empty container is a value.
pub(super) fn leaves(
    format: SettingsFormat,
    text: &str,
) -> Result<BTreeMap<String, String>, Broken> {
    let mut leaves = BTreeMap::new();
    if let Some(root) = parse(format, text)? {
        collect(text, &root, String::new(), &mut leaves);
    }
    Ok(leaves)
}

fn collect(text: &str, node: &Node<'_>, name: String, leaves: &mut BTreeMap<String, String>) {
    let below = |key: &str| match &*name {
        "" => key.to_owned(),
        name => format!("{name}.{key}"),
    };
    match node {
        Node::Object(object) => {
            for property in &object.properties {
                collect(text, &property.value, below(property.name.as_str()), leaves);
            }
        }
        Node::Array(array) => {
            for (at, element) in array.elements.iter().enumerate() {
                collect(text, element, format!("{name}[{at}]"), leaves);
            }
        }
        Node::StringLit(_) | Node::NumberLit(_) | Node::BooleanLit(_) | Node::NullKeyword(_) => {
            leaves.insert(name, raw(text, node.range()).to_owned());
        }
    }
}

/// How the document is indented.
struct Indent {
    unit: String,
    end: &'static str,
}

impl Indent {
    fn of(text: &str) -> Indent {
        let mut lines = text.lines().map(leading);
        let unit = lines.find(|white| !white.is_empty()).unwrap_or("  ");
        Indent {
            unit: unit.to_owned(),
            end: line_end(text),
        }
    }

    /// The white space at the begin of the line with this byte.
    fn of_line(&self, text: &str, at: usize) -> String {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        leading(&text[line..at]).to_owned()
    }

    /// `{"a": {"b": raw}}` for the keys a and b.
    fn nested(&self, keys: &[&str], raw: &str, own: &str, in_lines: bool) -> String {
        let Some((first, rest)) = keys.split_first() else {
            return raw.to_owned();
        };
        let key = serde_json::Value::from(*first).to_string();
        if !in_lines {
            let value = self.nested(rest, raw, own, in_lines);
            return format!("{{ {key}: {value} }}");
        }
        let inner = format!("{own}{}", self.unit);
        let value = self.nested(rest, raw, &inner, in_lines);
        let end = self.end;
        format!("{{{end}{inner}{key}: {value}{end}{own}}}")
    }
}

fn leading(line: &str) -> &str {
    let text = line.trim_start_matches([' ', '\t']);
    &line[..line.len() - text.len()]
}
