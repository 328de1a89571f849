//! Writes the lines of one `[[pipeline]]` table. Pure.

use std::ops::Range;

use toml_edit::{Item, Table, Value};

use super::{EditFailed, gap, named, newline, parsed, spliced};

const TABLE: &str = "pipeline";

/// A key of the table.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) key: &'static str,
    /// None: the key is not written.
    pub(crate) value: Option<Value>,
    /// A written value that means the same as no line; it stays.
    pub(crate) default: Option<Value>,
}

/// The text with these lines in the table of this name. A line whose value is the same keeps its bytes; a missing table is added
/// at the end.
///
/// # Errors
/// The text is not TOML, or the value is written in a form that is not replaced.
pub(crate) fn put(text: &str, name: &str, lines: &[Line]) -> Result<String, EditFailed> {
    let document = parsed(text)?;
    let Some(table) = find(document.as_table(), name)? else {
        return Ok(appended(text, lines));
    };
    let mut changes = Vec::new();
    let mut added = String::new();
    for line in lines {
        let written = table.get_key_value(line.key);
        match (written, &line.value) {
            (None, None) => {}
            (None, Some(value)) => added += &written_line(line.key, value, newline(text)),
            (Some((_, item)), Some(value)) if means(item, value) => {}
            (Some((_, item)), Some(value)) => {
                changes.push((value_span(item, line.key)?, value.to_string()));
            }
            (Some((_, item)), None) if line.default.as_ref().is_some_and(|v| means(item, v)) => {}
            (Some((key, item)), None) => {
                let value = value_span(item, line.key)?;
                let start = key.span().map_or(value.start, |key| key.start);
                changes.push((
                    line_start(text, start)..line_end(text, value.end),
                    String::new(),
                ));
            }
        }
    }
    if !added.is_empty() {
        let end = line_end(text, last_value(table).ok_or(EditFailed::NoTable(TABLE))?);
        let before = match text[..end].ends_with('\n') {
            true => "",
            false => newline(text),
        };
        changes.push((end..end, format!("{before}{added}")));
    }
    Ok(applied(text, changes))
}

/// The text without the table of this name. The comments above it stay.
///
/// # Errors
/// The text is not TOML, or has no such table.
pub(crate) fn remove(text: &str, name: &str) -> Result<String, EditFailed> {
    let document = parsed(text)?;
    let table = find(document.as_table(), name)?.ok_or(EditFailed::NoTable(TABLE))?;
    let lines = lines_of(text, table).ok_or(EditFailed::NoTable(TABLE))?;
    let (before, after) = (&text[..lines.start], &text[lines.end..]);
    let is_alone = before.is_empty() || before.ends_with("\n\n") || before.ends_with("\r\n\r\n");
    let blank = newline(text);
    let after = match is_alone {
        true => after.strip_prefix(blank).unwrap_or(after),
        false => after,
    };
    let before = match is_alone && after.is_empty() {
        true => before.strip_suffix(blank).unwrap_or(before),
        false => before,
    };
    Ok(format!("{before}{after}"))
}

/// The text in which the routes of one pipeline belong to another.
///
/// # Errors
/// The text is not TOML.
pub(crate) fn rename_in_routes(text: &str, from: &str, to: &str) -> Result<String, EditFailed> {
    let document = parsed(text)?;
    let routes = document.get("route").and_then(Item::as_array_of_tables);
    let named = routes.into_iter().flatten().filter_map(|route| {
        let item = route.get(TABLE)?;
        (item.as_str() == Some(from)).then(|| item.span()).flatten()
    });
    let changes = named.map(|span| (span, Value::from(to).to_string()));
    Ok(applied(text, changes.collect()))
}

/// The lines of the table of this name.
pub(crate) fn lines<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let document = parsed(text).ok()?;
    let table = find(document.as_table(), name).ok()??;
    text.get(lines_of(text, table)?)
}

