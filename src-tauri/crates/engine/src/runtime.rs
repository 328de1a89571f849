//! One engine per user: the lock that says so, and the file that says where it listens.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use api::RuntimeFile;

use crate::places::Places;
use crate::private_file;

/// Held for the life of the engine. The operating system releases it however the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAlone {
    /// Another engine of this user runs; its address, where the runtime file tells it.
    #[error("an engine already runs{}. Use it, or end it with `understudyd stop`.", address(.0))]
    Running(Option<RuntimeFile>),
    #[error("cannot lock {path}: {error}. Check that the folder can be written to.")]
    Io { path: PathBuf, error: io::Error },
}

fn address(file: &Option<RuntimeFile>) -> String {
    file.as_ref().map_or_else(String::new, |f| {
        format!(" and listens on {} (process {})", f.address, f.pid)
    })
}

impl Lock {
    pub(crate) fn take(places: &Places) -> Result<Lock, NotAlone> {
        let io = |error| NotAlone::Io {
            path: places.lock.clone(),
            error,
        };
        private_file::create_dir(places.lock.parent().unwrap_or(Path::new("."))).map_err(io)?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&places.lock)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(NotAlone::Running(read(&places.runtime))),
            Err(TryLockError::Error(error)) => Err(io(error)),
        }
    }
}

/// The runtime file of this process; removed when the engine ends cleanly, which is how a deliberate stop is told from a crash.
#[derive(Debug)]
pub(crate) struct Published {
    path: PathBuf,
}

impl Published {
    pub(crate) fn write(path: &Path, file: &RuntimeFile) -> io::Result<Published> {
        private_file::write(path, serde_json::to_string_pretty(file)?.as_bytes())?;
        Ok(Published {
            path: path.to_owned(),
        })
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// What the runtime file says, whether or not that engine still lives.
pub(crate) fn read(path: &Path) -> Option<RuntimeFile> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
