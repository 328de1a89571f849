use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

/// Why the ledger cannot be opened. Each message names a remedy. The file is unchanged, and the engine can use
/// [`Ledger::in_memory`](crate::Ledger::in_memory) meanwhile.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "The ledger {} was written by a newer Understudy (format {found}; this one knows {known}). Start the newer version, or put the backup {} in its place.",
        path.display(), crate::open::backup_of(path, *known).display()
    )]
    Newer {
        path: PathBuf,
        found: u32,
        known: u32,
    },
    #[error(
        "The ledger {} cannot be read: {why}. It was not changed. Move it elsewhere and start the engine again for a new, empty history.",
        path.display()
    )]
    Corrupt { path: PathBuf, why: String },
    #[error(
        "The ledger {} cannot be written. Give your user write permission to the file and to its folder, then start the engine again.",
        path.display()
    )]
    ReadOnly { path: PathBuf },
    #[error(
        "The ledger {} is in use by another program. Close that program (a database browser, a backup, a second engine), then start the engine again.",
        path.display()
    )]
    Locked { path: PathBuf },
    #[error(
        "The disk is full, so the ledger {} cannot be written. Free some space.",
        path.display()
    )]
    Full { path: PathBuf },
    #[error(
        "The ledger {} cannot be opened: {source}. Check that its folder exists and that the path names a file.",
        path.display()
    )]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("The ledger {} cannot be opened: {source}.", path.display())]
    Sqlite {
        path: PathBuf,
        source: rusqlite::Error,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        use std::io::ErrorKind;
        let path = path.to_owned();
        let kind = source.kind();
        if let ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem = kind {
            Self::ReadOnly { path }
        } else if let ErrorKind::StorageFull | ErrorKind::QuotaExceeded = kind {
            Self::Full { path }
        } else {
            Self::Io { path, source }
        }
    }

    pub(crate) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        if is_full(&source) {
            return Self::Full { path };
        }
        match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::Corrupt {
                path,
                why: "it is not an SQLite file".to_owned(),
            },
            Some(ErrorCode::DatabaseCorrupt) => Self::Corrupt {
                path,
                why: "it is damaged".to_owned(),
            },
            // The file itself could be opened, so SQLite failed to create the write-ahead log next to it.
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::ReadOnly { path }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            _ => Self::Sqlite { path, source },
        }
    }
}

/// On a full disk SQLite reports the log's index as a failed input or output.
fn is_full(error: &rusqlite::Error) -> bool {
    let of_index = ffi::SQLITE_IOERR_SHMSIZE;
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || error
            .sqlite_error()
            .is_some_and(|error| error.extended_code == of_index)
}

/// Why a row could not be written or read. The exchange that the row describes does not fail because of it.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("The disk is full. Free some space; until then nothing new is recorded.")]
    Full,
    #[error(
        "The ledger can no longer be written. Give your user write permission to the file and to its folder."
    )]
    ReadOnly,
    #[error("The ledger is in use by another program. The next entry retries the write.")]
    Locked,
    #[error(
        "The ledger is damaged. Stop the engine, move the file elsewhere, and start it again for a new, empty history."
    )]
    Corrupt,
    #[error(
        "Old rows of the ledger's table {table} were not deleted: their daily sums do not have the same number. Report this error; nothing is lost, and deletion retries later."
    )]
    SumsDiffer { table: &'static str },
    #[error(
        "The read took too long and was ended. Ask for fewer rows or a shorter time, or retry when the machine is less busy."
    )]
    TooSlow,
    #[error("The ledger failed: {0}.")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for LedgerError {
    fn from(error: rusqlite::Error) -> Self {
        if is_full(&error) {
            return Self::Full;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                Self::ReadOnly
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt,
            Some(ErrorCode::OperationInterrupted) => Self::TooSlow,
            _ => Self::Sqlite(error),
        }
    }
}
