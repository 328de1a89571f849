//! The word law: plain technical English, one name for one thing.
//!
//! A word in the list matches as a whole word, in any case, with hyphens read as spaces. Code in backticks, placeholders in
//! braces and vendors' texts are excluded.

use std::fs;
use std::path::{Path, PathBuf};

use crate::source::{Kind, Piece, pieces};

/// Words, what to write instead, and the kinds of pieces in which they are wrong.
struct Rule {
    words: &'static [&'static str],
    instead: &'static str,
    wrong_in: &'static [Kind],
}

const EVERYWHERE: &[Kind] = &[Kind::Comment, Kind::Text, Kind::Identifier];
const PROSE: &[Kind] = &[Kind::Comment, Kind::Text];
const CODE: &[Kind] = &[Kind::Comment, Kind::Identifier];

const RULES: &[Rule] = &[
    Rule {
        words: &[
            "whoever", "whomever", "somebody", "someone", "anybody", "anyone", "nobody", "no one",
        ],
        instead: "the provider, the candidate, the client",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &["told", "said", "asked", "heard", "given", "taken for"],
        instead: "parse, send, receive, report, record, release",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &["tell", "tells", "say", "says", "asks", "hear", "hears"],
        instead: "report, state, send, request, receive",
        wrong_in: CODE,
    },
    Rule {
        words: &[
            "lest",
            "save that",
            "for ever",
            "by itself",
            "as long as there is",
        ],
        instead: "two plain sentences",
        wrong_in: PROSE,
    },
    Rule {
        words: &[
            "stand in",
            "stand ins",
            "stands in",
            "standing in",
            "stood in",
            "understudies",
            "comes behind",
            "lead provider",
            "the lead",
            "a lead",
            "its lead",
            "maker",
            "makers",
            "house",
            "houses",
        ],
        instead: "fallback, primary, provider",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &[
            "tries",
            "a try",
            "each try",
            "one try",
            "first try",
            "second try",
            "last try",
            "another try",
            "go on",
            "goes on",
            "going on",
            "went on",
            "gone on",
        ],
        instead: "attempt, retry, fail over, restart in place, continue",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &[
            "spare",
            "spared",
            "spares",
            "resting",
            "rests",
            "proved silent",
        ],
        instead: "circuit breaker open, cooldown",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &["silence", "silent", "utmost"],
        instead: "timeout",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &[
            "whole",
            "half",
            "broken off",
            "breaks off",
            "break off",
            "broke off",
            "proven",
            "proved",
            "proof",
        ],
        instead: "complete, truncated, incomplete; completion check",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &[
            "reckon",
            "reckons",
            "reckoned",
            "reckoning",
            "the bill",
            "a bill",
        ],
        instead: "usage, cost, estimate",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &[
            "a look", "the look", "looks", "looked", "belief", "believe", "believes", "believed",
            "story", "stories",
        ],
        instead: "reading, verdict, incident",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &["waits for you", "wait for you"],
        instead: "review queue, parked",
        wrong_in: PROSE,
    },
    Rule {
        words: &["notice", "notices", "a word of", "without a word"],
        instead: "notification, alert",
        wrong_in: EVERYWHERE,
    },
    Rule {
        words: &[
            "mend",
            "mends",
            "mended",
            "heed",
            "whence",
            "vouch",
            "vouches",
            "in vain",
            "of ours",
            "of theirs",
        ],
        instead: "the plain word",
        wrong_in: EVERYWHERE,
    },
];

/// Standard terms that contain a listed word.
const STANDARD: &[&str] = &[
    "half open",
    "half opens",
    "looks up",
    "looked up",
    "looks for",
    "looked for",
    "looks like",
    "looks at",
    "looked at",
];

/// Files with texts of vendors, each with the reason.
const VENDORS_WORDS: &[(&str, &str)] = &[
    (
        "src-tauri/crates/stage/",
        "the rehearsal provider sends what vendors send",
    ),
    (
        "src-tauri/crates/wire/src/failure",
        "patterns of vendors' error texts",
    ),
];

/// Generated files, recordings, and texts from other sources.
const LEFT_OUT: &[&str] = &[
    ".git/",
    "target/",
    "node_modules/",
    "ui/dist/",
    "ui/src/generated/",
    "src-tauri/gen/",
    "LICENSE",
    "/fixtures/",
    "tests/tidy/words.rs",
];

