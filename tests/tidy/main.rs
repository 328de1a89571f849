//! Rules of the source tree, checked by reading it.

#![expect(
    clippy::unwrap_used,
    reason = "a tree that cannot be read fails the test"
)]

mod circles;
mod source;
mod words;

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

/// Every crate of the workspace with its folder.
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

/// The text without items under `#[cfg(test)]`. With rustfmt's layout an item ends at its first line or at the closing brace
/// of the same depth.
fn without_tests(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let depth = line.len() - line.trim_start().len();
        if line.trim() != "#[cfg(test)]" {
            code += line;
            code.push('\n');
            continue;
        }
        let is_attribute = |line: &&str| line.trim_start().starts_with("#[");
        let item = lines.by_ref().find(|line| !is_attribute(line));
        if item.is_some_and(|item| item.ends_with('{')) {
            let end = format!("{}}}", " ".repeat(depth));
            lines.by_ref().find(|line| *line == end);
        }
    }
    code
}

#[test]
fn code_after_a_test_item_is_kept() {
    let text = "use a;\n#[cfg(test)]\nuse b;\n#[cfg(test)]\nmod tests;\nfn c() {\n    d();\n}\n#[cfg(test)]\n#[path = \"x.rs\"]\nmod more {\n    fn e() {\n    }\n}\nfn f() {}\n";
    let code = without_tests(text);
    assert_eq!(code, "use a;\nfn c() {\n    d();\n}\nfn f() {}\n");
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
        // The rehearsal provider simulates vendors, in one file each.
        let acts = folder.join("src/family");
        let acted = |file: &PathBuf| file.starts_with(&acts) || file == &acts.with_extension("rs");
        files.retain(|file| name != "stage" || !acted(file));
        for file in files {
            // Unit tests may name any provider.
            let code = without_tests(&read(&file));
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

/// The desk decides. Only `main_loop` uses clocks, disks and sockets.
#[test]
fn the_desk_is_pure() {
    let folder = root().join("src-tauri/crates/engine/src/desk");
    let mut files = vec![folder.with_extension("rs")];
    sources(&folder, &mut files);
    let in_tests = |file: &PathBuf| file.components().any(|part| part.as_os_str() == "tests");
    files.retain(|file| !in_tests(file) && !file.ends_with("tests.rs"));
    assert!(files.len() > 20, "the desk's files are found");
    let foreign = [
        "tokio::",
        "mpsc",
        "oneshot",
        "gateway::Gateway",
        "Gateway,",
        "ledger::Ledger",
        "Ledger,",
        "std::fs",
        "std::net",
        "reqwest",
        "Utc::now",
        "Local::now",
        "Instant",
        "async fn",
    ];
    for file in files {
        let code = without_tests(&read(&file));
        for word in foreign {
            assert!(!code.contains(word), "{}: {word}", file.display());
        }
    }
}

/// Remaining circles. The number only falls.
const ALLOWED_CIRCLES: usize = 0;

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for (name, folder) in crates() {
        for root in ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file)) {
            if root.exists() {
                let circles = circles::circles(&root);
                found.extend(circles.into_iter().map(|arrows| (name.clone(), arrows)));
            }
        }
    }
    assert_eq!(found.len(), ALLOWED_CIRCLES, "{found:#?}");
}

/// Remaining findings, by kind. A number only falls.
const ALLOWED_WORDS: [(source::Kind, usize); 3] = [
    (source::Kind::Text, 0),
    (source::Kind::Comment, 0),
    (source::Kind::Identifier, 2),
];

#[test]
fn words_are_plain() {
    let findings = words::findings(&root());
    for (kind, allowed) in ALLOWED_WORDS {
        let mut seen = BTreeSet::new();
        let of_kind: Vec<String> = findings
            .iter()
            .filter(|finding| finding.kind == kind)
            // Each identifier counts once.
            .filter(|finding| {
                kind != source::Kind::Identifier || seen.insert((finding.word, &finding.text))
            })
            .map(ToString::to_string)
            .collect();
        assert!(
            of_kind.len() <= allowed,
            "{} of {allowed} allowed:\n{}",
            of_kind.len(),
            of_kind.join("\n")
        );
        assert_eq!(of_kind.len(), allowed, "lower the allowance of {kind:?}");
    }
}
