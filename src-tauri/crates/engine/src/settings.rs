//! Parses the owner's settings: a commented TOML file gives complete [`Settings`], or all errors with their line and fix.

mod drain;
mod drain_switch;
pub(crate) mod edit;
mod effect;
mod endpoint;
mod equivalents;
mod error;
mod file;
mod network;
mod pipeline;
pub(crate) mod pipeline_change;
mod pipeline_form;
mod price;
mod reading;
pub(crate) mod reload;
mod report;
mod retention;
mod route;
mod rules;
mod scope;
mod update;
pub(crate) mod upgrade;
mod values;
mod weight;

use catalog::{Catalog, without_addresses};

pub(crate) use drain_switch::switched;
pub(crate) use error::SettingsError;
pub(crate) use pipeline_form::forms as pipeline_forms;
pub(crate) use values::{
    Drain, EffectHeader, EffectSettings, NetworkAddress, PipelineDetails, PipelineRuns, Receiver,
    Retention, SecretSource, Settings, TlsFiles, UpdateSource,
};
pub(crate) use weight::Weight;

use crate::text_file;
use error::line_number;
use file::File;
use reading::Reading;

/// The text of the first settings file: every default, commented.
pub(crate) const DEFAULT_TEXT: &str = include_str!("settings/default.toml");

impl Settings {
    /// `catalog`: the providers that the text may name.
    pub(crate) fn parse(text: &str, catalog: &Catalog) -> Result<Settings, Vec<SettingsError>> {
        let file = parse_file(text).map_err(|error| vec![error])?;
        let mut reading = Reading {
            text,
            catalog,
            errors: Vec::new(),
        };
        let settings = reading.settings(file);
        if reading.errors.is_empty() {
            Ok(settings)
        } else {
            reading.errors.sort_by_key(|error| error.line);
            Err(reading.errors)
        }
    }
}

impl Settings {
    /// A change of the settings of a running engine. An empty text is no choice of the defaults: a program that saves in place
    /// first empties the file.
    pub(crate) fn parse_change(
        text: &str,
        catalog: &Catalog,
    ) -> Result<Settings, Vec<SettingsError>> {
        if text.trim().is_empty() {
            return Err(vec![SettingsError::of_file(
                "the file is empty. Restore its content; a single comment line (#) chooses the defaults",
            )]);
        }
        Settings::parse(text, catalog)
    }
}

/// The file's keys and their positions, before their values are checked.
fn parse_file(text: &str) -> Result<File, SettingsError> {
    if text.len() > text_file::LARGEST {
        return Err(SettingsError::of_file(text_file::too_large().to_string()));
    }
    toml::from_str(text).map_err(|error| SettingsError {
        line: error.span().map_or(1, |span| line_number(text, span.start)),
        what: without_addresses(&error.message().trim().replace('\n', ", ")),
    })
}

impl Default for Settings {
    fn default() -> Self {
        Reading {
            text: "",
            catalog: &Catalog::default(),
            errors: Vec::new(),
        }
        .settings(File::default())
    }
}

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;
