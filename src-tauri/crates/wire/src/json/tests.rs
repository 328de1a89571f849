use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::Json;

fn read(pieces: &[&str]) -> Json {
    let mut json = Json::default();
    for piece in pieces {
        json.push(piece);
    }
    json
}

#[test]
fn an_object_is_complete_with_its_last_brace_and_not_before() {
    let text = r#"{"a":[1,-2.5e+3,true,null,"}\"\u00e9"],"b":{}} "#;
    let end = text.rfind('}').unwrap() + 1;
    for cut in 0..=text.len() {
        assert_eq!(
            read(&[&text[..cut]]).is_complete_object(),
            cut >= end,
            "{cut}"
        );
    }
}

#[test]
fn two_documents_are_not_one() {
    assert!(read(&["{}"]).is_complete_object());
    assert!(!read(&["{}", r#"{"a":1}"#]).is_complete());
}

#[test]
fn a_number_is_complete_and_no_object() {
    let json = read(&["1", "2"]);
    assert!(json.is_complete() && !json.is_complete_object());
    assert!(!read(&["[1"]).is_complete());
    assert!(!read(&["01"]).is_complete());
}

#[test]
fn depth_is_bounded() {
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(read(&[&deep(Json::DEPTH)]).is_complete());
    let mut json = Json::default();
    json.push(&"[".repeat(1 << 20));
    assert!(json.open.len() <= Json::DEPTH);
    assert!(!read(&[&deep(Json::DEPTH + 1)]).is_complete());
}

fn documents() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| serde_json::to_string(&n).unwrap()),
        any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap()),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|v| format!("[ {} ]", v.join(" ,"))),
            prop::collection::vec((any::<String>(), inner), 0..4).prop_map(|pairs| {
                let pairs: Vec<String> = pairs
                    .into_iter()
                    .map(|(k, v)| format!("{} :\t{v}", serde_json::to_string(&k).unwrap()))
                    .collect();
                format!("{{{}}}\n", pairs.join(","))
            }),
        ]
    })
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    let expected = serde_json::from_str::<IgnoredAny>(text).is_ok();
    prop_assert_eq!(read(&[text]).is_complete(), expected, "{}", text);
    Ok(())
}

proptest! {
    #[test]
    fn agrees_with_serde_json(text in documents(), at in any::<prop::sample::Index>(), with in "[\\[\\]{}:,\"\\\\0-9eE.+ tfn\u{1}-]{0,2}") {
        agrees(&text)?;
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        chars.splice(at..=at, with.chars());
        agrees(&chars.into_iter().collect::<String>())?;
    }

    #[test]
    fn agrees_on_anything(text in "[\\[\\]{}:,\"\\\\0-9eE.+ truefalsn-]{0,12}") {
        agrees(&text)?;
    }

    #[test]
    fn pieces_do_not_matter(text in documents(), at in any::<prop::sample::Index>()) {
        let boundaries: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
        let (left, right) = text.split_at(boundaries[at.index(boundaries.len())]);
        prop_assert_eq!(read(&[left, right]).is_complete(), read(&[&text]).is_complete());
    }
}
