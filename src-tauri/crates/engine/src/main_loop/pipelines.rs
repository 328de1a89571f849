//! Pipelines of the settings file, as the window edits them.

use api::{Accepted, ControlError, PipelineForm, PipelineRefused};

use super::MainLoop;
use crate::event::{PutPipeline, WrittenPipelines};
use crate::settings::pipeline_change::{self, Expected, NotChanged};
use crate::settings::pipeline_forms;

impl MainLoop {
    /// # Errors
    /// The settings file is not readable.
    pub(super) fn written_pipelines(&self) -> Result<WrittenPipelines, ControlError> {
        let state = self.state();
        let unreadable = |error: String| ControlError {
            error: format!("the pipelines in the settings file cannot be read: {error}"),
            fix: Some("correct it in Settings → Settings file".into()),
        };
        let text = self.text_to_change().map_err(unreadable)?;
        let forms = pipeline_forms(&text).map_err(|error| unreadable(error.to_string()))?;
        let version = |form: PipelineForm| {
            let version = pipeline_change::version(&text, &form.name);
            (form, version)
        };
        Ok(WrittenPipelines {
            forms: forms.into_iter().map(version).collect(),
            tokens: state.tokens.for_gateway(),
            base_url: state.base_url.clone(),
        })
    }

    pub(super) fn put_pipeline(&mut self, put: &PutPipeline) -> Result<Accepted, NotChanged> {
        let before = self.text_to_change().map_err(not_written)?;
        let catalog = self.desk.base_catalog();
        let PutPipeline {
            name,
            form,
            expected,
        } = put;
        let text = pipeline_change::put(&before, name, form, expected, catalog)?;
        self.replace_settings(&before, text).map_err(not_written)?;
        let new_name = form.name.trim();
        if name == new_name {
            return Ok(Accepted {
                message: format!("{new_name} is saved."),
            });
        }
        let tokens = self.state().tokens.with_pipeline_renamed(name, new_name);
        if let Some(tokens) = tokens {
            self.put_tokens(tokens).map_err(|error| {
                not_written(format!(
                    "{new_name} is saved, but its keys still name \"{name}\": {}",
                    error.error
                ))
            })?;
        }
        Ok(Accepted {
            message: format!(
                "{name} is now {new_name}. Change the name also where its requests are sent; earlier requests keep the old one."
            ),
        })
    }

    pub(super) fn remove_pipeline(
        &mut self,
        name: &str,
        expected: &Expected,
    ) -> Result<Accepted, NotChanged> {
        let before = self.text_to_change().map_err(not_written)?;
        let catalog = self.desk.base_catalog();
        let text = pipeline_change::remove(&before, name, expected, catalog)?;
        self.replace_settings(&before, text).map_err(not_written)?;
        Ok(Accepted {
            message: format!("{name} is deleted. Its requests and the waiting ones are kept."),
        })
    }
}

fn not_written(why: String) -> NotChanged {
    NotChanged::Wrong(PipelineRefused {
        error: format!("the settings file was not changed: {why}"),
        fix: Some("check it in Settings → Settings file, then try again".into()),
        fields: Vec::new(),
    })
}
