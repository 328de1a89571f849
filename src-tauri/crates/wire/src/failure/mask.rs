//! Masks API keys in error texts: errors quote parts of the request, and the texts are logged.

const MASK: &str = "[masked]";

/// Prefixes of API keys. They count at the start of a word only.
const PREFIXES: &[&str] = &[
    "sk-",
    "sk_",
    "pk-",
    "rk-",
    "gsk_",
    "xai-",
    "key-",
    "AIza",
    "AKIA",
    "eyJ",
    "ghp_",
    "github_pat_",
    "hf_",
];

/// Texts before a secret, matched without case.
const INTRODUCTIONS: &[&str] = &[
    "bearer ",
    "basic ",
    "key=",
    "token=",
    "key: ",
    "api-key: ",
    "authorization: ",
    "key provided: ",
    "\"api_key\":\"",
];

/// Shorter words are not masked.
const SHORTEST: usize = 6;

pub(super) fn without_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut word_begins = true;
    while let Some(next) = rest.chars().next() {
        let introduced = INTRODUCTIONS.iter().find_map(|intro| {
            let head = rest.get(..intro.len())?;
            head.eq_ignore_ascii_case(intro).then_some(intro.len())
        });
        if let Some(length) = introduced {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            // In "Authorization: Bearer …" the scheme is not the secret.
            let secret = secret_length(rest);
            let scheme = ["bearer", "basic"]
                .iter()
                .any(|word| rest[..secret].eq_ignore_ascii_case(word));
            if secret >= SHORTEST && !scheme {
                out.push_str(MASK);
                rest = &rest[secret..];
            }
            word_begins = true;
            continue;
        }
        let length = secret_length(rest);
        if word_begins && length >= SHORTEST && PREFIXES.iter().any(|p| rest.starts_with(p)) {
            out.push_str(MASK);
            rest = &rest[length..];
            continue;
        }
        word_begins = !next.is_alphanumeric();
        out.push(next);
        rest = &rest[next.len_utf8()..];
    }
    out
}

/// Length in bytes of the token at the start of `text`. Stars count: providers mask parts of a key with them.
fn secret_length(text: &str) -> usize {
    text.bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"-_.*+/~=".contains(byte))
        .count()
}
