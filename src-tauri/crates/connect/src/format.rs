//! Changes of single values in a settings file. Each format finds the position of a value; an edit replaces only its bytes.

mod dotenv;
mod json;
mod json_gap;
mod toml;
mod yaml;
mod yaml_tree;

use std::collections::BTreeMap;

use catalog::SettingsFormat;
use serde::{Deserialize, Serialize};

use crate::path::KeyPath;

/// A document that cannot be edited.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", line.map_or_else(String::new, |line| format!("line {line}: ")))]
pub(crate) struct Broken {
    pub line: Option<usize>,
    pub what: String,
}

impl Broken {
    pub(crate) fn new(what: impl Into<String>) -> Broken {
        Broken {
            line: None,
            what: what.into(),
        }
    }

    /// `at`: byte in the text.
    pub(crate) fn at(text: &str, at: usize, what: impl Into<String>) -> Broken {
        let before = text.get(..at).unwrap_or(text);
        Broken {
            line: Some(before.matches('\n').count() + 1),
            what: what.into(),
        }
    }
}

/// A value in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Value {
    /// Without quotes and escapes; for other types than text, as written.
    pub text: String,
    /// As written in the document.
    pub raw: String,
}

/// A container that got its first entry from us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Container {
    pub path: KeyPath,
    /// Its former content: white space and comments. `None`: it did not exist.
    pub inner: Option<String>,
}

pub(crate) struct Edited {
    pub text: String,
    pub containers: Vec<Container>,
}

/// The paths in this document that fit the given one: several if it selects items of a list.
pub(crate) fn expand(
    format: SettingsFormat,
    text: &str,
    path: &KeyPath,
) -> Result<Vec<KeyPath>, Broken> {
    match format {
        SettingsFormat::Yaml => yaml::expand(text, path),
        SettingsFormat::Json
        | SettingsFormat::Jsonc
        | SettingsFormat::Toml
        | SettingsFormat::Dotenv => Ok(vec![path.clone()]),
    }
}

pub(crate) fn get(
    format: SettingsFormat,
    text: &str,
    path: &KeyPath,
) -> Result<Option<Value>, Broken> {
    match format {
        SettingsFormat::Json | SettingsFormat::Jsonc => json::get(format, text, path),
        SettingsFormat::Toml => toml::get(text, path),
        SettingsFormat::Yaml => yaml::get(text, path),
        SettingsFormat::Dotenv => Ok(dotenv::get(text, path)),
    }
}

/// Writes a value; `raw` as it stands in the document.
pub(crate) fn set(
    format: SettingsFormat,
    text: &str,
    path: &KeyPath,
    raw: &str,
) -> Result<Edited, Broken> {
    let edited = match format {
        SettingsFormat::Json | SettingsFormat::Jsonc => json::set(format, text, path, raw),
        SettingsFormat::Toml => toml::set(text, path, raw),
        SettingsFormat::Yaml => yaml::set(text, path, raw),
        SettingsFormat::Dotenv => dotenv::set(text, path, raw),
    }?;
    only_these_changed(format, text, &edited.text, path)?;
    Ok(edited)
}

/// Removes a key with its value; nothing changes if it is absent.
pub(crate) fn remove(format: SettingsFormat, text: &str, path: &KeyPath) -> Result<String, Broken> {
    let removed = match format {
        SettingsFormat::Json | SettingsFormat::Jsonc => json::remove(format, text, path),
        SettingsFormat::Toml => toml::remove(text, path),
        SettingsFormat::Yaml => yaml::remove(text, path),
        SettingsFormat::Dotenv => Ok(dotenv::remove(text, path)),
    }?;
    only_these_changed(format, text, &removed, path)?;
    Ok(removed)
}

/// Restores the former content of containers that are empty again.
pub(crate) fn restore(
    format: SettingsFormat,
    text: &str,
    containers: &[Container],
) -> Result<String, Broken> {
    match format {
        SettingsFormat::Json | SettingsFormat::Jsonc => json::restore(format, text, containers),
        SettingsFormat::Toml | SettingsFormat::Yaml | SettingsFormat::Dotenv => Ok(text.to_owned()),
    }
}

/// Text as it stands in a document.
pub(crate) fn literal(format: SettingsFormat, value: &str) -> String {
    match format {
        SettingsFormat::Json
        | SettingsFormat::Jsonc
        | SettingsFormat::Toml
        | SettingsFormat::Yaml => serde_json::Value::from(value).to_string(),
        SettingsFormat::Dotenv => value.to_owned(),
    }
}

/// All values by their path.
pub(crate) fn leaves(
    format: SettingsFormat,
    text: &str,
) -> Result<BTreeMap<String, String>, Broken> {
    match format {
        SettingsFormat::Json | SettingsFormat::Jsonc => json::leaves(format, text),
        SettingsFormat::Toml => toml::leaves(text),
        SettingsFormat::Yaml => yaml::leaves(text),
        SettingsFormat::Dotenv => Ok(dotenv::leaves(text)),
    }
}

/// The last check before a file is written: each other value is as it was.
fn only_these_changed(
    format: SettingsFormat,
    before: &str,
    after: &str,
    path: &KeyPath,
) -> Result<(), Broken> {
    let own = leaf_name(format, after, path).or_else(|| leaf_name(format, before, path));
    let others = |text: &str| -> Result<BTreeMap<String, String>, Broken> {
        let mut leaves = leaves(format, text)?;
        leaves.retain(|name, _| Some(name) != own.as_ref());
        Ok(leaves)
    };
    if others(before)? == others(after)? {
        return Ok(());
    }
    Err(Broken::new(format!(
        "{path} cannot be changed without a change of other values"
    )))
}

/// The name of a value in [`leaves`].
fn leaf_name(format: SettingsFormat, text: &str, path: &KeyPath) -> Option<String> {
    match format {
        SettingsFormat::Yaml => yaml::leaf_name(text, path),
        SettingsFormat::Json
        | SettingsFormat::Jsonc
        | SettingsFormat::Toml
        | SettingsFormat::Dotenv => Some(path.to_string()),
    }
}

/// The line end of this document; of the system for an empty one.
pub(crate) fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        Some(_) | None => "\n",
    }
}

#[cfg(test)]
mod tests;
