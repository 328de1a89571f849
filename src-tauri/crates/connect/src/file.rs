//! Settings files on the disk: links, modes and owners stay.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::refusal::{Refusal, RefusalKind};
use crate::surroundings::Surroundings;

/// A larger file is no settings file.
const LARGEST: u64 = 2 << 20;
/// As many as the operating system follows.
const MOST_LINKS: u32 = 40;
const BOM: &str = "\u{feff}";

/// A file as it was read.
#[derive(Clone)]
pub(crate) struct Source {
    /// As the client names it.
    pub path: PathBuf,
    /// Behind all links.
    pub target: PathBuf,
    /// `None`: it does not exist.
    pub bytes: Option<Vec<u8>>,
    /// `~/.client/settings.json → ~/dotfiles/client.json`
    pub shown: String,
}

impl Source {
    pub(crate) fn read(path: &Path, surroundings: &Surroundings) -> Result<Source, Refusal> {
        let target = target(path);
        let mut shown = surroundings.shown(path);
        if target != path {
            shown = format!("{shown} → {}", surroundings.shown(&target));
        }
        let unusable = |why: String, fix: &str| {
            Refusal::new(RefusalKind::Unusable, format!("{shown} {why}"), fix)
        };
        let failed = |error: &io::Error| {
            unusable(
                format!("cannot be read: {error}"),
                "make it readable for your user",
            )
        };
        let bytes = match fs::metadata(&target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed(&error)),
            Ok(found) if !found.is_file() => {
                return Err(unusable(
                    "is not a regular file".into(),
                    "replace it by a file",
                ));
            }
            Ok(found) if found.len() > LARGEST => {
                let why = format!("is larger than {} MiB", LARGEST >> 20);
                return Err(unusable(why, "copy the lines into it by hand"));
            }
            Ok(_) => Some(fs::read(&target).map_err(|error| failed(&error))?),
        };
        if bytes
            .as_deref()
            .is_some_and(|bytes| std::str::from_utf8(bytes).is_err())
        {
            return Err(unusable(
                "is not UTF-8".into(),
                "save it as UTF-8, or copy the lines into it by hand",
            ));
        }
        Ok(Source {
            path: path.to_owned(),
            target,
            bytes,
            shown,
        })
    }

    /// Without the byte order mark; empty if there is no file.
    pub(crate) fn text(&self) -> &str {
        let text = std::str::from_utf8(self.bytes.as_deref().unwrap_or_default());
        let text = text.unwrap_or_default();
        text.strip_prefix(BOM).unwrap_or(text)
    }

    /// A new text, with the byte order mark of the file.
    pub(crate) fn encode(&self, text: &str) -> Vec<u8> {
        let marked = self
            .bytes
            .as_deref()
            .is_some_and(|bytes| bytes.starts_with(BOM.as_bytes()));
        [if marked { BOM } else { "" }, text].concat().into_bytes()
    }

    fn is_unchanged(&self) -> bool {
        let now = match fs::read(&self.target) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(_) => return false,
        };
        target(&self.path) == self.target && now == self.bytes
    }

    fn refused(&self, error: &io::Error) -> Refusal {
        let what = format!("{} cannot be written: {error}", self.shown);
        let fix = "make the file and its folder writable for your user, or add the lines by hand";
        Refusal::new(RefusalKind::Unusable, what, fix)
    }

    /// Fails if the file or its folder is read-only: a replaced file would hide that.
    pub(crate) fn check_writable(&self) -> Result<(), Refusal> {
        let check = || -> io::Result<()> {
            let denied = |what: &str| Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
            if self.bytes.is_some() {
                if fs::metadata(&self.target)?.permissions().readonly() {
                    return denied("it is read-only");
                }
                OpenOptions::new().append(true).open(&self.target)?;
            }
            let folder = existing_folder(&self.target);
            if fs::metadata(folder)?.permissions().readonly() {
                return denied("its folder is read-only");
            }
            Ok(())
        };
        check().map_err(|error| self.refused(&error))
    }

    /// Replaces the file if it is as it was read. `Ok(false)`: it has changed. Returns created folders by `created`.
    pub(crate) fn replace(
        &self,
        bytes: &[u8],
        created: &mut Vec<PathBuf>,
        before_rename: &mut dyn FnMut(),
    ) -> Result<bool, Refusal> {
        let replace = |created: &mut Vec<PathBuf>, before_rename: &mut dyn FnMut()| {
            let folder = self.target.parent().unwrap_or(Path::new("."));
            create_folders(folder, created)?;
            let mut draft = tempfile::Builder::new()
                .prefix(".understudy-")
                .tempfile_in(folder)?;
            draft.write_all(bytes)?;
            if let Ok(former) = fs::metadata(&self.target) {
                keep_owner(&former, draft.path())?;
                fs::set_permissions(draft.path(), former.permissions())?;
            }
            draft.as_file().sync_all()?;
            before_rename();
            if !self.is_unchanged() {
                return Ok(false);
            }
            persist(draft, &self.target)?;
            sync_folder(folder);
            Ok(true)
        };
        replace(created, before_rename).map_err(|error| self.refused(&error))
    }

    /// Deletes a file that Understudy created.
    pub(crate) fn delete(&self) -> Result<bool, Refusal> {
        if !self.is_unchanged() {
            return Ok(false);
        }
        fs::remove_file(&self.target).map_err(|error| self.refused(&error))?;
        Ok(true)
    }
}

/// The file behind all links, also if it does not exist. A link that leads to itself is its own target.
fn target(path: &Path) -> PathBuf {
    let mut at = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = fs::read_link(&at) else {
            return at;
        };
        // `join` with an absolute target replaces the folder.
        at = at.parent().unwrap_or(Path::new(".")).join(next);
    }
    path.to_owned()
}

fn existing_folder(path: &Path) -> &Path {
    let mut above = path.ancestors().skip(1);
    above
        .find(|folder| folder.is_dir())
        .unwrap_or(Path::new("."))
}

fn create_folders(folder: &Path, created: &mut Vec<PathBuf>) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|it| !it.exists()).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(folder)?;
        created.push(folder.to_owned());
    }
    Ok(())
}

#[cfg(unix)]
fn keep_owner(former: &Metadata, draft: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let own = fs::metadata(draft)?;
    if (own.uid(), own.gid()) == (former.uid(), former.gid()) {
        return Ok(());
    }
    std::os::unix::fs::chown(draft, Some(former.uid()), Some(former.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_: &Metadata, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(windows))]
fn persist(draft: tempfile::NamedTempFile, target: &Path) -> io::Result<()> {
    draft.persist(target)?;
    Ok(())
}

/// A program that reads the file at this moment blocks its replacement.
#[cfg(windows)]
fn persist(mut draft: tempfile::NamedTempFile, target: &Path) -> io::Result<()> {
    for _ in 0..20 {
        match draft.persist(target) {
            Ok(_) => return Ok(()),
            Err(failed) if failed.error.kind() == io::ErrorKind::PermissionDenied => {
                draft = failed.file;
                std::thread::park_timeout(std::time::Duration::from_millis(50));
            }
            Err(failed) => return Err(failed.error),
        }
    }
    draft.persist(target)?;
    Ok(())
}

/// So that the new name is on the disk; not every file system can do it.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}
