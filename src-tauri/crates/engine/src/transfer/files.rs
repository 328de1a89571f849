//! Reads and writes the files of this computer. An import replaces all of them, or none.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use api::Imported;
use catalog::Catalog;
use chrono::{DateTime, Utc};

use super::refused::Private;
use super::{Plan, Texts};
use crate::places::Places;
use crate::settings::DEFAULT_TEXT;
use crate::{private_file, text_file, transfer};

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{file} {what}: {error}")]
pub(super) struct FileFailed {
    file: String,
    what: &'static str,
    error: io::Error,
}

fn failed(file: &Path, what: &'static str, error: io::Error) -> FileFailed {
    FileFailed {
        file: file.display().to_string(),
        what,
        error,
    }
}

fn read(places: &Places) -> Result<Texts, FileFailed> {
    let settings = match text_file::read(&places.settings) {
        Ok(text) => text,
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => DEFAULT_TEXT.to_owned(),
        Err(error) => return Err(failed(&places.settings, "cannot be read", error)),
    };
    let mut providers = BTreeMap::new();
    for entry in fs::read_dir(&places.providers)
        .into_iter()
        .flatten()
        .flatten()
    {
        let path = entry.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let name = entry.file_name().to_string_lossy().into_owned();
            let text = text_file::read(&path);
            let text = text.map_err(|error| failed(&path, "cannot be read", error))?;
            providers.insert(name, text);
        }
    }
    Ok(Texts {
        settings,
        providers,
    })
}

/// The bundled catalogue with these files.
pub(super) fn catalog(providers: &BTreeMap<String, String>) -> Result<Catalog, String> {
    let files: Vec<(String, String)> = providers.clone().into_iter().collect();
    Catalog::with_files(&files).map_err(|wrong| {
        let lines = wrong.iter().map(|error| format!("  {error}"));
        lines.collect::<Vec<_>>().join("\n")
    })
}

/// The first line of an export of this computer.
pub(crate) fn export(places: &Places, now: DateTime<Utc>) -> Result<String, String> {
    let texts = read(places).map_err(|error| error.to_string())?;
    let token = text_file::read(&places.token).unwrap_or_default();
    let home = env::var("HOME").or_else(|_| env::var("USERPROFILE"));
    let private = Private {
        token: token.trim(),
        home: &home.unwrap_or_default(),
    };
    let catalog = catalog(&texts.providers)
        .map_err(|why| format!("your provider files have errors:\n{why}"))?;
    transfer::export(&texts, private, &catalog, now).map_err(|why| why.to_string())
}

/// An import that is not applied yet.
pub(crate) struct Planned {
    plan: Plan,
    pub(crate) imported: Imported,
}

/// `text`: of the export.
pub(crate) fn plan(places: &Places, text: &str) -> Result<Planned, String> {
    let export = transfer::parse(text).map_err(|why| why.to_string())?;
    let here = read(places).map_err(|error| error.to_string())?;
    let plan = transfer::plan(&export, &here, catalog).map_err(|why| why.to_string())?;
    let imported = Imported {
        diff: plan.diff.clone(),
        kept: plan.kept.clone(),
        copies: Vec::new(),
        needs_restart: !plan.providers.is_empty(),
        has_log: text.lines().nth(1).is_some(),
    };
    Ok(Planned { plan, imported })
}

impl Planned {
    /// # Errors The reason; all files are as before.
    pub(crate) fn apply(&mut self, places: &Places, now: DateTime<Utc>) -> Result<(), String> {
        let copies = apply(&self.plan, places, now).map_err(|error| error.to_string())?;
        let shown = copies.iter().map(|copy| copy.display().to_string());
        self.imported.copies = shown.collect();
        Ok(())
    }
}

/// Writes the new files. Returns the copies of the replaced ones. After an error, all files are as before.
pub(super) fn apply(
    plan: &Plan,
    places: &Places,
    now: DateTime<Utc>,
) -> Result<Vec<PathBuf>, FileFailed> {
    let named = plan.providers.iter();
    let mut new: Vec<(PathBuf, &str)> = named
        .map(|(name, text)| (places.providers.join(name), text.as_str()))
        .collect();
    // Last: the settings may name a new provider.
    new.extend(
        plan.settings
            .iter()
            .map(|text| (places.settings.clone(), text.as_str())),
    );
    let mut copies = Vec::new();
    for (file, _) in &new {
        copies.extend(copy(file, now)?);
    }
    let mut written: Vec<(&Path, Option<Vec<u8>>)> = Vec::new();
    for (file, text) in &new {
        let before = fs::read(file).ok();
        if let Err(error) = private_file::rewrite(file, text.as_bytes()) {
            for (file, before) in written {
                let _ = match before {
                    Some(before) => private_file::rewrite(file, &before),
                    None => fs::remove_file(file),
                };
            }
            return Err(failed(
                file,
                "cannot be written, and nothing was changed",
                error,
            ));
        }
        written.push((file, before));
    }
    Ok(copies)
}

/// Beside the file, with another ending, so that it is not read as a provider file.
fn copy(file: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, FileFailed> {
    let Ok(before) = fs::read(file) else {
        return Ok(None);
    };
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(now.format(".before-import-%Y%m%dT%H%M%SZ").to_string());
    let copy = file.with_file_name(name);
    private_file::write(&copy, &before)
        .map_err(|error| failed(&copy, "cannot be written, and nothing was changed", error))?;
    Ok(Some(copy))
}
