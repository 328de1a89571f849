//! Each claim of a page names the test that shows it, in a comment at the end of its line: `<!-- test: NAME, NAME -->`. A fact
//! that is no test's has `<!-- measured: FILE -->`, with the file of the measurement, or `<!-- no test: REASON -->`.

use std::collections::BTreeSet;

use super::{Page, pages, root, tests_by_name};

/// Pages without these comments, and why.
const OTHERS: [(&str, &str); 4] = [
    (
        "docs/trust.md",
        "it shows its tests to the reader: `trust.rs`",
    ),
    (
        "ARCHITECTURE.md",
        "for contributors: `tests/tidy` and the compiler",
    ),
    ("CONTRIBUTING.md", "rules for contributors"),
    ("docs/decisions", "reasons, not behaviour"),
];

/// Their tables are generated, from the data and from the types; their first section is not.
const GENERATED: [&str; 2] = ["docs/settings.md", "docs/clients.md"];

/// A line with one of these words, or with a figure, is a claim.
const WORDS: [&str; 14] = [
    "alone",
    "always",
    "cannot",
    "every",
    "never",
    "no",
    "not",
    "nothing",
    "once",
    "only",
    "refused",
    "unchanged",
    "until",
    "without",
];

/// Each line of this page is a claim.
const GUARANTEES: &str = "docs/guarantees.md";

#[derive(Debug, PartialEq, Eq)]
enum Shown<'a> {
    Tests(Vec<&'a str>),
    Measured(&'a str),
    NoTest(&'a str),
}

fn shown(line: &str) -> Option<Shown<'_>> {
    let (_, comment) = line.split_once("<!-- ")?;
    let (comment, _) = comment.split_once(" -->")?;
    let (kind, rest) = comment.split_once(": ")?;
    match kind {
        "test" => Some(Shown::Tests(rest.split(", ").collect())),
        "measured" => Some(Shown::Measured(rest)),
        "no test" => Some(Shown::NoTest(rest)),
        _ => None,
    }
}

fn is_claim(line: &str) -> bool {
    let text = line.split("<!-- ").next().unwrap_or_default();
    let text: String = text.split('`').step_by(2).collect();
    // Without the targets of links, and without the number of a step.
    let text: String = text
        .split("](")
        .enumerate()
        .map(|(at, part)| match (at, part.split_once(')')) {
            (0, _) | (_, None) => part,
            (_, Some((_, rest))) => rest,
        })
        .collect();
    let text = text.trim_start();
    let text = text
        .split_once(". ")
        .filter(|(number, _)| number.parse::<u8>().is_ok())
        .map_or(text, |(_, rest)| rest);
    text.split_whitespace()
        .map(|word| word.trim_start_matches(['(', '"', '$', '*', '-']))
        .any(|word| {
            let letters = word.trim_matches(|letter: char| !letter.is_alphanumeric());
            word.starts_with(|first: char| first.is_ascii_digit())
                || WORDS.contains(&letters.to_lowercase().as_str())
        })
}

/// The lines of prose and of tables, with their numbers.
fn lines(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced
            && !line.trim().is_empty()
            && !["#", "|---", "!["]
                .iter()
                .any(|start| line.starts_with(start))
        {
            found.push((at + 1, line));
        }
    }
    found
}

fn name(page: &Page) -> String {
    let path = page.path.strip_prefix(root()).unwrap();
    path.display().to_string().replace('\\', "/")
}

fn wrong(shown: &Shown<'_>, names: &BTreeSet<String>) -> Option<String> {
    match shown {
        Shown::Tests(tests) => {
            let missing = tests.iter().find(|test| !names.contains(**test));
            missing.map(|test| format!("no test has the name {test}"))
        }
        Shown::Measured(file) => {
            (!root().join(file).exists()).then(|| format!("there is no {file}"))
        }
        Shown::NoTest(reason) => (reason.len() < 10).then(|| "a reason is missing".to_owned()),
    }
}

#[test]
fn every_claim_names_the_test_that_shows_it() {
    let names = tests_by_name::names(&root());
    let (mut wrongs, mut tested, mut measured, mut untested) = (Vec::new(), 0, 0, 0);
    for page in pages() {
        let name = name(&page);
        if OTHERS.iter().any(|(other, _)| name.starts_with(other)) {
            continue;
        }
        let end = match GENERATED.contains(&&*name) {
            true => page.text.find("\n## "),
            false => None,
        };
        for (number, line) in lines(&page.text[..end.unwrap_or(page.text.len())]) {
            let shown = shown(line);
            let why = match &shown {
                None => (name == GUARANTEES || is_claim(line))
                    .then(|| "a claim without its test".to_owned()),
                Some(shown) => wrong(shown, &names),
            };
            match shown {
                Some(Shown::Tests(_)) => tested += 1,
                Some(Shown::Measured(_)) => measured += 1,
                Some(Shown::NoTest(_)) => untested += 1,
                None => {}
            }
            wrongs.extend(why.map(|why| format!("{name}:{number}: {why}: {line}")));
        }
    }
    assert!(
        wrongs.is_empty(),
        "{}:\n{}",
        wrongs.len(),
        wrongs.join("\n")
    );
    assert!(
        tested > 100 && untested * 5 < tested,
        "{tested} with a test, {measured} measured, {untested} without a test"
    );
    println!("claims: {tested} with a test, {measured} measured, {untested} without a test");
}

#[test]
fn a_figure_or_a_certain_word_is_a_claim() {
    assert!(is_claim("It is kept for 24 hours."));
    assert!(is_claim("| a | **Never** without it |"));
    assert!(is_claim("about $0.57"));
    assert!(!is_claim("2. See [n8n](a.md#b-1) and `drain_s = 5`."));
    assert!(!is_claim("Another. <!-- test: x_1 -->"));
}

#[test]
fn a_comment_names_tests_a_measurement_or_a_reason() {
    assert_eq!(
        shown("It is so. <!-- test: a, b -->"),
        Some(Shown::Tests(vec!["a", "b"]))
    );
    assert_eq!(
        shown("| x <!-- measured: f.md --> |"),
        Some(Shown::Measured("f.md"))
    );
    assert_eq!(shown("x <!-- no test: why -->"), Some(Shown::NoTest("why")));
    assert_eq!(shown("x <!-- else: why -->"), None);
    let names = BTreeSet::from(["a".to_owned()]);
    assert!(wrong(&Shown::Tests(vec!["a"]), &names).is_none());
    assert!(wrong(&Shown::Tests(vec!["b"]), &names).is_some());
    assert!(wrong(&Shown::Measured("nothing.md"), &names).is_some());
}
