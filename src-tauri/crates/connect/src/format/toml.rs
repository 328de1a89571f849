//! TOML: keys at the top, before the first table.

use std::collections::BTreeMap;
use std::ops::Range;

use toml_edit::{Document, Item, Key};

use super::document::{Broken, Edited, Value, line_end};
use crate::path::KeyPath;

fn parse(text: &str) -> Result<Document<&str>, Broken> {
    Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let what = error
            .message()
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned();
        Broken::at(text, at, format!("it is not valid TOML: {what}"))
    })
}

fn value(text: &str, item: &Item) -> Option<Value> {
    let raw = text.get(item.as_value()?.span()?)?.to_owned();
    Some(Value {
        text: item.as_str().map_or_else(|| raw.clone(), str::to_owned),
        raw,
    })
}

pub(super) fn get(text: &str, path: &KeyPath) -> Result<Option<Value>, Broken> {
    let document = parse(text)?;
    let keys = path.keys().unwrap_or_default();
    let Some((first, rest)) = keys.split_first() else {
        return Ok(None);
    };
    let mut item = document.as_table().get(first);
    for key in rest {
        item = item
            .and_then(Item::as_table_like)
            .and_then(|table| table.get(key));
    }
    Ok(item.and_then(|item| value(text, item)))
}

/// The key and its value at the top.
fn top<'a>(
    document: &'a Document<&str>,
    path: &KeyPath,
) -> Result<Option<(&'a Key, &'a Item)>, Broken> {
    let Some([key]) = path
        .keys()
        .as_deref()
        .map(|keys| keys.to_vec())
        .and_then(|keys| <[&str; 1]>::try_from(keys).ok())
    else {
        return Err(Broken::new(format!("{path} is in a table")));
    };
    Ok(document.as_table().get_key_value(key))
}

pub(super) fn set(text: &str, path: &KeyPath, raw: &str) -> Result<Edited, Broken> {
    let document = parse(text)?;
    let edited = |text: String| Edited {
        text,
        containers: Vec::new(),
    };
    if let Some((_, item)) = top(&document, path)? {
        let Some(Range { start, end }) = item.as_value().and_then(toml_edit::Value::span) else {
            return Err(Broken::new(format!("{path} is a table")));
        };
        return Ok(edited([&text[..start], raw, &text[end..]].concat()));
    }
    let line = format!("{path} = {raw}");
    let end = line_end(text);
    let at = after_last_top_value(text, &document);
    let (before, after) = text.split_at(at);
    Ok(edited(if before.is_empty() || before.ends_with('\n') {
        // An empty document gets a complete line.
        format!("{before}{line}{end}{after}")
    } else {
        // The document's last line has no end, and keeps none.
        format!("{before}{end}{line}{after}")
    }))
}

/// The start of the line after the last value before the first table; the start of the document if there is none.
fn after_last_top_value(text: &str, document: &Document<&str>) -> usize {
    let first_table = document
        .as_table()
        .iter()
        .filter_map(|(_, item)| match item {
            Item::Table(table) => table.span().map(|span| span.start),
            Item::ArrayOfTables(tables) => tables.span().map(|span| span.start),
            Item::Value(_) | Item::None => None,
        });
    let first_table = first_table.min().unwrap_or(text.len());
    let mut ends: Vec<usize> = Vec::new();
    collect_ends(document.as_table(), first_table, &mut ends);
    match ends.into_iter().max() {
        None => 0,
        Some(end) => text[end..]
            .find('\n')
            .map_or(text.len(), |line| end + line + 1),
    }
}

/// Ends of values before this byte: also those of dotted keys.
fn collect_ends(table: &toml_edit::Table, before: usize, ends: &mut Vec<usize>) {
    for (_, item) in table {
        match item {
            Item::Value(value) => {
                let end = value.span().map(|span| span.end);
                ends.extend(end.filter(|end| *end <= before));
            }
            Item::Table(table) => collect_ends(table, before, ends),
            Item::ArrayOfTables(_) | Item::None => {}
        }
    }
}

pub(super) fn remove(text: &str, path: &KeyPath) -> Result<String, Broken> {
    let document = parse(text)?;
    let Some((key, item)) = top(&document, path)? else {
        return Ok(text.to_owned());
    };
    let spans = key
        .span()
        .zip(item.as_value().and_then(toml_edit::Value::span));
    let Some((key, value)) = spans else {
        return Err(Broken::new(format!("{path} is a table")));
    };
    let start = text[..key.start].rfind('\n').map_or(0, |end| end + 1);
    let line = text[value.end..].find('\n');
    Ok(match line {
        Some(end) => [&text[..start], &text[value.end + end + 1..]].concat(),
        None => {
            let before = text[..start].strip_suffix('\n').unwrap_or_default();
            before.strip_suffix('\r').unwrap_or(before).to_owned()
        }
    })
}

pub(super) fn leaves(text: &str) -> Result<BTreeMap<String, String>, Broken> {
    let document = parse(text)?;
    let mut leaves = BTreeMap::new();
    collect(document.as_item(), String::new(), &mut leaves);
    Ok(leaves)
}

fn collect(item: &Item, name: String, leaves: &mut BTreeMap<String, String>) {
    if let Some(table) = item.as_table_like() {
        for (key, item) in table.iter() {
            let below = match &*name {
                "" => key.to_owned(),
                name => format!("{name}.{key}"),
            };
            collect(item, below, leaves);
        }
    } else if let Some(tables) = item.as_array_of_tables() {
        for (at, table) in tables.iter().enumerate() {
            let item = Item::Table(table.clone());
            collect(&item, format!("{name}[{at}]"), leaves);
        }
    } else if let Some(value) = item.as_value() {
        leaves.insert(name, value.to_string().trim().to_owned());
    }
}
