//! The settings of one computer for another: one file with the settings and the owner's provider files. Keys, tokens and paths
//! of a machine are never in it. Pure; `transfer/files` reads and writes. The format is described in docs/second-computer.md.

pub(crate) mod files;
mod own_keys;
mod private_text;
mod refused;

use std::collections::BTreeMap;

use catalog::Catalog;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use similar::TextDiff;

use crate::settings::{DEFAULT_TEXT, Settings};
use refused::{FORMAT, Private, Refused};

/// The first line of the file. With the log, a line for each request follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Export {
    pub understudy_export: u32,
    /// Version of Understudy that wrote it.
    pub version: String,
    pub created: DateTime<Utc>,
    /// The settings file, with its comments, without the keys of one computer.
    pub settings: String,
    /// The owner's provider files with models and prices, by file name.
    pub providers: BTreeMap<String, String>,
}

/// The files of a computer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Texts {
    pub settings: String,
    pub providers: BTreeMap<String, String>,
}

pub(crate) fn export(
    texts: &Texts,
    private: Private<'_>,
    catalog: &Catalog,
    created: DateTime<Utc>,
) -> Result<String, Refused> {
    let settings = own_keys::without(&texts.settings)?;
    private_text::check("settings.toml", &settings, private, catalog)?;
    for (name, text) in &texts.providers {
        private_text::check(name, text, private, catalog)?;
    }
    let export = Export {
        understudy_export: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        created,
        settings,
        providers: texts.providers.clone(),
    };
    serde_json::to_string(&export).map_err(|error| Refused::NotExport(error.to_string()))
}

/// `text`: of the complete file; the lines of the log are not read.
pub(crate) fn parse(text: &str) -> Result<Export, Refused> {
    #[derive(Deserialize)]
    struct Head {
        understudy_export: u32,
        #[serde(default)]
        version: String,
    }
    let first = text.lines().next().unwrap_or_default();
    let unreadable = |error: serde_json::Error| Refused::NotExport(error.to_string());
    let head: Head = serde_json::from_str(first).map_err(unreadable)?;
    if head.understudy_export > FORMAT {
        return Err(Refused::Newer {
            version: head.version,
            format: head.understudy_export,
        });
    }
    let export: Export = serde_json::from_str(first).map_err(unreadable)?;
    for name in export.providers.keys() {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_name = name.ends_with(".toml") && !name.starts_with('.') && name.chars().all(plain);
        if !is_name {
            return Err(Refused::FileName(name.clone()));
        }
    }
    Ok(export)
}

/// The changes of an import.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// The new settings; None: they are the same.
    pub settings: Option<String>,
    /// New and changed provider files.
    pub providers: BTreeMap<String, String>,
    /// Unified diffs of all files.
    pub diff: String,
    /// Files of this computer that the export does not have, and that stay.
    pub kept: Vec<String>,
}

/// `catalog`: parses the provider files as they are after the import.
pub(crate) fn plan(
    export: &Export,
    here: &Texts,
    catalog: impl FnOnce(&BTreeMap<String, String>) -> Result<Catalog, String>,
) -> Result<Plan, Refused> {
    let settings = own_keys::with_those_of(&export.settings, &here.settings)?;
    let mut after = here.providers.clone();
    after.extend(export.providers.clone());
    let catalog = catalog(&after).map_err(Refused::NotValid)?;
    if let Err(errors) = Settings::parse(&settings, &catalog) {
        let lines = errors.iter().map(|error| format!("  {error}"));
        return Err(Refused::NotValid(lines.collect::<Vec<_>>().join("\n")));
    }
    let mut plan = Plan::default();
    if settings != here.settings {
        plan.diff += &diff("settings.toml", &here.settings, &settings);
        plan.settings = Some(settings);
    }
    for (name, text) in &export.providers {
        let before = here.providers.get(name);
        if before != Some(text) {
            let before = before.map_or("", String::as_str);
            plan.diff += &diff(&format!("providers/{name}"), before, text);
            plan.providers.insert(name.clone(), text.clone());
        }
    }
    let kept = here.providers.keys();
    let kept = kept.filter(|name| !export.providers.contains_key(*name));
    plan.kept = kept.cloned().collect();
    Ok(plan)
}

fn diff(name: &str, before: &str, after: &str) -> String {
    // Nothing of the owner's is lost with the file of the first start.
    let before = if before == DEFAULT_TEXT { "" } else { before };
    let diff = TextDiff::from_lines(before, after);
    let mut unified = diff.unified_diff();
    let unified = unified.context_radius(2).header(
        &format!("{name} (now)"),
        &format!("{name} (after the import)"),
    );
    unified.to_string()
}

#[cfg(test)]
mod tests;
