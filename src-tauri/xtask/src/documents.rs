//! Every `cargo xtask` line of the documentation is a command.

#[cfg(target_os = "linux")]
use std::fs;
#[cfg(target_os = "linux")]
use std::path::{Path, PathBuf};

use crate::command::Command;
#[cfg(target_os = "linux")]
use crate::tree::root;

#[cfg(target_os = "linux")]
fn pages(folder: &Path, pages: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap_or_else(|error| panic!("{error}")).path();
        if path.extension().is_some_and(|end| end == "md") {
            pages.push(path);
        }
    }
}

/// The arguments after each `cargo xtask` of a line, until the end of its code.
fn commands(line: &str) -> Vec<Vec<&str>> {
    let after = line.split("cargo xtask ").skip(1);
    after
        .map(|rest| {
            let end = rest.find(['`', '#', ';', '&', '|']).unwrap_or(rest.len());
            let words = rest[..end].split_whitespace();
            words.filter(|word| *word != "…").collect()
        })
        .collect()
}

// Some packages are made on Linux only.
#[cfg(target_os = "linux")]
#[test]
fn every_xtask_command_in_the_documentation_exists() {
    let mut files = Vec::new();
    for folder in ["", "docs", "docs/decisions", "tests/clients"] {
        pages(&root().join(folder), &mut files);
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}"));
        for (at, line) in text.lines().enumerate() {
            for words in commands(line) {
                count += 1;
                if let Err(error) = Command::parse(&words) {
                    wrong.push(format!("{}:{}: {words:?}: {error}", file.display(), at + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 12, "{count} commands were found");
}

#[test]
fn a_command_or_an_option_that_does_not_exist_is_refused() {
    for line in [
        "cargo xtask nothing",
        "cargo xtask run --fast",
        "cargo xtask fuzz soon",
        "cargo xtask fuzz 60 nothing",
        "cargo xtask clients --nothing",
        "cargo xtask clients --client",
        "cargo xtask bundle zip",
    ] {
        assert!(Command::parse(&commands(line)[0]).is_err(), "{line}");
    }
    let line = "`cargo xtask fuzz 60 sse`, and cargo xtask clients --client codex --table # why";
    for words in commands(line) {
        assert!(Command::parse(&words).is_ok(), "{words:?}");
    }
}