#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) file: PathBuf,
    pub(crate) line: usize,
    pub(crate) kind: Kind,
    pub(crate) word: &'static str,
    pub(crate) instead: &'static str,
    pub(crate) text: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (file, line) = (self.file.display(), self.line);
        let (word, instead, text) = (self.word, self.instead, &self.text);
        write!(f, "{file}:{line}: \"{word}\" (write: {instead}): {text}")
    }
}

/// Every listed word in the tree below `root`.
pub(crate) fn findings(root: &Path) -> Vec<Finding> {
    let mut files = Vec::new();
    files_below(root, root, &mut files);
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let Ok(text) = fs::read_to_string(root.join(&file)) else {
            continue;
        };
        let path = file.to_string_lossy().into_owned();
        let own_texts = !is_test(&path)
            && !VENDORS_WORDS
                .iter()
                .any(|(folder, _)| path.starts_with(folder));
        for piece in pieces(&file, &text) {
            if piece.kind == Kind::Text && !own_texts {
                continue;
            }
            let hits = words_of_the_list(&piece);
            found.extend(hits.into_iter().map(|(word, instead)| Finding {
                file: file.clone(),
                line: piece.line,
                kind: piece.kind,
                word,
                instead,
                text: piece.text.trim().to_owned(),
            }));
        }
    }
    found
}

fn files_below(root: &Path, folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(inside) = path.strip_prefix(root) else {
            continue;
        };
        let mut name = inside.to_string_lossy().into_owned();
        if path.is_dir() {
            name.push('/');
        }
        if LEFT_OUT
            .iter()
            .any(|out| name.starts_with(out) || name.contains(out))
        {
            continue;
        }
        if path.is_dir() {
            files_below(root, &path, files);
        } else {
            files.push(inside.to_owned());
        }
    }
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.ends_with("tests.rs")
        || path.contains(".test.")
        || path.starts_with("ui/dev/")
}

fn words_of_the_list(piece: &Piece) -> Vec<(&'static str, &'static str)> {
    let mut words = plain_words(piece);
    for standard in STANDARD {
        words = words.replace(&format!(" {standard} "), " ");
    }
    let mut found = Vec::new();
    for rule in RULES
        .iter()
        .filter(|rule| rule.wrong_in.contains(&piece.kind))
    {
        let hits = rule
            .words
            .iter()
            .filter(|word| words.contains(&format!(" {word} ")));
        found.extend(hits.map(|word| (*word, rule.instead)));
    }
    if piece.kind != Kind::Identifier
        && let Some((_, after)) = words.split_once(" so that ")
        && after.split(' ').take(12).any(|word| word == "would")
    {
        found.push(("so that … would", "two plain sentences"));
    }
    found
}

/// Lower case, with single spaces between and around words; an identifier is split into its words.
fn plain_words(piece: &Piece) -> String {
    let mut words = String::from(" ");
    let (mut in_code, mut depth, mut was_lower) = (false, 0_u32, false);
    for c in piece.text.chars() {
        match c {
            '`' => in_code = !in_code,
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let counts = piece.kind == Kind::Identifier || (!in_code && depth == 0);
        let split = piece.kind == Kind::Identifier && c.is_uppercase() && was_lower;
        was_lower = c.is_lowercase();
        if split {
            words.push(' ');
        }
        if counts && (c.is_alphanumeric() || c == '\'') {
            words.extend(c.to_lowercase());
        } else if !words.ends_with(' ') {
            words.push(' ');
        }
    }
    if !words.ends_with(' ') {
        words.push(' ');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: Kind, text: &str) -> Vec<&'static str> {
        let piece = Piece {
            line: 1,
            kind,
            text: text.to_owned(),
        };
        let hits = words_of_the_list(&piece);
        hits.into_iter().map(|(word, _)| word).collect()
    }

    #[test]
    fn a_word_counts_where_it_is_a_complete_word_of_prose_or_of_an_identifier() {
        let rows: [(Kind, &str, &[&str]); 9] = [
            (
                Kind::Comment,
                "What it was told, and by whoever.",
                &["whoever", "told"],
            ),
            (Kind::Comment, "A Stand-In answers.", &["stand in"]),
            (Kind::Comment, "The breaker is half-open; see `told`.", &[]),
            (Kind::Comment, "It retells the untold.", &[]),
            (
                Kind::Comment,
                "Kept so that a client would wait.",
                &["so that … would"],
            ),
            (Kind::Text, "{told} requests", &[]),
            (Kind::Text, "The page says operational.", &[]),
            (Kind::Identifier, "told_by", &["told"]),
            (Kind::Identifier, "HalfAnswer", &["half"]),
        ];
        for (kind, text, expected) in rows {
            assert_eq!(found(kind, text), expected, "{text}");
        }
    }
}
