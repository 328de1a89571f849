//! The lines for fish and PowerShell set what the lines for bash and zsh set.

use std::collections::BTreeMap;

use super::markdown::{Code, code};
use super::pages::pages;

type Variables = BTreeMap<String, String>;

fn unquoted(text: &str) -> String {
    text.trim().trim_matches('"').to_owned()
}

/// The variables of one line, in the words of its shell.
fn variables(language: &str, line: &str) -> Variables {
    let commands = line.split("; ");
    match language {
        "sh" => {
            let words = line
                .strip_prefix("export ")
                .unwrap_or_default()
                .split_whitespace();
            let pairs = words.filter_map(|word| word.split_once('='));
            pairs
                .map(|(name, value)| (name.to_owned(), unquoted(value)))
                .collect()
        }
        "fish" => {
            let pairs = commands.filter_map(|one| one.strip_prefix("set -gx ")?.split_once(' '));
            pairs
                .map(|(name, value)| (name.to_owned(), unquoted(value)))
                .collect()
        }
        "powershell" => {
            let pairs = commands.filter_map(|one| one.strip_prefix("$env:")?.split_once(" = "));
            pairs
                .map(|(name, value)| (name.to_owned(), unquoted(value)))
                .collect()
        }
        _ => Variables::new(),
    }
}

#[test]
fn fish_and_powershell_set_what_bash_sets() {
    let (mut count, mut wrong) = (0, Vec::new());
    for page in pages() {
        let mut bash: Vec<Variables> = Vec::new();
        for piece in code(&page.text) {
            let Code::Block {
                line,
                language,
                lines,
            } = piece
            else {
                continue;
            };
            let mut set = Variables::new();
            for line in &lines {
                let one = variables(&language, line);
                if one.is_empty() && (language == "fish" || language == "powershell") {
                    wrong.push(format!("{}: {line}: not an assignment", page.name));
                }
                set.extend(one);
            }
            if language == "sh" {
                bash.push(set);
            } else if language == "fish" || language == "powershell" {
                count += 1;
                // A client may have more than one block for bash.
                if !bash.iter().rev().take(2).any(|bash| *bash == set) {
                    wrong.push(format!("{}:{line}: {set:?} is not {bash:?}", page.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 6, "{count} blocks were found");
}
