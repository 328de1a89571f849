//! The file's size: free pages go back to the disk in small steps, or all at once while no engine runs.

use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::files::{beside, index_of, log_of, private};
use crate::{Ledger, LedgerError, OpenError};

/// Free pages up to this number stay for new rows.
const PAGES_KEPT: i64 = 256;
/// SQLite's number for `INCREMENTAL`.
const INCREMENTAL: i64 = 2;

/// Bytes of the file, and how many of them are free for new rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileSize {
    pub bytes: u64,
    pub free: u64,
    /// Free space goes back to the disk while the engine runs. A file of an earlier version has to be compacted once.
    pub shrinks: bool,
}

/// Sizes of the file before and after it was compacted, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    pub before: u64,
    pub after: u64,
}

impl Ledger {
    pub fn size(&self) -> Result<FileSize, LedgerError> {
        let page = self.number("page_size")?;
        Ok(FileSize {
            bytes: (self.number("page_count")? * page).unsigned_abs(),
            free: (self.number("freelist_count")? * page).unsigned_abs(),
            shrinks: self.number("auto_vacuum")? == INCREMENTAL,
        })
    }

    /// Returns up to `pages` free pages to the disk. True: there are more.
    pub fn shrink(&mut self, pages: u32) -> Result<bool, LedgerError> {
        if self.number("auto_vacuum")? != INCREMENTAL {
            return Ok(false);
        }
        let most = self.number("freelist_count")? - PAGES_KEPT;
        if most <= 0 {
            return Ok(false);
        }
        let pages = most.min(pages.into());
        let mut step = self
            .conn
            .prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
        let mut rows = step.query(())?;
        // SQLite frees one page in each of these.
        while rows.next()?.is_some() {}
        Ok(most > pages)
    }

    fn number(&self, pragma: &str) -> rusqlite::Result<i64> {
        self.conn.pragma_query_value(None, pragma, |row| row.get(0))
    }
}

/// Writes the file anew, without free space, and in the form that shrinks in steps. For a file that no engine uses. The
/// new file is written beside the old one and needs as much space.
///
/// # Errors
/// The file is unchanged.
pub fn compact(path: &Path, now: DateTime<Utc>) -> Result<Compacted, OpenError> {
    let (io, sqlite) = (
        |error| OpenError::io(path, error),
        |error| OpenError::sqlite(path, error),
    );
    let before = fs::metadata(path).map_err(io)?.len();
    let ledger = Ledger::open(path, now)?;
    let copy = beside(path, ".compacted");
    let _ = fs::remove_file(&copy);
    let file = private(&copy).map_err(io)?;
    let written = ledger
        .conn
        .pragma_update(None, "auto_vacuum", INCREMENTAL)
        .and_then(|()| {
            ledger
                .conn
                .execute("VACUUM INTO ?1", [copy.to_string_lossy()])
        })
        .map_err(sqlite)
        .and_then(|_| file.sync_all().map_err(io))
        .and_then(|()| Ledger::open(&copy, now))
        .and_then(|copied| same_rows(&ledger, &copied).map_err(sqlite))
        .and_then(|same| match same {
            true => Ok(()),
            false => Err(OpenError::Corrupt {
                path: copy.clone(),
                why: "it does not have the rows of the ledger".to_owned(),
            }),
        });
    if let Err(error) = written {
        for file in [copy.clone(), log_of(&copy), index_of(&copy)] {
            let _ = fs::remove_file(file);
        }
        return Err(error);
    }
    // Closing writes the log into the file.
    drop(ledger);
    fs::rename(&copy, path).map_err(io)?;
    for rest in [log_of(path), index_of(path)] {
        let _ = fs::remove_file(rest);
    }
    let after = fs::metadata(path).map_err(io)?.len();
    Ok(Compacted { before, after })
}

fn same_rows(one: &Ledger, other: &Ledger) -> rusqlite::Result<bool> {
    let mut tables = one.conn.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let tables = tables.query_map((), |row| row.get::<_, String>(0))?;
    for table in tables {
        let sql = format!("SELECT count(*) FROM {}", table?);
        let count = |ledger: &Ledger| ledger.conn.query_row(&sql, (), |row| row.get::<_, i64>(0));
        if count(one)? != count(other)? {
            return Ok(false);
        }
    }
    Ok(true)
}
