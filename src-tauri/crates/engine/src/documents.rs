//! The documentation is true: its commands parse, its settings are accepted, its links lead somewhere.

mod claims;
mod commands;
mod figures;
mod labels;
mod links;
mod markdown;
mod shell;
mod snippets;
mod tests_by_name;
mod trust;

use std::fs;
use std::path::{Path, PathBuf};

struct Page {
    path: PathBuf,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// README, the other pages beside it, and everything in docs.
fn pages() -> Vec<Page> {
    let mut files = Vec::new();
    for name in [
        "README.md",
        "ARCHITECTURE.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
    ] {
        files.push(root().join(name));
    }
    below(&root().join("docs"), &mut files);
    let read = |path: PathBuf| Page {
        text: fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        path,
    };
    files.into_iter().map(read).collect()
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, files);
        } else if path.extension().is_some_and(|end| end == "md") {
            files.push(path);
        }
    }
}
