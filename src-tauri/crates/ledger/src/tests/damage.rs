//! Files that cannot be opened, and files that a crash left behind.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, ffi};

use super::{answered, fresh, minutes, opened, t0};
use crate::tables::TABLES;
use crate::{Ledger, LedgerError, OpenError};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn refused(path: &Path) -> OpenError {
    Ledger::open(path, t0()).unwrap_err()
}

fn with_rows(path: &Path, count: i64) -> Ledger {
    let mut ledger = Ledger::open(path, t0()).unwrap();
    for n in 0..count {
        ledger.book_exchange(&answered(t0() + minutes(n))).unwrap();
    }
    ledger
}

/// The files of a killed process: nothing was closed, and the log was not merged into the file.
fn killed(path: &Path, to: &Path) -> PathBuf {
    let copy = to.join("ledger.sqlite");
    fs::copy(path, &copy).unwrap();
    fs::copy(log_of(path), log_of(&copy)).unwrap();
    copy
}

fn log_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

#[test]
fn a_kill_loses_no_committed_row() {
    let (folder, after) = (folder(), folder());
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = with_rows(&file, 30);
    let incident = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    let copy = killed(&file, after.path());
    assert!(fs::metadata(log_of(&copy)).unwrap().len() > 0);
    let mut reopened = Ledger::open(&copy, t0()).unwrap();
    assert_eq!(reopened.exchanges(100, None).unwrap().rows.len(), 30);
    assert_eq!(reopened.open_incidents().unwrap()[0].0, incident);
    reopened.book_exchange(&answered(t0())).unwrap();
}

#[test]
fn a_damaged_log_loses_only_its_end() {
    let (folder, after) = (folder(), folder());
    let file = folder.path().join("ledger.sqlite");
    let ledger = with_rows(&file, 30);
    let copy = killed(&file, after.path());
    let log = OpenOptions::new().write(true).open(log_of(&copy)).unwrap();
    log.set_len(log.metadata().unwrap().len() - 100).unwrap();
    let reopened = Ledger::open(&copy, t0()).unwrap();
    let (left, all) = (
        reopened.exchanges(100, None).unwrap().rows,
        ledger.exchanges(100, None).unwrap().rows,
    );
    assert_eq!(left, all[1..], "whole exchanges, all but the last");
}

#[test]
fn a_clean_close_leaves_one_file() {
    let folder = folder();
    let file = folder.path().join("ledger.sqlite");
    drop(with_rows(&file, 3));
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["ledger.sqlite"]);
    let reopened = Ledger::open(&file, t0()).unwrap();
    assert_eq!(reopened.file(), Some(file.as_path()));
    assert_eq!(reopened.exchanges(10, None).unwrap().rows.len(), 3);
}

