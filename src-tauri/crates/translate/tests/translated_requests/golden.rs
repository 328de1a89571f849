//! Beside each captured request is the request for a candidate of another dialect, with the dropped fields. To rewrite them
//! after an intended change: `UPDATE_GOLDEN=1 cargo test -p translate --test translated_requests`.

use std::fs;
use std::path::{Path, PathBuf};

use catalog::{ChatLimit, Dialect, Effort};
use serde_json::{Value, json};
use translate::{LeftOut, Target, request};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/translated_requests/requests")
}

pub(crate) struct Captured {
    pub(crate) name: String,
    pub(crate) dialect: Dialect,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn captured() -> Vec<Captured> {
    let files = fs::read_dir(folder()).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let names = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
    let mut names: Vec<String> = names.filter(|name| !name.contains('.')).collect();
    names.sort();
    let read = |name: String| {
        let text = fs::read(folder().join(format!("{name}.json"))).unwrap();
        let file: Value = serde_json::from_slice(&text).unwrap();
        let named = |dialect: &Dialect| file["dialect"] == dialect.as_str();
        Captured {
            dialect: Dialect::ALL.into_iter().find(named).unwrap(),
            body: file["body"].to_string().into_bytes(),
            name,
        }
    };
    names.into_iter().map(read).collect()
}

pub(crate) fn fallback_target() -> Target {
    Target {
        max_output: Some(32_000),
        efforts: vec![Effort::Low, Effort::Medium, Effort::High],
        chat_limit: ChatLimit::MaxCompletionTokens,
        ..Target::new("stand-in")
    }
}

/// Compares the text with the file, or rewrites the file.
pub(crate) fn compare(file: &str, text: &str) {
    let path = folder().join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "{file} is no longer what is asked:\n{text}");
}

#[test]
fn real_requests_are_translated_into_every_other_dialect() {
    let captured = captured();
    assert!(captured.len() > 15, "there are requests to translate");
    for requested in captured {
        for to in Dialect::ALL {
            let translated = request(requested.dialect, to, &requested.body, &fallback_target());
            let seen = match translated {
                Ok(translated) => json!({
                    "left out": translated.left_out.iter().map(LeftOut::to_string).collect::<Vec<_>>(),
                    "body": serde_json::from_slice::<Value>(&translated.body).unwrap(),
                }),
                Err(refused) => json!({ "refused": refused.to_string() }),
            };
            let text = format!("{}\n", serde_json::to_string_pretty(&seen).unwrap());
            compare(&format!("{}.{to}.json", requested.name), &text);
        }
    }
}
