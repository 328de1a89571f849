//! Reads and writes the files of this computer. An import replaces all of them, or none.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use catalog::Catalog;
use chrono::{DateTime, Utc};

use super::{Plan, Texts};
use crate::places::Places;
use crate::settings::DEFAULT_TEXT;
use crate::{private_file, text_file};

/// A file that cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{file} {what}: {error}")]
pub(crate) struct FileFailed {
    pub file: String,
    pub what: &'static str,
    pub error: io::Error,
}

fn failed(file: &Path, what: &'static str, error: io::Error) -> FileFailed {
    FileFailed {
        file: file.display().to_string(),
        what,
        error,
    }
}

pub(crate) fn read(places: &Places) -> Result<Texts, FileFailed> {
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
pub(crate) fn catalog(providers: &BTreeMap<String, String>) -> Result<Catalog, String> {
    let files: Vec<(String, String)> = providers.clone().into_iter().collect();
    Catalog::with_files(&files).map_err(|wrong| {
        let lines = wrong.iter().map(|error| format!("  {error}"));
        lines.collect::<Vec<_>>().join("\n")
    })
}

/// Writes the new files. Returns the copies of the replaced ones. After an error, all files are as before.
pub(crate) fn apply(
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
