//! JSON texts, and the few words that a writer has to add.

use serde_json::Value;

use super::model::{Document, File, Part};

/// The first line of a failed tool's result in dialects that have no `is_error`; understood again on the way back.
pub(crate) const FAILED: &str = "[is_error: true]\n";

/// The text of a result, and whether it begins with that line.
pub(crate) fn result_text(mut parts: Vec<Part>) -> (bool, Vec<Part>) {
    let Some(Part::Text(first)) = parts.first_mut() else {
        return (false, parts);
    };
    let Some(said) = first.strip_prefix(FAILED).map(str::to_owned) else {
        return (false, parts);
    };
    match said.is_empty() {
        true => drop(parts.remove(0)),
        false => *first = said,
    }
    (true, parts)
}

/// A JSON string. A lone surrogate, which some clients leave where they cut a text, becomes the replacement character. `None`:
/// it is no string.
pub(crate) fn string(json: &str) -> Option<String> {
    if let Ok(text) = serde_json::from_str(json) {
        return Some(text);
    }
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole += before;
        let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
        let length = match unit(escape) {
            None => 2,
            Some(0xD800..=0xDBFF)
                if matches!(escape.get(6..).and_then(unit), Some(0xDC00..=0xDFFF)) =>
            {
                12
            }
            Some(0xD800..=0xDFFF) => {
                whole.push('\u{fffd}');
                rest = &escape[6..];
                continue;
            }
            Some(_) => 6,
        };
        let (escape, after) = escape.split_at_checked(length)?;
        whole += escape;
        rest = after;
    }
    whole += rest;
    serde_json::from_str(&whole).ok()
}

pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

pub(crate) type Pairs = Vec<(&'static str, String)>;

/// Keys with the JSON text of their values.
pub(crate) fn object(pairs: &[(&'static str, String)]) -> String {
    let pairs = pairs
        .iter()
        .map(|(key, json)| format!("{}:{json}", quoted(key)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
}

pub(crate) fn array(elements: &[String]) -> String {
    format!("[{}]", elements.join(","))
}

/// `data:image/png;base64,…` → its type and its data; None: something else.
pub(crate) fn inline(url: &str) -> Option<File> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    let media_type = media_type.split(';').next().unwrap_or_default();
    Some(File::Inline {
        media_type: media_type.to_ascii_lowercase(),
        data: data.to_owned(),
    })
}

/// As OpenAI's dialects write a file: its address, or a `data:` address with everything in it.
pub(crate) fn address(file: &File) -> String {
    match file {
        File::Inline { media_type, data } => format!("data:{media_type};base64,{data}"),
        File::Address(url) => url.clone(),
    }
}

/// A document that is text, for a dialect that has documents of other kinds only.
pub(crate) fn as_text(document: &Document, text: &str) -> String {
    let about = [document.title.as_deref(), document.context.as_deref()];
    let said: Vec<&str> = about.into_iter().flatten().chain([text]).collect();
    said.join("\n\n")
}
