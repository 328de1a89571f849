//! The commented default file: its sections, and each key with its value and meaning.

use crate::settings::DEFAULT_TEXT;

#[derive(Default)]
pub(super) struct Section {
    /// `[listen]`, `[[route]]`
    pub(super) heading: String,
    pub(super) text: String,
    pub(super) keys: Vec<Written>,
}

pub(super) struct Written {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) meaning: String,
}

pub(super) fn sections() -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut prose = String::new();
    for line in DEFAULT_TEXT.lines() {
        let text = line
            .strip_prefix('#')
            .map_or(line, |rest| rest.strip_prefix(' ').unwrap_or(rest));
        let (code, comment) = parts(text);
        if code.starts_with('[') {
            let text = [prose.trim(), comment].join(" ").trim().to_owned();
            prose.clear();
            sections.push(Section {
                heading: code.to_owned(),
                text,
                keys: Vec::new(),
            });
        } else if line.is_empty() {
            prose.clear();
        } else if let (Some((name, value)), true) = (assignment(code), prose.is_empty()) {
            let section = sections.last_mut().unwrap();
            section.keys.push(Written {
                name,
                value,
                meaning: comment.to_owned(),
            });
        } else if text.starts_with("      ") {
            let section = sections.last_mut().unwrap();
            let key = section.keys.last_mut().unwrap();
            let more = text.trim().trim_start_matches('#').trim();
            key.meaning = format!("{} {more}", key.meaning).trim().to_owned();
        } else {
            prose = format!("{prose} {text}");
        }
    }
    sections
}

/// The code of a line and its comment.
fn parts(line: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, letter) in line.char_indices() {
        match (quote, letter) {
            (None, '#') => return (line[..at].trim(), line[at + 1..].trim()),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    (line.trim(), "")
}

fn assignment(code: &str) -> Option<(String, String)> {
    let (name, value) = code.split_once(" = ")?;
    let table: toml::Table = toml::from_str(code).ok()?;
    (table.len() == 1).then(|| (name.to_owned(), value.to_owned()))
}
