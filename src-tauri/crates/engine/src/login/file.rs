//! One file that exists while the engine starts at login: a launch agent, or a desktop entry.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::error::LoginError;

pub(super) struct StartFile(pub(super) PathBuf);

impl StartFile {
    pub(super) fn is_on(&self) -> bool {
        self.0.is_file()
    }

    pub(super) fn turn_on(&self, text: &str) -> Result<(), LoginError> {
        let written = match self.0.parent() {
            Some(folder) => fs::create_dir_all(folder).and_then(|()| fs::write(&self.0, text)),
            None => fs::write(&self.0, text),
        };
        written.map_err(LoginError::at(&self.0))
    }

    pub(super) fn turn_off(&self) -> Result<(), LoginError> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(LoginError::at(&self.0)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}