pub(crate) fn has(text: &str, name: &str, key: &str) -> bool {
    parsed(text).is_ok_and(|document| {
        let table = find(document.as_table(), name);
        table.is_ok_and(|table| table.is_some_and(|table| table.contains_key(key)))
    })
}

/// The key of the table at this line of the text, from 1.
pub(crate) fn key_at(text: &str, name: &str, line: usize) -> Option<String> {
    let document = parsed(text).ok()?;
    let table = find(document.as_table(), name).ok()??;
    let number = |byte: usize| 1 + text[..byte].matches('\n').count();
    let (key, _) = table.iter().find(|(_, item)| {
        let span = item.span();
        span.is_some_and(|span| (number(span.start)..=number(span.end)).contains(&line))
    })?;
    Some(key.to_owned())
}

fn find<'d>(root: &'d Table, name: &str) -> Result<Option<&'d Table>, EditFailed> {
    match root.get(TABLE) {
        None => Ok(None),
        Some(item) => {
            let tables = item.as_array_of_tables();
            let tables = tables.ok_or(EditFailed::NoTable(TABLE))?;
            Ok(named(tables, name))
        }
    }
}

fn appended(text: &str, lines: &[Line]) -> String {
    let newline = newline(text);
    let written = lines.iter().filter_map(|line| {
        let value = line.value.as_ref()?;
        Some(written_line(line.key, value, newline))
    });
    let written: String = written.collect();
    format!("{text}{}[[{TABLE}]]{newline}{written}", gap(text))
}

fn written_line(key: &str, value: &Value, newline: &str) -> String {
    format!("{key} = {value}{newline}")
}

fn value_span(item: &Item, key: &'static str) -> Result<Range<usize>, EditFailed> {
    let value = item.as_value().ok_or(EditFailed::OwnTables(key))?;
    value.span().ok_or(EditFailed::OwnTables(key))
}

fn last_value(table: &Table) -> Option<usize> {
    let values = table.iter().filter_map(|(_, item)| item.as_value()?.span());
    values.map(|span| span.end).max()
}

/// From its header to its last value, with the tables in it.
fn lines_of(text: &str, table: &Table) -> Option<Range<usize>> {
    let header = table.span()?.start;
    let end = last_of(table).unwrap_or(header);
    Some(line_start(text, header)..line_end(text, end))
}

fn last_of(table: &Table) -> Option<usize> {
    let ends = table.iter().filter_map(|(_, item)| match item {
        Item::None => None,
        Item::Value(value) => value.span().map(|span| span.end),
        Item::Table(table) => last_of(table),
        Item::ArrayOfTables(tables) => tables.iter().filter_map(last_of).max(),
    });
    ends.chain(table.span().map(|span| span.start)).max()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// The beginning of the next line.
fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end + 1)
}

/// The changes do not overlap, except an insertion at the end of a removal.
fn applied(text: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(span, _)| (span.start, span.end));
    let mut new = text.to_owned();
    for (span, value) in changes.into_iter().rev() {
        new = spliced(&new, span, &value);
    }
    new
}

/// Compares the meaning: `4` and `4.0` are the same number, and an inline table is the same in any form.
fn means(item: &Item, wanted: &Value) -> bool {
    item.clone()
        .into_value()
        .is_ok_and(|written| equal(&written, wanted))
}

fn equal(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a == b;
    }
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.value() == b.value(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::InlineTable(a), Value::InlineTable(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (Value::Boolean(a), Value::Boolean(b)) => a.value() == b.value(),
        (
            Value::String(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::Boolean(_)
            | Value::Datetime(_)
            | Value::Array(_)
            | Value::InlineTable(_),
            _,
        ) => false,
    }
}

/// An integer of a settings file is far below 2^53.
fn number(value: &Value) -> Option<f64> {
    value
        .as_float()
        .or_else(|| value.as_integer().map(|integer| integer as f64))
}

#[cfg(test)]
mod tests;
