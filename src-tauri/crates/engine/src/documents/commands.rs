//! Every command of `understudyd` in a page is one.

use clap::error::ErrorKind;

use super::markdown::{Code, code};
use super::shell::commands;
use crate::cli;

/// A span may name a command without its arguments.
fn is_wrong(words: &[String], in_a_span: bool) -> Option<String> {
    let error = cli::parses(words).err()?;
    let named = matches!(
        error.kind(),
        ErrorKind::MissingSubcommand
            | ErrorKind::MissingRequiredArgument
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    let shown = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let accepted = shown || (named && in_a_span);
    (!accepted).then(|| error.to_string())
}

#[test]
fn every_command_in_the_documentation_exists() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in super::pages() {
        for piece in code(&page.text) {
            let (line, lines, in_a_span) = match piece {
                Code::Span { line, text } => (line, vec![text], true),
                Code::Block { line, lines, .. } => (line, lines, false),
            };
            for words in lines.iter().flat_map(|line| commands(line)) {
                count += 1;
                if let Some(error) = is_wrong(&words, in_a_span) {
                    wrong.push(format!(
                        "{}:{line}: {}\n{error}",
                        page.path.display(),
                        words.join(" ")
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 40, "{count} commands were found");
}

#[test]
fn commands_are_found_in_a_line() {
    let found = |line: &str| -> Vec<String> {
        commands(line).iter().map(|words| words.join("+")).collect()
    };
    assert_eq!(
        found("URL=$(understudyd url) && export X=$URL"),
        ["understudyd+url"]
    );
    assert_eq!(
        found("understudyd allow yes|no"),
        ["understudyd+allow+yes", "understudyd+allow+no"]
    );
    assert_eq!(
        found("understudyd use \"Claude Code\" gpt # why"),
        ["understudyd+use+Claude Code+gpt"]
    );
    assert_eq!(
        found("understudyd connect X [--dry-run]"),
        ["understudyd+connect+X", "understudyd+connect+X+--dry-run"]
    );
    assert!(is_wrong(&["understudyd".into(), "nothing".into()], true).is_some());
    assert!(is_wrong(&["understudyd".into(), "key".into()], true).is_none());
    assert!(is_wrong(&["understudyd".into(), "key".into()], false).is_some());
}
