//! The documents, and each command in them with the way to check it.

use std::path::{Path, PathBuf};

use super::listed::LISTED;
use super::markdown::{Code, code};
use super::others::is_of_another_program;
use super::shell::commands;

pub(super) struct Page {
    pub(super) name: String,
    pub(super) text: String,
}

pub(super) struct Line {
    pub(super) number: usize,
    pub(super) way: Way,
}

/// How a command is checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// `understudyd` between backquotes in a sentence: these words.
    Command(Vec<String>),
    /// A line of a block, as a shell reads it.
    Shell(String),
    /// A line that exports variables: requests are sent with them.
    Exported(String),
    /// `cargo` and `npm`: the names in it exist.
    Cargo(String),
    Listed(&'static str),
    /// Neither run nor listed.
    Unknown(String),
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

pub(super) fn pages() -> Vec<Page> {
    let mut names: Vec<String> = ["README.md", "CONTRIBUTING.md", "SECURITY.md"]
        .map(str::to_owned)
        .to_vec();
    let folder = std::fs::read_dir(root().join("docs")).unwrap();
    let files = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages = files.filter(|name| name.ends_with(".md"));
    names.extend(pages.map(|name| format!("docs/{name}")));
    names[3..].sort();
    let read = |name: String| Page {
        text: std::fs::read_to_string(root().join(&name)).unwrap(),
        name,
    };
    names.into_iter().map(read).collect()
}

pub(super) fn lines(page: &Page) -> Vec<Line> {
    let mut found = Vec::new();
    for piece in code(&page.text) {
        match piece {
            Code::Span { line, text } => {
                let ways = of_a_span(&text);
                found.extend(ways.into_iter().map(|way| Line { number: line, way }));
            }
            Code::Block {
                line,
                language,
                lines,
            } => {
                let named = ["toml", "yaml", "text", "fish", "powershell"].contains(&&*language);
                for (at, text) in lines.iter().enumerate().filter(|_| !named) {
                    found.push(Line {
                        number: line + 1 + at,
                        way: match &*language {
                            "sh" => of_a_line(text),
                            other => Way::Unknown(format!("a block in `{other}`")),
                        },
                    });
                }
            }
        }
    }
    found
}

fn of_a_span(text: &str) -> Vec<Way> {
    if let Some(line) = listed(text) {
        return vec![Way::Listed(line)];
    }
    if is_cargo(text) {
        return vec![Way::Cargo(text.to_owned())];
    }
    if text.starts_with("grep ") {
        return vec![Way::Shell(text.to_owned())];
    }
    let commands = commands(text);
    if commands.is_empty() && is_of_another_program(text) {
        return vec![Way::Unknown(text.to_owned())];
    }
    commands.into_iter().map(Way::Command).collect()
}

fn of_a_line(line: &str) -> Way {
    let text = line.split("  #").next().unwrap_or_default().trim();
    let first = text.split_whitespace().next().unwrap_or_default();
    if let Some(line) = listed(text) {
        return Way::Listed(line);
    }
    match first {
        _ if is_cargo(text) => Way::Cargo(text.to_owned()),
        "understudyd" | "target/debug/understudyd" | "grep" | "unset" | "curl" => {
            Way::Shell(text.to_owned())
        }
        "export" => Way::Exported(text.to_owned()),
        _ => Way::Unknown(text.to_owned()),
    }
}

fn listed(text: &str) -> Option<&'static str> {
    let entry = LISTED.iter().find(|entry| entry.line == text)?;
    Some(entry.line)
}

fn is_cargo(text: &str) -> bool {
    let text = text.strip_prefix("BLESS=1 ").unwrap_or(text);
    ["cargo xtask ", "cargo test ", "npm run ", "npx vitest "]
        .iter()
        .any(|start| text.starts_with(start))
}

#[test]
fn a_command_is_run_checked_or_unknown() {
    let page = |text: &str| Page {
        name: String::new(),
        text: text.to_owned(),
    };
    let ways = |text: &str| -> Vec<Way> {
        lines(&page(text))
            .into_iter()
            .map(|line| line.way)
            .collect()
    };
    assert_eq!(
        ways("```sh\nunderstudyd url   # why\nrm -r /\n```\n"),
        [
            Way::Shell("understudyd url".into()),
            Way::Unknown("rm -r /".into())
        ]
    );
    assert_eq!(
        ways("`docker run x`"),
        [Way::Unknown("docker run x".into())]
    );
    assert_eq!(
        ways("```\nunderstudyd url\n```\n"),
        [Way::Unknown("a block in ``".into())]
    );
    assert_eq!(ways("`drain_s`"), []);
}
