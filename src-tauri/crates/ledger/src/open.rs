use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::backup::Progress;
use rusqlite::{Connection, MAIN_DB};

use crate::files::{Identity, beside, connect, private};
use crate::schema::{self, APPLICATION_ID, Step};
use crate::tables::TABLES;
use crate::{Ledger, OpenError};

/// How long a write waits for another program that reads or copies the file.
const BUSY: Duration = Duration::from_secs(5);

impl Ledger {
    /// Opens or creates the file, checks it, and migrates an older one after copying it to `<file>.v<N>.bak`. A file that is
    /// refused is left unchanged.
    pub fn open(path: &Path, now: DateTime<Utc>) -> Result<Ledger, OpenError> {
        private(path).map_err(|error| OpenError::io(path, error))?;
        Self::settle(connect(path)?, path, TABLES, now)
    }

    /// A ledger that is lost when the engine ends, for when the file cannot be opened.
    pub fn in_memory(now: DateTime<Utc>) -> Result<Ledger, OpenError> {
        let path = Path::new("(in memory)");
        let conn = Connection::open_in_memory().map_err(|error| OpenError::sqlite(path, error))?;
        let mut ledger = Self::settle(conn, path, TABLES, now)?;
        (ledger.file, ledger.identity) = (None, None);
        Ok(ledger)
    }

    pub(crate) fn settle(
        mut conn: Connection,
        path: &Path,
        tables: &[&[Step]],
        now: DateTime<Utc>,
    ) -> Result<Ledger, OpenError> {
        let failed = |error| OpenError::sqlite(path, error);
        conn.busy_timeout(BUSY).map_err(failed)?;
        let found = recognise(&conn, path, schema::known(tables))?;
        check(&conn, path)?;
        // SQLite silently opens a read-only file even where writing is requested.
        if conn.is_readonly(MAIN_DB).map_err(failed)? {
            return Err(OpenError::ReadOnly {
                path: path.to_owned(),
            });
        }
        if found == 0 {
            // Only before the first page is written.
            conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")
                .map_err(failed)?;
        }
        prepare(&conn).map_err(failed)?;
        if (1..schema::known(tables)).contains(&found) {
            back_up(&conn, path, found)?;
        }
        // A step may rebuild a table that others refer to.
        conn.pragma_update(None, "foreign_keys", false)
            .map_err(failed)?;
        let reached = schema::migrate(&mut conn, tables).map_err(failed)?;
        conn.pragma_update(None, "foreign_keys", true)
            .map_err(failed)?;

        let mut ledger = Ledger {
            conn,
            file: Some(path.to_owned()),
            identity: Identity::of(path),
        };
        for version in reached {
            ledger
                .put_meta(&format!("schema.{version}"), &now.to_rfc3339())
                .map_err(failed)?;
        }
        Ok(ledger)
    }
}

/// `<file>.v<N>.bak`
pub(crate) fn backup_of(path: &Path, version: u32) -> PathBuf {
    beside(path, &format!(".v{version}.bak"))
}

/// Checks that the file is a ledger of a known version. Only reads, so that another program's file stays unchanged.
fn recognise(conn: &Connection, path: &Path, known: u32) -> Result<u32, OpenError> {
    let (application, found, tables) = conn
        .query_row(
            "SELECT (SELECT application_id FROM pragma_application_id),
                    (SELECT user_version FROM pragma_user_version),
                    (SELECT count(*) FROM sqlite_schema)",
            (),
            |row| {
                Ok((
                    row.get::<_, i32>(0)?,
                    row.get::<_, u32>(1)?,
                    row.get::<_, u32>(2)?,
                ))
            },
        )
        .map_err(|error| OpenError::sqlite(path, error))?;
    let blank = application == 0 && found == 0 && tables == 0;
    if application != APPLICATION_ID && !blank {
        return Err(OpenError::Corrupt {
            path: path.to_owned(),
            why: "it is an SQLite file of another program".to_owned(),
        });
    }
    if found > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(found)
}

fn check(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let text: String = conn
        .query_row("PRAGMA quick_check(1)", (), |row| row.get(0))
        .map_err(|error| OpenError::sqlite(path, error))?;
    if text == "ok" {
        return Ok(());
    }
    Err(OpenError::Corrupt {
        path: path.to_owned(),
        why: format!("it is damaged ({})", text.trim().replace('\n', " ")),
    })
}

fn prepare(conn: &Connection) -> rusqlite::Result<()> {
    // The result is not checked: a network file system without shared memory keeps its rollback journal, which is safe
    // too.
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // With a write-ahead log this survives any crash of the process. A power cut may lose the last entries, never the file.
    conn.pragma_update(None, "synchronous", "NORMAL")?;
    // On macOS a plain sync leaves data in the drive's cache. No effect elsewhere.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update_and_check(None, "journal_size_limit", 16 << 20, |_| Ok(()))?;
    Ok(())
}

/// Copies the file in its present state. A copy that fails leaves no backup file.
fn back_up(conn: &Connection, path: &Path, found: u32) -> Result<(), OpenError> {
    let failed = |error| OpenError::io(path, error);
    let backup = backup_of(path, found);
    let unfinished = beside(&backup, ".unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
        Ok(()) | Err(_) => {}
    }
    private(&unfinished).map_err(failed)?;
    conn.backup(MAIN_DB, &unfinished, None::<fn(Progress)>)
        .map_err(|error| OpenError::sqlite(path, error))?;
    without_conversations(&unfinished).map_err(|error| OpenError::sqlite(path, error))?;
    fs::rename(&unfinished, &backup).map_err(failed)
}

/// The backup is kept longer than the day for which conversations are kept.
fn without_conversations(copy: &Path) -> rusqlite::Result<()> {
    let conn = Connection::open(copy)?;
    conn.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    if conn.table_exists(None, "conversation_parts")? {
        conn.execute("DELETE FROM conversation_parts", ())?;
    }
    conn.close().map_err(|(_, error)| error)
}
