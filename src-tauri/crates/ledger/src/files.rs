//! The ledger's files: the database, its write-ahead log and the log's index.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::OpenError;

/// The open file and its log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) file: FileId,
    pub(crate) log: Option<FileId>,
}

/// Device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId(u64, u64);

impl Identity {
    /// `None`: this system has no such numbers. It does not delete an open file either.
    pub(crate) fn of(path: &Path) -> Option<Identity> {
        Some(Identity {
            file: id(path).ok()??,
            log: id(&log_of(path)).ok().flatten(),
        })
    }
}

pub(crate) fn connect(path: &Path) -> Result<Connection, OpenError> {
    // No URI flag: a path that begins with "file:" is a path.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(|error| OpenError::sqlite(path, error))
}

/// Creates the file readable only by its owner, because it lists which models were used when. SQLite gives its log file the
/// same mode.
pub(crate) fn private(path: &Path) -> std::io::Result<File> {
    // SQLite would wait for a pipe, and read a device without an end.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is not a regular file",
        ));
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(crate) fn log_of(path: &Path) -> PathBuf {
    beside(path, "-wal")
}

pub(crate) fn index_of(path: &Path) -> PathBuf {
    beside(path, "-shm")
}

#[cfg(unix)]
pub(crate) fn id(path: &Path) -> io::Result<Option<FileId>> {
    use std::os::unix::fs::MetadataExt;
    let found = fs::metadata(path)?;
    Ok(Some(FileId(found.dev(), found.ino())))
}

#[cfg(not(unix))]
pub(crate) fn id(path: &Path) -> io::Result<Option<FileId>> {
    fs::metadata(path).map(|_| None)
}