#[test]
fn a_file_that_is_not_a_database_is_refused_and_unchanged() {
    let folder = folder();
    let file = folder.path().join("ledger.sqlite");
    let text = "name,amount\n".repeat(500);
    fs::write(&file, &text).unwrap();
    let error = refused(&file);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("is not an SQLite file"), "{message}");
    assert!(message.contains("Move it elsewhere"), "{message}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_database_of_another_program_is_refused_and_unchanged() {
    let folder = folder();
    let file = folder.path().join("ledger.sqlite");
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE songs (id)").unwrap();
    drop(other);
    let before = fs::read(&file).unwrap();
    let error = refused(&file);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().contains("another program"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_damaged_page_is_found_on_opening() {
    let folder = folder();
    let file = folder.path().join("ledger.sqlite");
    drop(with_rows(&file, 400));
    let mut damaged = OpenOptions::new().write(true).open(&file).unwrap();
    let middle = damaged.metadata().unwrap().len() / 2 / 4096 * 4096;
    damaged.seek(SeekFrom::Start(middle)).unwrap();
    damaged.write_all(&[0xA5; 8192]).unwrap();
    drop(damaged);
    let error = refused(&file);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[test]
fn a_truncated_file_is_found_on_opening() {
    let folder = folder();
    let file = folder.path().join("ledger.sqlite");
    drop(with_rows(&file, 400));
    let cut = OpenOptions::new().write(true).open(&file).unwrap();
    cut.set_len(cut.metadata().unwrap().len() / 2 / 4096 * 4096)
        .unwrap();
    let error = refused(&file);
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
}

#[test]
fn the_error_for_a_newer_ledger_names_both_versions() {
    let folder = folder();
    let file = folder.path().join("ledger.sqlite");
    let ledger = with_rows(&file, 1);
    ledger.conn.pragma_update(None, "user_version", 99).unwrap();
    drop(ledger);
    let error = refused(&file);
    let OpenError::Newer { found, known, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!((*found, *known), (99, crate::schema::known(TABLES)));
    assert!(error.to_string().contains("newer version"), "{error}");
}

#[test]
fn a_read_only_file_has_a_specific_error() {
    let folder = folder();
    let file = folder.path().join("ledger.sqlite");
    drop(with_rows(&file, 1));
    let conn = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let error = Ledger::settle(conn, &file, TABLES, t0()).unwrap_err();
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
    assert!(error.to_string().contains("write permission"), "{error}");
}

/// `/sys` refuses new files even for root; permission bits would not.
#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_has_a_specific_error() {
    let error = refused(Path::new("/sys/ledger.sqlite"));
    assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
}

#[test]
fn the_error_for_a_missing_folder_names_the_path() {
    let folder = folder();
    let error = refused(&folder.path().join("nowhere").join("ledger.sqlite"));
    assert!(matches!(error, OpenError::Io { .. }), "{error:?}");
    assert!(error.to_string().contains("folder exists"), "{error}");
    let error = refused(folder.path());
    assert!(matches!(error, OpenError::Io { .. }), "{error:?}");
}

#[test]
fn sqlite_errors_become_messages_with_a_remedy() {
    let path = Path::new("ledger.sqlite");
    let text = |code| rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
    let opening = |code| OpenError::sqlite(path, text(code)).to_string();
    for (code, advice) in [
        (ffi::SQLITE_BUSY, "Close that program"),
        (ffi::SQLITE_LOCKED, "Close that program"),
        (ffi::SQLITE_FULL, "Free some space"),
        (ffi::SQLITE_READONLY, "write permission"),
        (ffi::SQLITE_CANTOPEN, "write permission"),
        (ffi::SQLITE_CORRUPT, "Move it elsewhere"),
        (ffi::SQLITE_NOTADB, "Move it elsewhere"),
    ] {
        assert!(opening(code).contains(advice), "{}", opening(code));
    }
    let writing = |code| LedgerError::from(text(code));
    assert!(matches!(writing(ffi::SQLITE_FULL), LedgerError::Full));
    assert!(matches!(writing(ffi::SQLITE_BUSY), LedgerError::Locked));
    assert!(matches!(
        writing(ffi::SQLITE_READONLY),
        LedgerError::ReadOnly
    ));
    assert!(matches!(writing(ffi::SQLITE_CORRUPT), LedgerError::Corrupt));
    assert!(matches!(
        writing(ffi::SQLITE_CONSTRAINT),
        LedgerError::Sqlite(_)
    ));
}

#[test]
fn an_unknown_enum_text_is_an_error_that_quotes_it() {
    let mut ledger = fresh();
    let id = ledger.book_exchange(&answered(t0())).unwrap();
    ledger
        .conn
        .execute("UPDATE exchanges SET ended = 'vanished'", ())
        .unwrap();
    let error = ledger.exchange(id).unwrap_err().to_string();
    assert!(error.contains("\"vanished\""), "{error}");
}

#[cfg(unix)]
#[test]
fn the_file_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let file = folder.path().join("ledger.sqlite");
    let _open = with_rows(&file, 1);
    for path in [&file, &log_of(&file)] {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path:?}");
    }
}

/// The log's index cannot grow on a full disk, and SQLite does not call that a full disk.
#[test]
fn a_full_disk_is_recognized_in_each_of_its_forms() {
    for code in [ffi::SQLITE_FULL, ffi::SQLITE_IOERR_SHMSIZE] {
        let error = || rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
        assert!(
            matches!(LedgerError::from(error()), LedgerError::Full),
            "{code}"
        );
        let opened = OpenError::sqlite(Path::new("ledger.sqlite"), error());
        assert!(matches!(opened, OpenError::Full { .. }), "{code}");
    }
}
