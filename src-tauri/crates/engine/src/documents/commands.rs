//! Every command of `understudyd` in a page is one.

use clap::error::ErrorKind;

use super::markdown::{Code, code};
use crate::cli;

/// Words of a line in the order of a shell, with quotes, until the command ends. `NAME|OTHER` are two commands; `[…]` may be left
/// out.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("understudyd ") {
        // The name in a drawing has no arguments.
        if line[at..].starts_with("understudyd  ") {
            continue;
        }
        // A path or a longer word that contains the name is another word.
        let before = line[..at].chars().next_back();
        if before.is_some_and(|letter| letter.is_alphanumeric() || "-_.".contains(letter)) {
            continue;
        }
        found.extend(alternatives(&words(&line[at..])));
    }
    found
}

fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), close) if open == close => quote = None,
            (None, ')' | '#' | ';' | '&' | '>' | '<' | '`') => break,
            (None, ' ') => words.push(std::mem::take(&mut word)),
            _ => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    // A pipe is a word, an alternative is inside of one.
    words
        .into_iter()
        .take_while(|word| word != "|" && word != "\\")
        .collect()
}

fn alternatives(words: &[String]) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    for word in words {
        let is_optional = word.starts_with('[') || word.ends_with(']');
        let bare = word.trim_matches(['[', ']', ',', '.', ':']);
        if bare.is_empty() || bare == "…" {
            continue;
        }
        let choices = bare.split('|');
        let longer: Vec<Vec<String>> = choices
            .flat_map(|choice| {
                all.iter().map(move |before: &Vec<String>| {
                    let mut after = before.clone();
                    after.push(choice.to_owned());
                    after
                })
            })
            .collect();
        if is_optional {
            all.extend(longer);
        } else {
            all = longer;
        }
    }
    all
}

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
