//! YAML: values in block mappings. What cannot be edited safely (flow style, anchors, tabs) is refused.

use std::collections::BTreeMap;

use super::document::{Broken, Edited, Value, line_end};
use super::yaml_tree::{Kind, Node, parse};
use crate::path::{KeyPath, Step};

pub(super) fn expand(text: &str, path: &KeyPath) -> Result<Vec<KeyPath>, Broken> {
    let root = parse(text)?;
    let mut found = vec![(KeyPath(Vec::new()), root.as_ref())];
    for step in &path.0 {
        let mut next = Vec::new();
        for (so_far, node) in found {
            let with = |step: Step| KeyPath([so_far.0.clone(), vec![step]].concat());
            match step {
                Step::Key(key) => {
                    let below = node.and_then(|node| node.entry(key));
                    next.push((with(step.clone()), below.map(|(_, value)| value)));
                }
                Step::Item(number) => {
                    let item = node.and_then(Node::items).and_then(|all| all.get(*number));
                    next.push((with(step.clone()), item));
                }
                Step::Where { key, value } => {
                    let items = node.and_then(Node::items).unwrap_or_default();
                    for (number, item) in items.iter().enumerate() {
                        if field(item, key) == Some(value) {
                            next.push((with(stable(items, number)), Some(item)));
                        }
                    }
                }
            }
        }
        found = next;
    }
    Ok(found.into_iter().map(|(path, _)| path).collect())
}

fn field<'a>(item: &'a Node, key: &str) -> Option<&'a str> {
    item.entry(key).and_then(|(_, value)| value.scalar())
}

/// An item by its name, which stays when others are added; by its number if no other item's name differs.
fn stable(items: &[Node], number: usize) -> Step {
    let name = field(&items[number], "name");
    let same = items.iter().filter(|item| field(item, "name") == name);
    match name {
        Some(name) if same.count() == 1 => Step::Where {
            key: "name".into(),
            value: name.into(),
        },
        Some(_) | None => Step::Item(number),
    }
}

fn find<'a>(root: &'a Node, steps: &[Step]) -> Option<&'a Node> {
    let mut node = root;
    for step in steps {
        node = match step {
            Step::Key(key) => &node.entry(key)?.1,
            Step::Item(number) => node.items()?.get(*number)?,
            Step::Where { key, value } => {
                let mut items = node.items()?.iter();
                items.find(|item| field(item, key) == Some(value))?
            }
        };
    }
    Some(node)
}

pub(super) fn get(text: &str, path: &KeyPath) -> Result<Option<Value>, Broken> {
    let root = parse(text)?;
    let found = root.as_ref().and_then(|root| find(root, &path.0));
    Ok(found.and_then(|node| {
        Some(Value {
            text: node.scalar()?.to_owned(),
            raw: text[node.range.clone()].to_owned(),
        })
    }))
}

fn refused(text: &str, at: usize, path: &KeyPath, why: &str) -> Broken {
    Broken::at(text, at, format!("{path} cannot be changed safely: {why}"))
}

pub(super) fn set(text: &str, path: &KeyPath, raw: &str) -> Result<Edited, Broken> {
    let edited = |text: String| Edited {
        text,
        containers: Vec::new(),
    };
    let Some((Step::Key(key), outer)) = path.0.split_last() else {
        return Err(Broken::new(format!("{path} is not a key")));
    };
    let Some(root) = parse(text)? else {
        if !outer.is_empty() {
            return Err(Broken::new(format!("{path} has no place in it")));
        }
        return Ok(edited(append(text, text.len(), &format!("{key}: {raw}"))));
    };
    let Some(mapping) = find(&root, outer) else {
        return Err(Broken::new(format!("{path} has no place in it")));
    };
    let Some(entries) = mapping.entries() else {
        let what = format!("{} is not a mapping", KeyPath(outer.to_vec()));
        return Err(Broken::at(text, mapping.range.start, what));
    };
    if let Some((_, value)) = mapping.entry(key) {
        let at = value.range.start;
        if value.scalar().is_none() || value.is_block_scalar || value.range.is_empty() {
            return Err(refused(text, at, path, "its value is not in one line"));
        }
        if value.has_anchor || text[value.range.clone()].contains('\n') {
            return Err(refused(text, at, path, "it has an anchor or several lines"));
        }
        let (before, after) = (&text[..at], &text[value.range.end..]);
        return Ok(edited([before, raw, after].concat()));
    }
    if mapping.is_flow {
        let why = "it is in braces; write one key a line";
        return Err(refused(text, mapping.range.start, path, why));
    }
    let Some((last, value)) = entries
        .iter()
        .rfind(|(_, value)| value.scalar().is_some() && !value.is_block_scalar)
    else {
        return Err(refused(
            text,
            mapping.range.start,
            path,
            "it has no value in one line",
        ));
    };
    let line = text[..last.range.start]
        .rfind('\n')
        .map_or(0, |end| end + 1);
    let before = &text[line..last.range.start];
    if before.contains('\t') {
        return Err(refused(text, line, path, "its line begins with a tab"));
    }
    let end = value.range.end.max(last.range.end);
    if text[last.range.start..end].contains('\n') {
        return Err(refused(
            text,
            line,
            path,
            "the value before it has several lines",
        ));
    }
    let at = text[end..]
        .find('\n')
        .map_or(text.len(), |line| end + line + 1);
    let indent = " ".repeat(last.column);
    Ok(edited(append(text, at, &format!("{indent}{key}: {raw}"))))
}

