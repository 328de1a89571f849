use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::Value;

use super::{SurrogateJoiner, lenient, without_lone_surrogates};

#[test]
fn lone_surrogates_become_replacement_characters_and_pairs_stay() {
    let table = [
        (r#""plain""#, "plain"),
        (r#""\ud83d\ude80""#, "\u{1f680}"),
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""\ude80""#, "\u{fffd}"),
        (r#""a\uD83Db""#, "a\u{fffd}b"),
        (r#""\ud83d\ud83d\ude80""#, "\u{fffd}\u{1f680}"),
        (r#""\ude80\ud83d""#, "\u{fffd}\u{fffd}"),
        // A backslash before the letter u is no escape.
        (r#""\\ud83d""#, r"\ud83d"),
        (r#""\\\ud83d""#, "\\\u{fffd}"),
        (r#""\u00e9\n\ud83d\t""#, "é\n\u{fffd}\t"),
    ];
    for (json, text) in table {
        assert_eq!(lenient(json).as_deref(), Some(text), "{json}");
        assert_eq!(
            without_lone_surrogates(json.as_bytes()).len(),
            json.len(),
            "{json}"
        );
    }
    for json in ["1", "null", "[]", r#""open"#, r#""\ud8""#, "\"\n\""] {
        assert_eq!(lenient(json), None, "{json}");
    }
    assert!(matches!(
        without_lone_surrogates(br#""\ud83d\ude80 \u00e9""#),
        Cow::Borrowed(_)
    ));
}

fn joined(pieces: &[&str]) -> String {
    let mut halves = SurrogateJoiner::default();
    let mut text: String = pieces
        .iter()
        .map(|json| halves.push(json).unwrap())
        .collect();
    text.push_str(halves.finish());
    text
}

#[test]
fn a_pair_split_over_two_pieces_is_joined() {
    let table: &[(&[&str], &str)] = &[
        (&[r#""Go \ud83d""#, r#""\ude80!""#], "Go \u{1f680}!"),
        (&[r#""\ud83d""#, r#""""#, r#""\ude80""#], "\u{1f680}"),
        (&[r#""\ud83d""#, r#""x""#], "\u{fffd}x"),
        (&[r#""\ud83d""#], "\u{fffd}"),
        (&[r#""\ude80""#], "\u{fffd}"),
        (
            &[r#""\ud83d""#, r#""\ude80\ud83d""#, r#""\ude80""#],
            "\u{1f680}\u{1f680}",
        ),
        (&[r#""\\ud83d""#, r#""\ude80""#], "\\ud83d\u{fffd}"),
        (&[r#""a\"""#, r#""b""#], "a\"b"),
    ];
    for (pieces, text) in table {
        assert_eq!(joined(pieces), *text, "{pieces:?}");
    }
    assert_eq!(SurrogateJoiner::default().push("null"), None);
}

proptest! {
    /// Pieces of a text, cut between any UTF-16 units, join to the text.
    #[test]
    fn a_text_cut_anywhere_is_the_text(text in "[a\\\\\"é\u{1f680}\u{10ffff}]{0,12}", cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(units.len() + 1)).collect();
        cuts.extend([0, units.len()]);
        cuts.sort_unstable();
        let piece = |units: &[u16]| {
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            format!("\"{escaped}\"")
        };
        let pieces: Vec<String> = cuts.windows(2).map(|ends| piece(&units[ends[0]..ends[1]])).collect();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        prop_assert_eq!(joined(&pieces), text);
    }

    /// Valid text stays byte for byte; a replacement has the same length.
    #[test]
    fn valid_json_is_not_changed(text in "\\PC{0,40}") {
        let json = Value::from(text).to_string();
        let without_lone_surrogates = without_lone_surrogates(json.as_bytes());
        prop_assert_eq!(without_lone_surrogates.as_ref(), json.as_bytes());
    }

    #[test]
    fn any_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        prop_assert_eq!(without_lone_surrogates(&bytes).len(), bytes.len());
    }
}
