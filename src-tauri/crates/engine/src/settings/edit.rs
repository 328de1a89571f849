//! Writes keys of the owner's settings file and keeps every other byte. Pure.

pub(crate) mod pipeline;

use std::ops::Range;

use catalog::EndpointId;
use gateway::Scope;
use toml_edit::{ArrayOfTables, Document, Item, Table, TableLike};

const KEY: &str = "may_go_to";

/// The table that contains `may_go_to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// `[fallback]`: the default for all other requests.
    General,
    /// `[[pipeline]]` with this name.
    Pipeline(&'a str),
}

/// Why the text was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditFailed {
    #[error("it is not valid TOML: {0}")]
    Unreadable(String),
    #[error("`{0}` is not written as a table there")]
    NoTable(&'static str),
    #[error("`{0}` is written as tables of its own there: change it in Settings → Settings file")]
    OwnTables(&'static str),
}

/// True if the owner wrote a `may_go_to` in this table.
pub(crate) fn is_written(text: &str, place: Place<'_>) -> bool {
    Document::parse(text).is_ok_and(|document| {
        let (_, table) = find(document.as_table(), place);
        table.is_some_and(|table| table.get(KEY).is_some())
    })
}

/// The text with `may_go_to` set in this table; a new key gets a separate line below a comment.
///
/// # Errors
/// The text is not TOML, or the place contains a value that is not a table.
pub(crate) fn set(
    text: &str,
    place: Place<'_>,
    scope: &Scope,
    comment: &str,
) -> Result<String, EditFailed> {
    let document = parsed(text)?;
    let newline = newline(text);
    let line = format!("{KEY} = {}", value(scope));
    let (item, table) = find(document.as_table(), place);
    let Some(table) = table else {
        if item.is_some() {
            return Err(EditFailed::NoTable(header(place)));
        }
        let head = match place {
            Place::General => "[fallback]".to_owned(),
            Place::Pipeline(name) => format!(
                "[[pipeline]]{newline}name = {}",
                toml_edit::Value::from(name)
            ),
        };
        let gap = gap(text);
        return Ok(format!(
            "{text}{gap}{head}{newline}# {comment}{newline}{line}{newline}"
        ));
    };
    if let Some(written) = table.get(KEY) {
        let span = written.span().ok_or(EditFailed::NoTable(KEY))?;
        return Ok(spliced(text, span, &value(scope)));
    }
    let (at, new) = match item {
        // `fallback = { … }`
        Some(Item::Value(inline)) => {
            let end = inline.span().ok_or(EditFailed::NoTable(header(place)))?.end;
            let before = text[..end - 1].trim_end().len();
            let comma = if table.is_empty() { " " } else { ", " };
            (before, format!("{comma}{line}"))
        }
        _ => {
            let (start, dotted) =
                first_line(document.as_table(), place).ok_or(EditFailed::NoTable(header(place)))?;
            let end = text[start..]
                .find('\n')
                .map_or(text.len(), |end| start + end + 1);
            let before = if text[..end].ends_with('\n') {
                ""
            } else {
                newline
            };
            let name = if dotted { "fallback." } else { "" };
            (
                end,
                format!("{before}# {comment}{newline}{name}{line}{newline}"),
            )
        }
    };
    Ok(spliced(text, at..at, &new))
}

fn parsed(text: &str) -> Result<Document<&str>, EditFailed> {
    Document::parse(text)
        .map_err(|error| EditFailed::Unreadable(error.message().trim().replace('\n', ", ")))
}

fn newline(text: &str) -> &'static str {
    match text.contains("\r\n") {
        true => "\r\n",
        false => "\n",
    }
}

/// Between the text and a table at its end: an empty line.
fn gap(text: &str) -> String {
    let newline = newline(text);
    match text {
        "" => String::new(),
        _ if text.ends_with('\n') => newline.to_owned(),
        _ => format!("{newline}{newline}"),
    }
}

fn spliced(text: &str, at: Range<usize>, new: &str) -> String {
    format!("{}{new}{}", &text[..at.start], &text[at.end..])
}

fn header(place: Place<'_>) -> &'static str {
    match place {
        Place::General => "fallback",
        Place::Pipeline(_) => "pipeline",
    }
}

/// The item at this place, and the same item as a table.
fn find<'d>(root: &'d Table, place: Place<'_>) -> (Option<&'d Item>, Option<&'d dyn TableLike>) {
    let item = root.get(header(place));
    match place {
        Place::General => (item, item.and_then(Item::as_table_like)),
        Place::Pipeline(name) => {
            let tables = item.and_then(Item::as_array_of_tables);
            let found = tables.and_then(|tables| named(tables, name));
            let other = item.filter(|item| !item.is_array_of_tables());
            (other, found.map(|table| table as &dyn TableLike))
        }
    }
}

fn named<'d>(tables: &'d ArrayOfTables, name: &str) -> Option<&'d Table> {
    let is_it = |table: &&Table| table.get("name").and_then(Item::as_str) == Some(name);
    tables.iter().find(is_it)
}

/// The line after which a new key is inserted, and whether its keys are dotted (`fallback.sibling = "on"`).
fn first_line(root: &Table, place: Place<'_>) -> Option<(usize, bool)> {
    let item = root.get(header(place))?;
    let table = match place {
        Place::General => item.as_table()?,
        Place::Pipeline(name) => named(item.as_array_of_tables()?, name)?,
    };
    if table.is_dotted() {
        let (_, first) = table.iter().next()?;
        return Some((first.span()?.end, true));
    }
    Some((table.span()?.start, false))
}

/// The TOML value.
fn value(scope: &Scope) -> String {
    match scope {
        Scope::Any => "\"any\"".into(),
        Scope::Named => "\"named\"".into(),
        Scope::SameVendor => "\"same-vendor\"".into(),
        Scope::Endpoints(ids) => {
            let quoted = |id: &EndpointId| format!("\"{id}\"");
            let ids: Vec<String> = ids.iter().map(quoted).collect();
            format!("[{}]", ids.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
