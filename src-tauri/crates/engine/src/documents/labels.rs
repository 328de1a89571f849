//! Labels of the window, the menu and the notifications that a document quotes are theirs.

use std::fs;
use std::path::Path;

use super::markdown::prose;
use super::{pages, root};

/// Quoted in the documents, and no labels in the sources.
const OTHERS: [&str; 10] = [
    "Report a vulnerability",
    "Max Retries",
    "Claude Code",
    "Unknown",
    "with original workflow",
    "On Webhook Call",
    "Limit wait time",
    "Continue (using error output)",
    "Include Response Headers and Status",
    // With a name in it: `the_owner_gets_the_question_when_a_fallback_is_needed`.
    "Allow until Claude is back",
];

/// `[Label]` that is no link, "Label" with a capital letter, and the first word of the section after "Settings →".
fn labels(text: &str) -> Vec<String> {
    let prose = prose(text);
    let mut found = Vec::new();
    for (at, _) in prose.match_indices('[') {
        let (label, rest) = prose[at + 1..].split_once(']').unwrap_or_default();
        if !rest.starts_with('(') {
            found.push(label.to_owned());
        }
    }
    for line in prose.lines() {
        let quoted = line.split('"').skip(1).step_by(2);
        found.extend(quoted.map(str::to_owned));
        let sections = line.split("Settings → ").skip(1);
        found.extend(sections.filter_map(|rest| {
            let section = rest.split(|letter: char| !letter.is_alphabetic()).next()?;
            Some(format!("\"{section}"))
        }));
    }
    found.retain(|label| label.trim_matches('"').starts_with(char::is_uppercase));
    // A sentence in quotes has its own test.
    found.retain(|label| label.len() < 40 && !label.contains(['$', '[']));
    found
}

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["tests", "generated", "documents"].contains(&&*name) {
                sources(&path, text);
            }
        } else if name.ends_with(".svelte")
            || name.ends_with(".rs")
            || name.ends_with(".ts") && !name.contains(".test.")
        {
            *text += &fs::read_to_string(&path).unwrap();
        }
    }
}

#[test]
fn every_label_in_the_documentation_is_one() {
    let mut text = String::new();
    for folder in ["ui/src", "src-tauri/crates/engine/src", "src-tauri/src"] {
        sources(&root().join(folder), &mut text);
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages() {
        let path = page.path.display().to_string();
        // The page of clients quotes the labels of the clients.
        if path.contains("decisions") || path.ends_with("clients.md") {
            continue;
        }
        for label in labels(&page.text) {
            if OTHERS.contains(&&*label) {
                continue;
            }
            count += 1;
            if !text.contains(&label) {
                wrong.push(format!("{path}: {label}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 10, "{count} labels were found");
}

#[test]
fn labels_are_found() {
    let text = "[Yes] is in Settings → Keys, \"Stop it\", and [a link](b.md) with \"small\".";
    assert_eq!(labels(text), ["Yes", "Stop it", "\"Keys"]);
}
