//! One engine per user: the lock file, and the runtime file with the engine's address.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::RuntimeFile;
use chrono::{DateTime, Utc};

use crate::places::Places;
use crate::private_file;

const ATTEMPTS: u32 = 5;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// Held while the engine runs. The operating system releases it however the process ends. The file contains the path of the
/// runtime file, which depends on the environment: a command in a cron job has no `XDG_RUNTIME_DIR`.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    crashed: Option<DateTime<Utc>>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAlone {
    /// Another engine of this user is running; its address, if the runtime file has it.
    #[error("an engine is already running{}. Use it, or stop it with `understudyd stop`.", address(.0))]
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
    pub(crate) async fn take(places: &Places) -> Result<Lock, NotAlone> {
        Lock::take_patiently(places, async || tokio::time::sleep(BETWEEN_ATTEMPTS).await).await
    }

    async fn take_patiently(
        places: &Places,
        mut pause: impl AsyncFnMut(),
    ) -> Result<Lock, NotAlone> {
        let io = |error| NotAlone::Io {
            path: places.lock.clone(),
            error,
        };
        private_file::create_dir(places.lock.parent().unwrap_or(Path::new("."))).map_err(io)?;
        let file = private_file::open_to_append(&places.lock).map_err(io)?;
        // A command that checks for a running engine holds the lock for a moment.
        for _ in 0..ATTEMPTS {
            match file.try_lock() {
                Ok(()) => {
                    let crashed = crashed_at(&path(places));
                    // Without it, commands look at the default path.
                    let _ = state_path(&file, &places.runtime);
                    return Ok(Lock {
                        _file: file,
                        crashed,
                    });
                }
                Err(TryLockError::WouldBlock) => pause().await,
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
        }
        Err(NotAlone::Running(read(places).ok()))
    }
}

impl Lock {
    /// When the last run ended, if it ended in a crash.
    pub(crate) fn crashed(&self) -> Option<DateTime<Utc>> {
        self.crashed
    }
}

fn state_path(mut file: &File, runtime: &Path) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(runtime.as_os_str().as_encoded_bytes())
}

/// True if an engine of this user runs, starts or ends.
pub(crate) fn is_locked(places: &Places) -> io::Result<bool> {
    let file = match File::open(&places.lock) {
        Ok(file) => file,
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    Ok(matches!(
        file.try_lock_shared(),
        Err(TryLockError::WouldBlock)
    ))
}

/// The runtime file of the engine that has the lock or had it last, which may have another environment than this process.
pub(crate) fn path(places: &Places) -> PathBuf {
    let stated = fs::read_to_string(&places.lock).unwrap_or_default();
    let stated = PathBuf::from(stated);
    match stated.is_absolute() {
        true => stated,
        false => places.runtime.clone(),
    }
}

/// The runtime file of this process. A clean end removes it, which distinguishes a deliberate stop from a crash.
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

impl Published {
    /// A sign of life: the next start after a crash knows when this run ended.
    pub(crate) fn is_alive(&self, now: DateTime<Utc>) {
        let file = File::options().write(true).open(&self.path);
        let _ = file.and_then(|file| file.set_modified(now.into()));
    }

    /// The file stays: this process crashes.
    pub(crate) fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The last sign of life of a run that left its runtime file.
fn crashed_at(runtime: &Path) -> Option<DateTime<Utc>> {
    let modified = fs::metadata(runtime).ok()?.modified().ok()?;
    Some(modified.into())
}

/// Content of the runtime file, even if its engine has ended.
pub(crate) fn read(places: &Places) -> io::Result<RuntimeFile> {
    Ok(serde_json::from_slice(&fs::read(path(places))?)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_that_checks_the_lock_does_not_block_a_start() {
        let home = tempfile::tempdir().unwrap();
        let places = Places::under(home.path());
        assert!(!is_locked(&places).unwrap(), "there is no lock file yet");
        fs::write(&places.lock, "").unwrap();
        let looking = File::open(&places.lock).unwrap();
        looking.lock_shared().unwrap();
        let lock = Lock::take_patiently(&places, async || looking.unlock().unwrap())
            .await
            .unwrap();
        assert!(is_locked(&places).unwrap());
        let second = Lock::take_patiently(&places, async || {}).await;
        assert!(matches!(second, Err(NotAlone::Running(None))));
        drop(lock);
        assert!(!is_locked(&places).unwrap());
    }
}
