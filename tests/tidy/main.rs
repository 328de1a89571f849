//! Laws of the source tree, held by reading it.

#![expect(clippy::unwrap_used, reason = "a law that cannot be read is broken")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use catalog::{Catalog, Dialect};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every crate of ours with its folder.
fn crates() -> BTreeMap<String, PathBuf> {
    let mut crates = BTreeMap::from([
        ("understudy".to_owned(), root().join("src-tauri")),
        ("xtask".to_owned(), root().join("src-tauri/xtask")),
        ("fuzz".to_owned(), root().join("tests/fuzz")),
    ]);
    for entry in fs::read_dir(root().join("src-tauri/crates")).unwrap() {
        let path = entry.unwrap().path();
        crates.insert(
            path.file_name().unwrap().to_string_lossy().into_owned(),
            path,
        );
    }
    crates
}

#[test]
fn crates_import_only_what_the_table_allows() {
    let text = read(&root().join("ARCHITECTURE.md"));
    let table = text
        .split("## Who may import whom")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.contains("may import"));
    let allowed: BTreeMap<String, BTreeSet<String>> = rows
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            (
                cells[0].to_owned(),
                cells[1].split_whitespace().map(str::to_owned).collect(),
            )
        })
        .collect();
    let crates = crates();
    assert_eq!(
        allowed.keys().collect::<Vec<_>>(),
        crates.keys().collect::<Vec<_>>(),
        "the table names every crate"
    );
    for (name, folder) in &crates {
        let manifest: toml::Table = toml::from_str(&read(&folder.join("Cargo.toml"))).unwrap();
        let imports = manifest
            .get("dependencies")
            .and_then(|d| d.as_table())
            .into_iter()
            .flat_map(|d| d.keys());
        for import in imports.filter(|import| crates.contains_key(*import)) {
            assert!(
                allowed[name].contains(import),
                "{name} imports {import}, which ARCHITECTURE.md does not allow"
            );
        }
    }
}

/// Source files of a folder, without tests.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

#[test]
fn no_provider_is_named_outside_the_catalogue() {
    let dialects = Dialect::ALL.map(Dialect::as_str);
    let named: Vec<String> = Catalog::bundled()
        .providers()
        .iter()
        .map(|p| p.id.to_string())
        .filter(|id| id != catalog::REHEARSAL && !dialects.contains(&id.as_str()))
        .collect();
    assert!(
        named.len() > 2,
        "there are providers to look for: {named:?}"
    );
    for (name, folder) in crates().into_iter().filter(|(name, _)| name != "catalog") {
        let mut files = Vec::new();
        sources(&folder.join("src"), &mut files);
        // The rehearsal provider acts vendors: one file each, and nowhere else.
        let acts = folder.join("src/family");
        let acted = |file: &PathBuf| file.starts_with(&acts) || file == &acts.with_extension("rs");
        files.retain(|file| name != "stage" || !acted(file));
        for file in files {
            // Unit tests at the end of a file may name whom they like.
            let text = read(&file);
            let code = text.split("#[cfg(test)]").next().unwrap();
            for id in &named {
                assert!(
                    !code.contains(&format!("\"{id}\"")),
                    "{name}: {} names the provider {id}",
                    file.display()
                );
            }
        }
    }
}
