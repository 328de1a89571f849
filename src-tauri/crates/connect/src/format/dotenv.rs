//! Files of environment variables: `NAME=value`, one a line.

use std::collections::BTreeMap;

use super::document::{Broken, Edited, Value, line_end};
use crate::path::KeyPath;

/// A line with a value: its range, and the range of the value.
struct Line<'a> {
    name: &'a str,
    /// With the line's end.
    range: std::ops::Range<usize>,
    value: std::ops::Range<usize>,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        let range = start..start + line.len();
        start = range.end;
        let content = line.trim_end_matches(['\n', '\r']);
        let Some((left, right)) = content.split_once('=') else {
            continue;
        };
        let name = left.trim();
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        if name.is_empty() || name.starts_with('#') {
            continue;
        }
        let at = range.start + left.len() + 1;
        let begin = at + (right.len() - right.trim_start().len());
        let length = value_length(right.trim_start());
        lines.push(Line {
            name,
            range,
            value: begin..begin + length,
        });
    }
    lines
}

/// Without a comment behind it.
fn value_length(text: &str) -> usize {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let quoted = quote.and_then(|quote| text[1..].find(quote).map(|end| end + 2));
    quoted.unwrap_or_else(|| {
        let end = text.find(" #").unwrap_or(text.len());
        text[..end].trim_end().len()
    })
}

fn unquoted(raw: &str) -> &str {
    let inner = |quote| raw.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(raw)
}

/// Of two lines with one name, programs use the last.
fn last<'a>(text: &'a str, path: &KeyPath) -> Option<Line<'a>> {
    let name = path.to_string();
    lines(text).into_iter().rfind(|line| line.name == name)
}

pub(super) fn get(text: &str, path: &KeyPath) -> Option<Value> {
    let line = last(text, path)?;
    let raw = &text[line.value];
    Some(Value {
        text: unquoted(raw).to_owned(),
        raw: raw.to_owned(),
    })
}

pub(super) fn set(text: &str, path: &KeyPath, raw: &str) -> Result<Edited, Broken> {
    let text = match last(text, path) {
        Some(line) => [&text[..line.value.start], raw, &text[line.value.end..]].concat(),
        None if text.is_empty() || text.ends_with('\n') => {
            format!("{text}{path}={raw}{}", line_end(text))
        }
        None => format!("{text}{}{path}={raw}", line_end(text)),
    };
    Ok(Edited {
        text,
        containers: Vec::new(),
    })
}

pub(super) fn remove(text: &str, path: &KeyPath) -> String {
    let Some(line) = last(text, path) else {
        return text.to_owned();
    };
    let (before, after) = (&text[..line.range.start], &text[line.range.end..]);
    if text[line.range].ends_with('\n') {
        return [before, after].concat();
    }
    let before = before.strip_suffix('\n').unwrap_or(before);
    before.strip_suffix('\r').unwrap_or(before).to_owned()
}

/// By name; of two lines with one name, the last.
pub(super) fn leaves(text: &str) -> BTreeMap<String, String> {
    let mut leaves = BTreeMap::new();
    for line in lines(text) {
        leaves.insert(line.name.to_owned(), text[line.value].to_owned());
    }
    leaves
}
