//! Patterns over model ids: literal text and `*`, which matches any number of characters, including none.

/// True if `text` matches `pattern`. `claude-*` matches `claude-sonnet-4-5`; a pattern without `*` matches only the same text.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    // Where the comparison continues when the last `*` must match more: linear space, no recursion.
    let mut resume = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            p += 1;
            resume = Some((p, t));
        } else if pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if let Some((after_star, from)) = resume {
            p = after_star;
            t = from + 1;
            resume = Some((after_star, from + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&b| b == b'*')
}

#[cfg(test)]
mod tests;
