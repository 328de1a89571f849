//! Finds what must not leave this computer, also in comments.

use catalog::Catalog;

use super::refused::{Private, Refused};

/// A shorter word with the prefix of a key is an example such as "sk-…".
const SHORTEST_KEY: usize = 20;

pub(super) fn check(
    file: &str,
    text: &str,
    private: Private<'_>,
    catalog: &Catalog,
) -> Result<(), Refused> {
    let endpoints = catalog.providers().iter().flat_map(|one| &one.endpoints);
    let starts: Vec<&str> = endpoints
        .flat_map(|one| &one.logins.begins)
        .map(String::as_str)
        .filter(|start| start.len() >= 3)
        .collect();
    let is_key = |word: &str| {
        word.len() >= SHORTEST_KEY && starts.iter().any(|start| word.starts_with(start))
    };
    let not_in_a_key = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    for (at, line) in text.lines().enumerate() {
        let what = if !private.token.is_empty() && line.contains(private.token) {
            "contains this computer's token"
        } else if line.split(not_in_a_key).any(is_key) {
            "contains what looks like a key of a provider"
        } else if private.home.len() > 1 && line.contains(private.home) {
            "contains a path of this computer"
        } else {
            continue;
        };
        return Err(Refused::Private {
            file: file.to_owned(),
            line: at + 1,
            what,
        });
    }
    Ok(())
}
