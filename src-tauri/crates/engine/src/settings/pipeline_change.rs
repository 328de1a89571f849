//! A form in place of a pipeline's lines: the new text of the settings file, or the errors at the form's fields. Pure.

use std::hash::{DefaultHasher, Hash, Hasher};

use api::{PipelineFieldError, PipelineForm, PipelineRefused};
use catalog::Catalog;

use super::edit::{EditFailed, pipeline as edit};
use super::{Settings, SettingsError, pipeline_form};

/// What the file had when its form was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// The pipeline is new.
    Nothing,
    /// Its lines had this version.
    Version(String),
    /// Whatever is there is replaced.
    Any,
}

/// Why nothing was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NotChanged {
    /// The file has changed since the form was read.
    Outdated(String),
    Wrong(PipelineRefused),
}

/// Of the lines of this pipeline; None: it has none.
pub(crate) fn version(text: &str, name: &str) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    edit::lines(text, name)?.hash(&mut hasher);
    Some(format!("{:016x}", hasher.finish()))
}

/// `name`: the pipeline's name before the change.
pub(crate) fn put(
    text: &str,
    name: &str,
    form: &PipelineForm,
    expected: &Expected,
    catalog: &Catalog,
) -> Result<String, NotChanged> {
    check(text, name, expected, catalog)?;
    let new_name = form.name.trim();
    check_name(text, name, new_name)?;
    let lines = pipeline_form::lines(form, edit::has(text, name, "value_dollars"));
    let new = edit::put(text, name, &lines).map_err(unwritable)?;
    let new = match new_name == name {
        true => new,
        false => edit::rename_in_routes(&new, name, new_name).map_err(unwritable)?,
    };
    match Settings::parse(&new, catalog) {
        Ok(_) => Ok(new),
        Err(errors) => Err(NotChanged::Wrong(at_fields(&new, new_name, &errors))),
    }
}

pub(crate) fn remove(
    text: &str,
    name: &str,
    expected: &Expected,
    catalog: &Catalog,
) -> Result<String, NotChanged> {
    check(text, name, expected, catalog)?;
    if edit::lines(text, name).is_none() {
        return Err(wrong(
            None,
            format!("there is no pipeline \"{name}\" in the settings"),
        ));
    }
    edit::remove(text, name).map_err(unwritable)
}

fn check(text: &str, name: &str, expected: &Expected, catalog: &Catalog) -> Result<(), NotChanged> {
    if let Err(errors) = Settings::parse(text, catalog) {
        return Err(NotChanged::Wrong(PipelineRefused {
            error: format!("the settings file has an error in {}", errors[0]),
            fix: Some("correct it in Settings → Settings file; nothing was changed".into()),
            fields: Vec::new(),
        }));
    }
    let version = version(text, name);
    match (expected, version) {
        (Expected::Any, _) | (Expected::Nothing, None) => Ok(()),
        (Expected::Nothing, Some(_)) => Err(wrong(
            Some("name"),
            format!("there is already a pipeline \"{name}\": choose another name"),
        )),
        (Expected::Version(known), Some(now)) if *known == now => Ok(()),
        (Expected::Version(_), _) => Err(NotChanged::Outdated(format!(
            "\"{name}\" was changed in the settings file since this form was opened; nothing was written"
        ))),
    }
}

fn check_name(text: &str, before: &str, name: &str) -> Result<(), NotChanged> {
    if name.is_empty() {
        let why = "a pipeline has a name, such as \"Leads\"";
        return Err(wrong(Some("name"), why.to_owned()));
    }
    if let Err(why) = gateway::check_pipeline_name(name) {
        return Err(wrong(Some("name"), why.to_string()));
    }
    if name != before && edit::lines(text, name).is_some() {
        let why = format!("there is already a pipeline \"{name}\": choose another name");
        return Err(wrong(Some("name"), why));
    }
    Ok(())
}

fn at_fields(text: &str, name: &str, errors: &[SettingsError]) -> PipelineRefused {
    let fields: Vec<PipelineFieldError> = errors
        .iter()
        .filter_map(|error| {
            let key = edit::key_at(text, name, error.line)?;
            let field = match &*key {
                "value_dollars" => "value".to_owned(),
                _ => key,
            };
            let error = error.what.clone();
            Some(PipelineFieldError { field, error })
        })
        .collect();
    let first = fields.first().map(|first| first.error.clone());
    PipelineRefused {
        error: first.unwrap_or_else(|| errors[0].to_string()),
        fix: Some("correct the field; nothing was changed".into()),
        fields,
    }
}

fn wrong(field: Option<&str>, error: String) -> NotChanged {
    let fields = field.map(|field| PipelineFieldError {
        field: field.to_owned(),
        error: error.clone(),
    });
    NotChanged::Wrong(PipelineRefused {
        error,
        fix: None,
        fields: fields.into_iter().collect(),
    })
}

fn unwritable(why: EditFailed) -> NotChanged {
    NotChanged::Wrong(PipelineRefused {
        error: format!("the settings file was not changed: {why}"),
        fix: Some("change it in Settings → Settings file".into()),
        fields: Vec::new(),
    })
}

#[cfg(test)]
mod tests;
