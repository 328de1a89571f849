//! Changes of some lines of the settings file, which stays the only source of the settings.

use std::io;

use super::MainLoop;
use crate::settings::{DEFAULT_TEXT, Settings};
use crate::{private_file, text_file};

impl MainLoop {
    /// The text to change.
    ///
    /// # Errors
    /// It cannot be read, or a new file would replace the active settings.
    pub(super) fn text_to_change(&self) -> Result<String, String> {
        let state = self.state();
        // The active settings would be lost with a new file.
        let has_no_settings = *state.settings == Settings::default();
        match text_file::read(&state.places.settings) {
            Ok(text) if has_no_settings || !text.trim().is_empty() => Ok(text),
            Ok(_) => Err("it is empty".into()),
            Err(gone) if gone.kind() == io::ErrorKind::NotFound && has_no_settings => {
                Ok(DEFAULT_TEXT.to_owned())
            }
            Err(error) => Err(format!("it cannot be read: {error}")),
        }
    }

    /// Replaces the file and applies its text. `before`: the text that was changed.
    ///
    /// # Errors
    /// Another program has changed the file in between, or it is not writable; nothing was written.
    pub(super) fn replace_settings(&mut self, before: &str, text: String) -> Result<(), String> {
        if self.text_to_change()? != before {
            return Err("another program changed it at the same moment".into());
        }
        let file = &self.state().places.settings;
        private_file::rewrite(file, text.as_bytes())
            .map_err(|error| format!("it cannot be written: {error}"))?;
        self.read_settings(Ok(text));
        Ok(())
    }
}
