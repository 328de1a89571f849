//! Writes the scope of requests into the settings file, which stays the only source.

use api::ControlError;
use gateway::Scope;

use super::MainLoop;
use crate::private_file;
use crate::settings::edit::{self, Place};
use crate::settings::{DEFAULT_TEXT, Settings};
use crate::text_file;

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
        // The active settings would be lost with a new file.
        let has_no_settings = *self.desk.state().settings == Settings::default();
        let text = match text_file::read(&file) {
            Ok(text) if has_no_settings || !text.trim().is_empty() => text,
            Ok(_) => return Err(refused("it is empty".into())),
            Err(gone) if gone.kind() == std::io::ErrorKind::NotFound && has_no_settings => {
                DEFAULT_TEXT.to_owned()
            }
            Err(error) => return Err(refused(format!("it cannot be read: {error}"))),
        };
        let place = pipeline.map_or(Place::General, Place::Pipeline);
        let text =
            edit::set(&text, place, scope, COMMENT).map_err(|why| refused(why.to_string()))?;
        if let Err(errors) = Settings::parse(&text, self.desk.base_catalog()) {
            return Err(refused(errors[0].what.clone()));
        }
        private_file::rewrite(&file, text.as_bytes())
            .map_err(|error| refused(format!("it cannot be written: {error}")))?;
        self.read_settings(Ok(text));
        Ok(())
    }
}
