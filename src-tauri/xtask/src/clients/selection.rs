//! The clients that a command names.

/// The value of `--client`: other clients need not be installed.
pub(super) fn wanted<'a>(arguments: &[&'a str]) -> &'a str {
    let at = arguments
        .iter()
        .position(|argument| *argument == "--client");
    at.and_then(|at| arguments.get(at + 1))
        .copied()
        .unwrap_or("")
}

/// The runner also accepts a client's title, "Python anthropic raw" or "Continue CLI".
pub(super) fn is_wanted(name: &str, wanted: &str) -> bool {
    let wanted = wanted.to_lowercase();
    name.contains(&wanted) || wanted.contains(name) || wanted.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_client_is_installed() {
        assert_eq!(wanted(&["--way", "direct", "--client", "codex"]), "codex");
        assert_eq!(wanted(&["--table"]), "");
        assert!(is_wanted("llm", "") && is_wanted("continue", "Continue CLI"));
        assert!(!is_wanted("llm", "codex"));
    }
}
