use catalog::{Allow, Dialect};

use super::within_family;

#[test]
fn fields_that_are_not_allowed_are_removed_and_other_bytes_stay() {
    let body = r#" { "model" : "m",
  "metadata":{"user_id":"SECRET, } ]"} ,"messages":[ {"role":"user","content":"a, \" }"} ], "met\u0061data": {"x":"SECRET"},
  "top_k":5,"x_tomorrow":["SECRET"],"max_tokens":1e2 } "#;
    let filtered = within_family(Dialect::Anthropic, body.as_bytes(), &Allow::default());
    let text = String::from_utf8(filtered.body.unwrap()).unwrap();
    assert_eq!(
        text,
        " { \"model\" : \"m\",\"messages\":[ {\"role\":\"user\",\"content\":\"a, \\\" }\"} ],\n  \"top_k\":5,\"max_tokens\":1e2 } "
    );
    let names: Vec<String> = filtered
        .dropped
        .iter()
        .map(|dropped| dropped.what.clone())
        .collect();
    assert_eq!(names, ["metadata", "x_tomorrow"]);
}

#[test]
fn a_file_may_allow_a_field_but_none_that_identifies_the_client() {
    let allow = Allow {
        fields: vec!["context_management".to_owned(), "user".to_owned()],
        ..Allow::default()
    };
    let body = br#"{"model":"m","context_management":{},"user":"SECRET"}"#;
    let filtered = within_family(Dialect::Anthropic, body, &allow);
    assert_eq!(
        filtered.body.as_deref(),
        Some(&br#"{"model":"m","context_management":{}}"#[..])
    );
}

#[test]
fn bodies_without_changes_or_without_json_keep_their_bytes() {
    for body in [
        &br#"{"model":"m","messages":[]}"#[..],
        b"{}",
        b"[1]",
        b"\xff",
        b"",
    ] {
        let filtered = within_family(Dialect::Anthropic, body, &Allow::default());
        assert_eq!((filtered.body, filtered.dropped), (None, Vec::new()));
    }
}
