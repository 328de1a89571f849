//! Limits for the texts of clients and providers in a row: a row is a few kilobytes, whatever a request or a response contains.

/// In characters.
const LONGEST: usize = 500;
/// Texts of one list.
const MOST: usize = 64;

/// The beginning of a text.
pub(super) fn bounded(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The first texts of a list, and the number of further ones.
pub(super) fn first(texts: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let left = texts.len().saturating_sub(MOST);
    let kept = texts.take(MOST).map(|text| bounded(&text));
    let more = (left > 0).then(|| format!("{left} more"));
    kept.chain(more).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_and_a_long_list_are_cut() {
        assert_eq!(bounded("é"), "é");
        let cut = bounded(&"é".repeat(10_000));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (501, true));
        let list = |n: usize| first((0..n).map(|n| n.to_string()));
        assert_eq!(list(64).len(), 64);
        assert_eq!(list(1_000)[63..], ["63", "936 more"]);
    }
}
