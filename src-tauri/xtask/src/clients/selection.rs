//! The options of `cargo xtask clients`.

use crate::step::{Failed, Outcome};

/// The options of the runner in `tests/clients`, and whether each has a value.
const OPTIONS: [(&str, bool); 10] = [
    ("--client", true),
    ("--fault", true),
    ("--way", true),
    ("--jobs", true),
    ("--recipes", false),
    ("--outages", false),
    ("--faults", false),
    ("--long", false),
    ("--tasks", false),
    ("--invoices", false),
];

const TABLE: &str = "--table";
const RAISE: &str = "--raise";

#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    /// The value of `--client`: other clients need not be installed.
    pub(super) wanted: &'a str,
    /// First raise the pinned versions.
    pub(super) raise: bool,
    /// For the runner.
    pub(super) passed: Vec<&'a str>,
}

impl<'a> Selection<'a> {
    pub(crate) fn parse(arguments: &[&'a str]) -> Outcome<Selection<'a>> {
        let mut selection = Selection::default();
        let mut rest = arguments.iter().copied();
        while let Some(argument) = rest.next() {
            if argument == RAISE {
                selection.raise = true;
                continue;
            }
            selection.passed.push(argument);
            if argument == TABLE {
                continue;
            }
            let known = OPTIONS.iter().find(|(name, _)| *name == argument);
            let (name, has_value) = known.ok_or_else(|| wrong(argument))?;
            if *has_value {
                let value = rest
                    .next()
                    .ok_or_else(|| Failed::new(format!("`{name}` needs a value")))?;
                selection.passed.push(value);
                if *name == "--client" {
                    selection.wanted = value;
                }
            }
        }
        Ok(selection)
    }
}

fn wrong(argument: &str) -> Failed {
    let names: Vec<&str> = OPTIONS.iter().map(|(name, _)| *name).collect();
    Failed::new(format!(
        "`cargo xtask clients` has no option `{argument}`; it has {}, {TABLE}, {RAISE}",
        names.join(", ")
    ))
}

/// The runner also accepts a client's title, "Python anthropic raw" or "Continue CLI".
pub(super) fn is_wanted(name: &str, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    name.contains(&wanted) || wanted.contains(name) || wanted.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted<'a>(arguments: &[&'a str]) -> &'a str {
        let selection = Selection::parse(arguments);
        selection.unwrap_or_else(|error| panic!("{error}")).wanted
    }

    #[test]
    fn only_the_named_client_is_installed() {
        assert_eq!(wanted(&["--way", "direct", "--client", "codex"]), "codex");
        assert_eq!(wanted(&["--table"]), "");
        assert!(is_wanted("llm", "") && is_wanted("continue", "Continue CLI"));
        assert!(!is_wanted("llm", "codex"));
    }

    #[test]
    fn the_options_are_those_of_the_runner() {
        let runner = include_str!("../../../../tests/clients/main.rs");
        let declared = runner.split("#[arg(long").skip(1);
        let mut declared: Vec<String> = declared
            .filter_map(|rest| rest.lines().nth(1))
            .filter_map(|line| line.trim().split_once(':'))
            .map(|(name, _)| format!("--{name}"))
            .collect();
        let mut known: Vec<&str> = OPTIONS.iter().map(|(name, _)| *name).collect();
        known.push(TABLE);
        known.sort_unstable();
        declared.sort();
        assert_eq!(known, declared);
    }
}
