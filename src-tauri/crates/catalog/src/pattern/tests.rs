use super::matches;

#[test]
fn a_star_matches_any_number_of_characters() {
    let table = [
        ("claude-*", "claude-sonnet-4-5", true),
        ("claude-*", "claude-", true),
        ("claude-*", "gpt-5", false),
        ("*", "", true),
        ("*", "anything/at:all", true),
        ("*/*", "anthropic/claude-sonnet-4.5", true),
        ("*/*", "claude-sonnet-4-5", false),
        ("*-mini", "gpt-5-mini", true),
        ("*-mini", "gpt-5-mini-high", false),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*c", "a-c-b", false),
        ("o3*", "o3", true),
        ("gpt-5", "gpt-5", true),
        ("gpt-5", "gpt-5-mini", false),
        ("", "", true),
        ("", "x", false),
        ("modèle-*", "modèle-é", true),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(
            matches(pattern, text),
            expected,
            "{pattern:?} against {text:?}"
        );
    }
}

#[test]
fn many_stars_are_matched_quickly() {
    // Exponential time for a backtracking matcher; at most quadratic here.
    assert!(!matches(&"a*".repeat(200), &"a".repeat(199)));
    assert!(!matches(
        &format!("{}b", "a*".repeat(50)),
        &"a".repeat(5_000)
    ));
}
