//! `cargo test` and `npm` lines: the package, the test and the script exist. `cargo xtask` lines are checked in `xtask` itself.

use std::collections::BTreeSet;

use super::pages::{Way, lines, pages, root};
use super::tests_by_name;

/// Why a line cannot work.
fn wrong(line: &str, tests: &BTreeSet<String>) -> Option<String> {
    let line = line.split("  #").next().unwrap_or_default();
    let words: Vec<&str> = line
        .split_whitespace()
        .filter(|word| !word.contains('='))
        .collect();
    match words.as_slice() {
        ["cargo", "xtask", ..] | ["npx", "vitest", "run"] => None,
        ["npm", "run", script] => {
            let package = std::fs::read_to_string(root().join("ui/package.json")).unwrap();
            let is_there = package.contains(&format!("\"{script}\": "));
            (!is_there).then(|| format!("there is no script `{script}`"))
        }
        ["cargo", "test", "-p", package, rest @ ..] => {
            let folder = root().join("src-tauri/crates").join(package);
            let Ok(manifest) = std::fs::read_to_string(folder.join("Cargo.toml")) else {
                return Some(format!("there is no crate `{package}`"));
            };
            match rest {
                [] | ["--lib"] => None,
                ["--lib", filter] => found(filter, tests, &folder.join("src")),
                ["--test", target, filter @ ..] => {
                    let declared = manifest.contains(&format!("name = \"{target}\""));
                    let own = folder.join("tests").join(target);
                    let shared = root().join("tests").join(target);
                    if !declared && !own.exists() {
                        return Some(format!("`{package}` has no test `{target}`"));
                    }
                    let place = if own.exists() { own } else { shared };
                    filter
                        .iter()
                        .find_map(|filter| found(filter, tests, &place))
                }
                _ => Some("arguments that are not checked".to_owned()),
            }
        }
        _ => Some("a command that is not checked".to_owned()),
    }
}

/// A filter is part of a test's name, or a module.
fn found(filter: &str, tests: &BTreeSet<String>, place: &std::path::Path) -> Option<String> {
    let module = place.join(filter);
    let is_there = module.is_dir()
        || module.with_extension("rs").exists()
        || tests.iter().any(|name| name.contains(filter))
        || below(place, filter);
    (!is_there).then(|| format!("no test has `{filter}` in its name"))
}

fn below(folder: &std::path::Path, filter: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries.map(|entry| entry.unwrap().path()).any(|path| {
        path.file_stem()
            .is_some_and(|stem| stem.to_string_lossy() == filter)
            || (path.is_dir() && below(&path, filter))
    })
}

#[test]
fn every_cargo_and_npm_command_names_what_exists() {
    let tests = tests_by_name::names(&root());
    let (mut count, mut bad) = (0, Vec::new());
    for page in pages() {
        for line in lines(&page) {
            if let Way::Cargo(text) = line.way {
                count += 1;
                let why = wrong(&text, &tests);
                bad.extend(why.map(|why| format!("{}:{}: {text}: {why}", page.name, line.number)));
            }
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(count > 15, "{count} commands were found");
    for nothing in [
        "cargo test -p nothing --lib",
        "cargo test -p gateway --test nothing",
        "cargo test -p engine --test acceptance no_such_test_at_all",
        "npm run nothing",
    ] {
        assert!(wrong(nothing, &tests).is_some(), "{nothing}");
    }
}
