//! Secrets in a settings file, which never leave it.

/// Parts of the names of keys whose values are secret.
const SECRET_NAMES: [&str; 8] = [
    "token",
    "secret",
    "password",
    "authorization",
    "credential",
    "apikey",
    "api_key",
    "api-key",
];
/// How keys of providers begin.
const PREFIXES: [&str; 6] = ["sk-", "ghp_", "github_pat_", "eyJ", "xoxb-", "AIza"];
/// A shorter word is no secret.
const SHORTEST: usize = 20;

/// One line without its secrets.
pub(crate) fn hide(line: &str) -> String {
    let lower = line.to_lowercase();
    let assigned = line.find([':', '=']);
    let names = SECRET_NAMES.iter().any(|name| {
        let at = lower.find(name);
        at.zip(assigned).is_some_and(|(at, assigned)| at < assigned)
    });
    if let Some(at) = assigned.filter(|_| names) {
        let (left, value) = line.split_at(at + 1);
        return format!("{left}{}", masked(value));
    }
    let mut hidden = String::new();
    let mut word = String::new();
    for sign in line.chars().chain(['\n']) {
        if sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.' | '+') {
            word.push(sign);
            continue;
        }
        hidden += if is_secret(&word) { "…" } else { &word };
        hidden.push(sign);
        word.clear();
    }
    hidden.pop();
    hidden
}

/// The value keeps its quotes, and what stands behind it.
fn masked(value: &str) -> String {
    let is_word = |c: char| !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | '}' | '{' | '[');
    let Some(start) = value.find(is_word) else {
        return value.to_owned();
    };
    let end = value.rfind(is_word).map_or(value.len(), |end| {
        end + value[end..].chars().next().map_or(1, char::len_utf8)
    });
    format!("{}…{}", &value[..start], &value[end..])
}

fn is_secret(word: &str) -> bool {
    let known = PREFIXES.iter().any(|prefix| word.starts_with(prefix));
    let hex = word.chars().filter(char::is_ascii_hexdigit).count() == word.len();
    word.len() >= SHORTEST && (known || hex)
}

#[cfg(test)]
mod tests {
    use super::hide;

    #[test]
    fn values_of_secret_keys_and_known_forms_of_keys_are_hidden() {
        for (line, hidden) in [
            (
                r#"  "ANTHROPIC_AUTH_TOKEN": "abc","#,
                r#"  "ANTHROPIC_AUTH_TOKEN": "…","#,
            ),
            (
                r#"  "model": "claude-sonnet-4-5-20250929""#,
                r#"  "model": "claude-sonnet-4-5-20250929""#,
            ),
            (
                "args = [\"sk-ant-0123456789abcdefgh\", \"x\"]",
                "args = [\"…\", \"x\"]",
            ),
            (
                "url = \"http://h/t/0123456789abcdef0123456789abcdef/v1\"",
                "url = \"http://h/t/…/v1\"",
            ),
            ("    apiKey: abc # mine", "    apiKey: …"),
            ("ANTHROPIC_API_KEY=abc", "ANTHROPIC_API_KEY=…"),
        ] {
            assert_eq!(hide(line), hidden);
        }
    }
}