/// Inserts a line at the start of a line, or after a last line without an end, which keeps none.
fn append(text: &str, at: usize, line: &str) -> String {
    let (before, after) = text.split_at(at);
    let end = line_end(text);
    if before.is_empty() || before.ends_with('\n') {
        format!("{before}{line}{end}{after}")
    } else {
        format!("{before}{end}{line}{after}")
    }
}

pub(super) fn remove(text: &str, path: &KeyPath) -> Result<String, Broken> {
    let root = parse(text)?;
    let Some((Step::Key(key), outer)) = path.0.split_last() else {
        return Ok(text.to_owned());
    };
    let mapping = root.as_ref().and_then(|root| find(root, outer));
    let Some((name, value)) = mapping.and_then(|mapping| mapping.entry(key)) else {
        return Ok(text.to_owned());
    };
    let start = text[..name.range.start]
        .rfind('\n')
        .map_or(0, |end| end + 1);
    let at = name.range.start;
    if !text[start..at].trim().is_empty() {
        return Err(refused(text, at, path, "another value begins in its line"));
    }
    let end = value.range.end.max(name.range.end);
    if value.scalar().is_none() || text[at..end].contains('\n') {
        return Err(refused(text, at, path, "its value is not in one line"));
    }
    Ok(match text[end..].find('\n') {
        Some(line) => [&text[..start], &text[end + line + 1..]].concat(),
        None => {
            let before = &text[..start];
            let before = before.strip_suffix('\n').unwrap_or(before);
            before.strip_suffix('\r').unwrap_or(before).to_owned()
        }
    })
}

pub(super) fn leaves(text: &str) -> Result<BTreeMap<String, String>, Broken> {
    let mut leaves = BTreeMap::new();
    if let Some(root) = parse(text)? {
        collect(&root, String::new(), &mut leaves);
    }
    Ok(leaves)
}

fn collect(node: &Node, name: String, leaves: &mut BTreeMap<String, String>) {
    match &node.kind {
        Kind::Scalar(text) => {
            leaves.insert(name, text.clone());
        }
        Kind::Alias => {
            leaves.insert(name, "*".into());
        }
        Kind::Mapping(entries) => {
            for (key, value) in entries {
                let key = key.scalar().unwrap_or("?");
                let below = match &*name {
                    "" => key.to_owned(),
                    name => format!("{name}.{key}"),
                };
                collect(value, below, leaves);
            }
        }
        Kind::Sequence(items) => {
            for (number, item) in items.iter().enumerate() {
                collect(item, format!("{name}[{number}]"), leaves);
            }
        }
    }
}

/// With the number of each item.
pub(super) fn leaf_name(text: &str, path: &KeyPath) -> Option<String> {
    let root = parse(text).ok()??;
    let mut steps = Vec::new();
    let mut node = Some(&root);
    for step in &path.0 {
        let step = match (step, node) {
            (Step::Where { key, value }, Some(of)) => {
                let mut items = of.items()?.iter();
                Step::Item(items.position(|item| field(item, key) == Some(value))?)
            }
            (Step::Key(_) | Step::Item(_), _) | (Step::Where { .. }, None) => step.clone(),
        };
        node = node.and_then(|node| find(node, std::slice::from_ref(&step)));
        steps.push(step);
    }
    Some(KeyPath(steps).to_string())
}
