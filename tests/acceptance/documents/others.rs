//! Commands of other programs in a sentence.

const PROGRAMS: [&str; 28] = [
    "aider",
    "apt",
    "cargo",
    "claude",
    "cline",
    "codex",
    "curl",
    "dnf",
    "docker",
    "dpkg",
    "gh",
    "git",
    "grep",
    "journalctl",
    "loginctl",
    "minisign",
    "npm",
    "npx",
    "opencode",
    "pip",
    "rpm",
    "scp",
    "sha256sum",
    "ssh",
    "sudo",
    "systemctl",
    "understudy",
    "unset",
];

/// Two words or more, the first of which is a program or a variable for one.
pub(super) fn is_of_another_program(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.find(|word| !is_assignment(word)).unwrap_or_default();
    PROGRAMS.contains(&first) && words.next().is_some()
}

fn is_assignment(word: &str) -> bool {
    let name = word.split_once('=').map_or("", |(name, _)| name);
    !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter == '_')
}

#[test]
fn a_command_has_arguments() {
    assert!(is_of_another_program("systemctl --user start x"));
    assert!(is_of_another_program("KEY=… docker compose up"));
    assert!(!is_of_another_program("docker"));
    assert!(!is_of_another_program("docker.internal is a name"));
}
