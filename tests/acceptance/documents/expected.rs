//! What a command needs on its terminal, and what it shows.

/// One command, by its first words.
pub(super) struct Expected {
    begins: &'static [&'static str],
    /// Typed by the reader.
    pub(super) typed: &'static str,
    pub(super) codes: &'static [i32],
    /// Parts of what it prints, as the documents describe it.
    pub(super) shows: &'static [&'static str],
}

const fn shows(begins: &'static [&'static str], shows: &'static [&'static str]) -> Expected {
    typed(begins, "", shows)
}

const fn typed(
    begins: &'static [&'static str],
    typed: &'static str,
    shows: &'static [&'static str],
) -> Expected {
    Expected {
        begins,
        typed,
        codes: &[0],
        shows,
    }
}

const EXPECTED: &[Expected] = &[
    shows(&["url"], &["http://127.0.0.1:", "/t/"]),
    shows(&["url", "--ui"], &["/ui/"]),
    // 2: no status page was read.
    Expected {
        codes: &[0, 2],
        ..shows(&["status"], &["Claude", "Today: "])
    },
    // update.md states the exit code.
    Expected {
        codes: &[69],
        ..shows(&["update", "--check"], &["no place for updates"])
    },
    typed(&["connect", "claude-code"], "y\n", &["ANTHROPIC_BASE_URL"]),
    typed(&["connect", "aider"], "y\n", &[]),
    typed(&["connect", "cline"], "y\n", &[]),
    typed(&["connect", "codex"], "y\n", &[]),
    typed(&["connect", "continue"], "y\n", &[]),
    typed(&["connect", "opencode"], "y\n", &[]),
    typed(&["import"], "y\n", &["Write these changes?"]),
    typed(&["key", "add"], "sk-or-reader\n", &[]),
    typed(&["test"], "y\n", &["tool turn complete"]),
    typed(
        &["drill"],
        "y\n",
        &["fails on purpose", "It costs about $", "Passed: "],
    ),
    shows(&["drill", "--stop"], &[]),
    shows(&["token", "add"], &["/t/"]),
];

/// Commands that are named without the arguments which they need: their help is shown.
const NAMES: [&[&str]; 3] = [&["may-go-to"], &["key"], &["route", "explain"]];

pub(super) fn is_a_name(arguments: &[String]) -> bool {
    NAMES.iter().any(|name| arguments == *name)
}

const NOTHING: Expected = shows(&[], &[]);

/// Options that change what any command shows.
const OPTIONS: [Expected; 3] = [
    shows(&["--dry-run"], &["@@ "]),
    shows(&["--undo"], &["is disconnected"]),
    shows(&["--undo-all"], &["Disconnected: "]),
];

/// The entry with the most words in common.
pub(super) fn expected(arguments: &[String]) -> &'static Expected {
    let option = OPTIONS
        .iter()
        .find(|one| arguments.iter().any(|word| word == one.begins[0]));
    if let Some(option) = option {
        return option;
    }
    let matching = EXPECTED.iter().filter(|one| {
        one.begins.len() <= arguments.len() && one.begins.iter().zip(arguments).all(|(a, b)| a == b)
    });
    matching
        .max_by_key(|one| one.begins.len())
        .unwrap_or(&NOTHING)
}
