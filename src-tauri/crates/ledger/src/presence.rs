//! Whether the ledger's path still leads to the open file, and its return to that path.
//!
//! SQLite writes on to a file that was deleted or replaced, and everything is lost when it is closed. The open file still has
//! all rows, so it is copied to its path again.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::MAIN_DB;
use rusqlite::backup::Progress;

use crate::files::{Identity, beside, connect, id, index_of, log_of, private};
use crate::tables::TABLES;
use crate::{Ledger, OpenError};

/// What is at the ledger's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The open file; or the ledger is in memory.
    Here,
    /// Nothing, or the file without its log.
    Deleted,
    Replaced,
}

impl Ledger {
    pub fn presence(&self) -> Presence {
        let (Some(path), Some(opened)) = (&self.file, self.identity) else {
            return Presence::Here;
        };
        match id(path) {
            Err(error) if is_gone(&error) => return Presence::Deleted,
            // It is not known; a write will show it.
            Err(_) | Ok(None) => return Presence::Here,
            Ok(Some(now)) if now != opened.file => return Presence::Replaced,
            Ok(Some(_)) => {}
        }
        match (opened.log, id(&log_of(path))) {
            (Some(opened), Ok(Some(now))) if now != opened => Presence::Deleted,
            (Some(_), Err(error)) if is_gone(&error) => Presence::Deleted,
            (Some(_) | None, _) => Presence::Here,
        }
    }

    /// Writes the open ledger to its path again and continues there. Another file at the path is kept: its new path is returned.
    ///
    /// # Errors
    /// Nothing has changed, and the open file is still used.
    pub fn put_back(&mut self, now: DateTime<Utc>) -> Result<Option<PathBuf>, OpenError> {
        let (Some(path), Some(opened)) = (self.file.clone(), self.identity) else {
            return Ok(None);
        };
        let io = |error| OpenError::io(&path, error);
        let copy = beside(&path, ".restored");
        self.copy_to(&copy)?;
        let kept = put_aside(&path, opened, now).map_err(io)?;
        fs::rename(&copy, &path).map_err(io)?;
        // The copy contains the log. A log of another file would damage this one.
        for rest in [log_of(&path), index_of(&path)] {
            remove(&rest).map_err(io)?;
        }
        *self = Ledger::settle(connect(&path)?, &path, TABLES, now)?;
        Ok(kept)
    }

    fn copy_to(&self, copy: &Path) -> Result<(), OpenError> {
        let io = |error| OpenError::io(copy, error);
        if let Some(folder) = copy.parent() {
            create_folder(folder).map_err(io)?;
        }
        remove(copy).map_err(io)?;
        let file = private(copy).map_err(io)?;
        let copied = self
            .conn
            .backup(MAIN_DB, copy, None::<fn(Progress)>)
            .map_err(|error| OpenError::sqlite(copy, error))
            .and_then(|()| file.sync_all().map_err(io));
        if copied.is_err() {
            let _ = fs::remove_file(copy);
        }
        copied
    }
}

/// Moves another file at the path, with its own log, to `<file>.found-<time>`.
fn put_aside(path: &Path, opened: Identity, now: DateTime<Utc>) -> io::Result<Option<PathBuf>> {
    match id(path) {
        Ok(Some(found)) if found != opened.file => {}
        Ok(_) => return Ok(None),
        Err(error) if is_gone(&error) => return Ok(None),
        Err(error) => return Err(error),
    }
    let kept = beside(path, &format!(".found-{}", now.format("%Y%m%dT%H%M%SZ")));
    fs::rename(path, &kept)?;
    let log = log_of(path);
    if id(&log)
        .ok()
        .flatten()
        .is_some_and(|log| Some(log) != opened.log)
    {
        fs::rename(&log, log_of(&kept))?;
    }
    Ok(Some(kept))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
