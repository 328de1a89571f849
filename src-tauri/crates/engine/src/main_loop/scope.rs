//! Writes the scope of requests into the settings file, which stays the only source.

use api::ControlError;
use gateway::Scope;

use super::MainLoop;
use crate::settings::Settings;
use crate::settings::edit::{self, Place};

const COMMENT: &str = "Your answer in Understudy.";

impl MainLoop {
    /// # Errors
    /// The settings file is not writable, or the new text would be invalid.
    pub(super) fn write_scope(
        &mut self,
        pipeline: Option<&str>,
        scope: &Scope,
    ) -> Result<(), ControlError> {
        let file = self.desk.state().places.settings.clone();
        let refused = |why: String| ControlError {
            error: format!("{} was not changed: {why}", file.display()),
            fix: Some("write may_go_to there yourself; the active settings are unchanged".into()),
        };
        let before = self.text_to_change().map_err(refused)?;
        let place = pipeline.map_or(Place::General, Place::Pipeline);
        let text =
            edit::set(&before, place, scope, COMMENT).map_err(|why| refused(why.to_string()))?;
        if let Err(errors) = Settings::parse(&text, self.desk.base_catalog()) {
            return Err(refused(errors[0].what.clone()));
        }
        self.replace_settings(&before, text).map_err(refused)
    }
}
