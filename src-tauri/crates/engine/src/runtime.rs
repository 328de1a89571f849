//! One engine per user: the lock file, and the runtime file with the engine's address.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use api::RuntimeFile;
use chrono::{DateTime, Utc};

use crate::places::Places;
use crate::private_file;

const ATTEMPTS: u32 = 5;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

/// Held while the engine runs. The operating system releases it however the process ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
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
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&places.lock)
            .map_err(io)?;
        // A command that checks for a running engine holds the lock for a moment.
        for _ in 0..ATTEMPTS {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::WouldBlock) => pause().await,
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
        }
        Err(NotAlone::Running(read(&places.runtime)))
    }
}

/// True if an engine of this user runs, starts or ends. False if the lock cannot be read.
pub(crate) fn is_locked(places: &Places) -> bool {
    let held = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    File::open(&places.lock).is_ok_and(held)
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

/// When the last run ended, if it ended in a crash. Only for the owner of the lock.
pub(crate) fn crashed_at(places: &Places) -> Option<DateTime<Utc>> {
    let modified = fs::metadata(&places.runtime).ok()?.modified().ok()?;
    Some(modified.into())
}

/// Content of the runtime file, even if its engine has ended.
pub(crate) fn read(path: &Path) -> Option<RuntimeFile> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(home: &Path) -> Places {
        Places {
            settings: home.join("settings.toml"),
            providers: home.join("providers"),
            ledger: home.join("ledger.sqlite"),
            token: home.join("token"),
            lock: home.join("lock"),
            runtime: home.join("run/engine.json"),
            logs: home.join("log"),
        }
    }

    #[tokio::test]
    async fn a_command_that_checks_the_lock_does_not_block_a_start() {
        let home = tempfile::tempdir().unwrap();
        let places = places(home.path());
        assert!(!is_locked(&places), "there is no lock file yet");
        fs::write(&places.lock, "").unwrap();
        let looking = File::open(&places.lock).unwrap();
        looking.lock_shared().unwrap();
        let lock = Lock::take_patiently(&places, async || looking.unlock().unwrap())
            .await
            .unwrap();
        assert!(is_locked(&places));
        let second = Lock::take_patiently(&places, async || {}).await;
        assert!(matches!(second, Err(NotAlone::Running(None))));
        drop(lock);
        assert!(!is_locked(&places));
    }
}
