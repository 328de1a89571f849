//! Files and folders of the engine that other users of this machine could read or change.

use std::path::{Path, PathBuf};

use crate::places::Places;

/// Makes the engine's files private again. Returns a sentence for each finding that is left to the owner: a folder, whose mode may
/// be intended, and a file of another user.
pub(crate) fn close(places: &Places) -> Vec<String> {
    let mut left = Vec::new();
    for path in private_files(places) {
        left.extend(remove(&path, Bits::Any));
    }
    let mut written = vec![places.settings.clone()];
    written.extend(entries(&places.providers));
    for path in written {
        left.extend(remove(&path, Bits::Write));
    }
    let folders = [
        places.settings.parent(),
        Some(&*places.providers),
        places.ledger.parent(),
        places.runtime.parent(),
        Some(&*places.logs),
    ];
    let mut folders: Vec<&Path> = folders.into_iter().flatten().collect();
    folders.sort();
    folders.dedup();
    left.extend(folders.into_iter().filter_map(open_folder));
    for finding in &left {
        tracing::warn!("{finding}");
    }
    left
}

/// The ledger with its log, backups and copies, and what contains a token.
fn private_files(places: &Places) -> Vec<PathBuf> {
    let mut files = vec![
        places.token.clone(),
        places.tokens.clone(),
        places.lock.clone(),
        places.runtime.clone(),
    ];
    let ledger = places.ledger.file_name().unwrap_or_default();
    let folder = places.ledger.parent().unwrap_or(Path::new("."));
    let of_ledger = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        name.starts_with(ledger.as_encoded_bytes())
    };
    files.extend(entries(folder).filter(of_ledger));
    files
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path())
}

/// The permissions of others that are removed.
#[derive(Clone, Copy)]
enum Bits {
    Any,
    Write,
}

#[cfg(unix)]
fn remove(path: &Path, bits: Bits) -> Option<String> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let found = std::fs::metadata(path).ok()?;
    let mask = match bits {
        Bits::Any => 0o077,
        Bits::Write => writable_by_others(&found),
    };
    let mode = found.mode() & 0o7777;
    if !found.is_file() || mode & mask == 0 {
        return None;
    }
    let private = std::fs::Permissions::from_mode(mode & !mask);
    let file = path.display();
    if path.is_symlink() {
        return Some(format!(
            "Other users can read or change the target of {file} (mode {mode:03o})."
        ));
    }
    match std::fs::set_permissions(path, private) {
        Ok(()) => {
            tracing::warn!(%file, "other users could read or change it (mode {mode:03o}); its mode is {:03o} now", mode & !mask);
            None
        }
        Err(error) => Some(format!(
            "Other users can read or change {file} (mode {mode:03o}), and its mode cannot be changed: {error}."
        )),
    }
}

#[cfg(unix)]
fn open_folder(folder: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let found = std::fs::metadata(folder).ok()?;
    if found.mode() & writable_by_others(&found) == 0 {
        return None;
    }
    let (folder, mode) = (folder.display(), found.mode() & 0o7777);
    Some(format!(
        "Other users can replace the files in {folder} (mode {mode:03o})."
    ))
}

/// A user's own group has the user's number and no other member.
#[cfg(unix)]
fn writable_by_others(found: &std::fs::Metadata) -> u32 {
    use std::os::unix::fs::MetadataExt;
    match found.uid() == found.gid() {
        true => 0o002,
        false => 0o022,
    }
}

#[cfg(not(unix))]
fn remove(_: &Path, _: Bits) -> Option<String> {
    None
}

#[cfg(not(unix))]
fn open_folder(_: &Path) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn own_files_are_made_private_and_an_open_folder_is_reported() {
        let set = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let home = tempfile::tempdir().unwrap();
        let places = Places::under(home.path());
        let backup = home.path().join("ledger.sqlite.v1.bak");
        for file in [
            &places.ledger,
            &backup,
            &places.token,
            &places.lock,
            &places.settings,
        ] {
            fs::write(file, "").unwrap();
            set(file, 0o666);
        }
        set(home.path(), 0o777);
        let linked = tempfile::tempdir().unwrap();
        let target = linked.path().join("own.toml");
        fs::write(&target, "").unwrap();
        set(&target, 0o666);
        fs::create_dir(&places.providers).unwrap();
        std::os::unix::fs::symlink(&target, places.providers.join("own.toml")).unwrap();
        let mut left = close(&places);
        assert_eq!(mode(&target), 0o666, "it may belong to another program");
        assert!(left.remove(0).contains("the target of"), "{left:?}");
        fs::remove_file(&target).unwrap();
        for file in [&places.ledger, &backup, &places.token, &places.lock] {
            assert_eq!(mode(file), 0o600, "{}", file.display());
        }
        assert_eq!(mode(&places.settings) & 0o002, 0);
        assert_eq!(
            mode(&places.settings) & 0o044,
            0o044,
            "its owner may share it"
        );
        let folder = home.path().display();
        let expected = format!("Other users can replace the files in {folder} (mode 777).");
        assert_eq!(left, [expected]);
        set(home.path(), 0o700);
        assert!(close(&places).is_empty());
    }
}
