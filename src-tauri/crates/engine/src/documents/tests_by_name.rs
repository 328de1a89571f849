//! The names of the tests of this repository: functions of Rust, and titles of the window's tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

pub(super) fn names(root: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["src-tauri", "tests", "ui/src"] {
        below(&root.join(folder), &mut names);
    }
    names
}

fn below(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && name != "node_modules" {
                below(&path, names);
            }
        } else if name.ends_with(".rs") {
            of_rust(&fs::read_to_string(&path).unwrap(), names);
        } else if name.ends_with(".test.ts") {
            of_the_window(&fs::read_to_string(&path).unwrap(), names);
        }
    }
}

fn of_rust(text: &str, names: &mut BTreeSet<String>) {
    let mut is_test = false;
    for line in text.lines().map(str::trim_start) {
        is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        if is_test
            && !line.starts_with("//")
            && let Some((_, rest)) = line.split_once("fn ")
        {
            let name = rest.split(['(', '<']).next();
            names.extend(name.map(str::to_owned));
            is_test = false;
        }
    }
}

fn of_the_window(text: &str, names: &mut BTreeSet<String>) {
    for line in text.lines().map(str::trim_start) {
        let title = ["it(\"", "test(\""]
            .iter()
            .find_map(|start| line.strip_prefix(start));
        names.extend(
            title
                .and_then(|rest| rest.split('"').next())
                .map(str::to_owned),
        );
    }
}

#[test]
fn tests_of_both_languages_are_found() {
    let mut names = BTreeSet::new();
    let rust = "#[test]\n// why\n#[cfg(unix)]\nfn a() {\n    fn inner() {}\n}\n#[tokio::test(start_paused = true)]\nasync fn b() {}\nfn c() {}\n";
    of_rust(rust, &mut names);
    of_the_window("  it(\"reads a file\", () => {})", &mut names);
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["a", "b", "reads a file"]
    );
}
