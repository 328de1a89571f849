//! What was written into a client's files, and what stood there before: one file per client, written before the edit.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use catalog::SettingsFormat;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::file::sync_folder;
use crate::format::Container;
use crate::path::KeyPath;
use crate::refusal::{Refusal, RefusalKind};

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub client: String,
    pub connected_at: DateTime<Utc>,
    pub files: Vec<ReceiptFile>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ReceiptFile {
    /// As the client names it, links included.
    pub path: PathBuf,
    pub format: SettingsFormat,
    /// The file did not exist.
    #[serde(default)]
    pub created: bool,
    #[serde(default)]
    pub created_folders: Vec<PathBuf>,
    #[serde(default)]
    pub containers: Vec<Container>,
    pub keys: Vec<ReceiptKey>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct ReceiptKey {
    pub path: KeyPath,
    /// The former value as written in the file; `None`: the key was absent.
    pub before: Option<String>,
    pub written: String,
}

impl ReceiptFile {
    pub(crate) fn key(&self, path: &KeyPath) -> Option<&ReceiptKey> {
        self.keys.iter().find(|key| key.path == *path)
    }
}

impl Receipt {
    pub(crate) fn file(&self, path: &Path) -> Option<&ReceiptFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// The folder of the receipts, private to the user.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// Held while files are changed, so that two windows take turns.
#[derive(Debug)]
pub(crate) struct Turn {
    /// The lock ends with it.
    _file: File,
}

impl Store {
    pub fn new(folder: impl Into<PathBuf>) -> Store {
        Store {
            folder: folder.into(),
        }
    }

    fn refused(&self, error: &io::Error) -> Refusal {
        let what = format!(
            "{} cannot be used: {error}. Nothing was changed",
            self.folder.display()
        );
        let fix = "make this folder readable and writable for your user";
        Refusal::new(RefusalKind::Own, what, fix)
    }

    pub(crate) fn turn(&self) -> Result<Turn, Refusal> {
        let lock = || -> io::Result<Turn> {
            private_folder(&self.folder)?;
            let file = private(OpenKind::Lock, &self.folder.join("lock"))?;
            file.lock()?;
            Ok(Turn { _file: file })
        };
        lock().map_err(|error| self.refused(&error))
    }

    fn path(&self, client: &str) -> PathBuf {
        self.folder.join(format!("{client}.json"))
    }

    pub(crate) fn load(&self, client: &str) -> Result<Option<Receipt>, Refusal> {
        let text = match fs::read(self.path(client)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.refused(&error)),
        };
        let receipt = serde_json::from_slice(&text).map_err(|error| {
            let what = format!("{} cannot be parsed: {error}", self.path(client).display());
            let fix = "remove the client's lines by hand, then delete this file";
            Refusal::new(RefusalKind::Own, what, fix)
        })?;
        Ok(Some(receipt))
    }

    /// On the disk when this returns.
    pub(crate) fn save(&self, receipt: &Receipt) -> Result<(), Refusal> {
        let save = || -> io::Result<()> {
            private_folder(&self.folder)?;
            let mut draft = tempfile::NamedTempFile::new_in(&self.folder)?;
            draft.write_all(&serde_json::to_vec_pretty(receipt)?)?;
            draft.as_file().sync_all()?;
            draft.persist(self.path(&receipt.client))?;
            sync_folder(&self.folder);
            Ok(())
        };
        save().map_err(|error| self.refused(&error))
    }

    pub(crate) fn forget(&self, client: &str) -> Result<(), Refusal> {
        match fs::remove_file(self.path(client)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.refused(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// A dated copy for people, once per file. Nothing is ever restored from it.
    pub(crate) fn back_up(
        &self,
        client: &str,
        file: &Path,
        bytes: &[u8],
        now: DateTime<Utc>,
    ) -> Result<(), Refusal> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let start = format!("{client} {name} ");
        let back_up = || -> io::Result<()> {
            let folder = self.folder.join("copies");
            private_folder(&folder)?;
            for copy in fs::read_dir(&folder)? {
                if copy?.file_name().to_string_lossy().starts_with(&start) {
                    return Ok(());
                }
            }
            let path = folder.join(format!("{start}{}", now.format("%Y-%m-%d")));
            let mut copy = private(OpenKind::New, &path)?;
            copy.write_all(bytes)?;
            copy.sync_all()
        };
        back_up().map_err(|error| self.refused(&error))
    }
}

enum OpenKind {
    Lock,
    New,
}

fn private(kind: OpenKind, path: &Path) -> io::Result<File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true);
    options.truncate(matches!(kind, OpenKind::New));
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn private_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
