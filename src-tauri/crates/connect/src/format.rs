//! Changes of single values in a settings file. Each format finds the position of a value; an edit replaces only its bytes.

mod document;
mod dotenv;
mod json;
mod json_gap;
mod toml;
mod yaml;
mod yaml_tree;

use std::collections::BTreeMap;

use catalog::SettingsFormat;

use crate::path::KeyPath;

use document::Edited;
pub(crate) use document::{Broken, Container, Value};

/// The paths in this document that fit this one: several if it selects items of a list.
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

/// Writes a value; `raw` is its text in the document, with quotes.
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

/// A text as a value of a document.
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

#[cfg(test)]
mod tests;
