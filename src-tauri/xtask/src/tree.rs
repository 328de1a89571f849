//! Paths in the working tree, and detection of changes in them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::step::Outcome;

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors().nth(2).unwrap_or(&here).to_path_buf()
}

/// Cargo's build folder, which also holds the stamps.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        // A relative path is relative to the folder in which cargo was called.
        Some(folder) => std::path::absolute(&folder).unwrap_or_else(|_| folder.into()),
        None => root().join("target"),
    }
}

/// A hash over the names and contents of these files and folders. A missing file changes the hash. Dependencies and build
/// results are excluded.
pub(crate) fn content_hash(places: &[PathBuf]) -> Outcome<String> {
    let mut hasher = DefaultHasher::new();
    for place in places {
        hash_place(place, &mut hasher)?;
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn hash_place(place: &Path, hasher: &mut DefaultHasher) -> Outcome {
    place.hash(hasher);
    if place.is_dir() {
        let mut inside = std::fs::read_dir(place)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()?;
        inside.sort();
        for path in inside {
            let name = path.file_name().unwrap_or_default();
            if name != "node_modules" && name != "dist" {
                hash_place(&path, hasher)?;
            }
        }
    } else if place.is_file() {
        std::fs::read(place)?.hash(hasher);
    }
    Ok(())
}

/// Stores the hash of the content for which a step last ran.
pub(crate) struct Stamp {
    file: PathBuf,
    content: String,
}

impl Stamp {
    pub(crate) fn of(name: &str, content: String) -> Self {
        let file = target().join("xtask").join(name);
        Self { file, content }
    }

    pub(crate) fn is_current(&self) -> bool {
        std::fs::read_to_string(&self.file).is_ok_and(|written| written == self.content)
    }

    pub(crate) fn set(&self) -> Outcome {
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        Ok(std::fs::write(&self.file, &self.content)?)
    }
}
