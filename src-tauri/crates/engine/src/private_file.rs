//! Files that only their owner may read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// As many as the operating system follows.
const MOST_LINKS: u32 = 40;

/// Replaces the file atomically: a reader gets the old text or the new one. The file has mode 0600 from its creation.
pub(crate) fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    create_dir(dir)?;
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let written = open_new(&draft).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&draft, path));
    if done.is_err() {
        let _ = fs::remove_file(&draft);
    }
    done
}

/// A folder that only its owner may enter; an existing one keeps its mode.
pub(crate) fn create_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn open_new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file for lines at its end. An existing one is made private.
pub(crate) fn open_to_append(path: &Path) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(not_regular());
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    // Windows locks no file that was opened only to append.
    #[cfg(windows)]
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The file of another user stays as it is.
        let _ = file.set_permissions(fs::Permissions::from_mode(0o600));
    }
    Ok(file)
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")
}

/// Like [`write`], but a link at the file's path stays, and its target gets the text, also if that does not exist yet.
pub(crate) fn rewrite(path: &Path, text: &[u8]) -> io::Result<()> {
    let target = target(path);
    // Such as a link to /dev/null.
    if fs::metadata(&target).is_ok_and(|found| !found.is_file()) {
        return Err(not_regular());
    }
    write(&target, text)
}

/// A link that leads to itself is its own target.
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

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_stays_a_link_and_its_target_gets_the_text() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        symlink("second", at("first")).unwrap();
        symlink(at("folder/target"), at("second")).unwrap();
        for text in ["the target is new", "the target exists"] {
            rewrite(&at("first"), text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(at("folder/target")).unwrap(), text);
            assert!(at("first").is_symlink() && at("second").is_symlink());
        }
        symlink("itself", at("itself")).unwrap();
        rewrite(&at("itself"), b"no target").unwrap();
        assert_eq!(fs::read(at("itself")).unwrap(), b"no target");
    }
}
