//! Each claim of docs/trust.md names a test, or a piece of code, that exists.

use std::fs;

use super::{root, tests_by_name};

/// The prompt and the tool of a test of a fallback, in the code.
const TOOL: &str = "TOOL";

/// The code spans that are names of functions or constants, of the rows' last cells and of the text.
fn names(page: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for line in page.lines() {
        let cells = line.trim_matches('|').rsplit_once('|');
        let claims = match (line.starts_with('|'), cells) {
            (true, Some((_, last))) => last,
            (true, None) | (false, _) => line,
        };
        let spans = claims.split('`').skip(1).step_by(2);
        names.extend(spans.filter(|name| is_name_of_a_test(name) || *name == TOOL));
    }
    names
}

/// Settings have at most four words.
fn is_name_of_a_test(name: &str) -> bool {
    let words = name.split('_').count();
    let plain = name
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    words > 4 && plain
}

#[test]
fn every_claim_of_the_trust_page_names_what_shows_it() {
    let page = fs::read_to_string(root().join("docs/trust.md")).unwrap();
    let tests = tests_by_name::names(&root());
    let names = names(&page);
    let missing: Vec<&&str> = names
        .iter()
        .filter(|name| !tests.contains(**name) && **name != TOOL)
        .collect();
    assert!(missing.is_empty(), "no test has this name: {missing:?}");
    assert!(names.len() > 15, "{names:?}");
}
