//! JSON texts, and the few texts that a writer adds.

use serde_json::Value;

/// A JSON string. A lone surrogate, from clients that cut a text, becomes the replacement character. `None`: not a string.
pub(crate) fn string(json: &str) -> Option<String> {
    if let Ok(text) = serde_json::from_str(json) {
        return Some(text);
    }
    let mut complete = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        complete += before;
        let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
        let length = match unit(escape) {
            None => 2,
            Some(0xD800..=0xDBFF)
                if matches!(escape.get(6..).and_then(unit), Some(0xDC00..=0xDFFF)) =>
            {
                12
            }
            Some(0xD800..=0xDFFF) => {
                complete.push('\u{fffd}');
                rest = &escape[6..];
                continue;
            }
            Some(_) => 6,
        };
        let (escape, after) = escape.split_at_checked(length)?;
        complete += escape;
        rest = after;
    }
    complete += rest;
    serde_json::from_str(&complete).ok()
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
