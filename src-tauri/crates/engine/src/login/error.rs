use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("the folder of your settings is not known: neither HOME nor XDG_CONFIG_HOME is set")]
    Homeless,
    #[error("{path} cannot be written: {error}")]
    Unwritable { path: PathBuf, error: io::Error },
    #[error("the path of this program is too long for the Run key of Windows (260 characters)")]
    #[cfg_attr(not(windows), expect(dead_code, reason = "for the registry"))]
    TooLong,
}

impl LoginError {
    pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> LoginError + use<> {
        let path = path.to_owned();
        move |error| LoginError::Unwritable {
            path: path.clone(),
            error,
        }
    }

    pub(crate) fn fix(&self) -> &'static str {
        match self {
            LoginError::Homeless => "set HOME, and start the engine again",
            LoginError::Unwritable { .. } => "check the folder's permissions",
            LoginError::TooLong => "install Understudy into a folder with a shorter path",
        }
    }
}
