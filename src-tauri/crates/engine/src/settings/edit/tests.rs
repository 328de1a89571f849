use std::collections::BTreeSet;

use super::*;
use crate::settings::{DEFAULT_TEXT, Settings};
use catalog::Catalog;

const ADDED: &str = "# why\nmay_go_to = \"any\"\n";

fn any(text: &str) -> String {
    set(text, Place::General, &Scope::Any, "why").unwrap()
}

#[test]
fn the_line_is_inserted_below_its_table_and_other_bytes_stay() {
    for (before, at) in [
        (DEFAULT_TEXT, "[fallback]\n"),
        ("[fallback]\n", "[fallback]\n"),
        (
            "# mine\n[fallback] # here\n  dollars_a_day = 3 # few\n\n[listen]\nport = 1\n",
            "[fallback] # here\n",
        ),
        (
            "[listen]\nport=1\n[fallback]\nsibling='on'\n",
            "[fallback]\n",
        ),
    ] {
        let after = any(before);
        let place = before.find(at).unwrap() + at.len();
        assert_eq!(
            after,
            format!("{}{ADDED}{}", &before[..place], &before[place..])
        );
    }
}

#[test]
fn a_file_without_the_table_gets_it_at_its_end() {
    let table = format!("[fallback]\n{ADDED}");
    assert_eq!(any(""), table);
    assert_eq!(
        any("[listen]\nport = 1\n"),
        format!("[listen]\nport = 1\n\n{table}")
    );
    assert_eq!(
        any("[listen]\nport = 1"),
        format!("[listen]\nport = 1\n\n{table}")
    );
    assert_eq!(any("[fallback]"), format!("[fallback]\n{ADDED}"));
}

#[test]
fn other_ways_to_write_a_table_keep_their_form() {
    assert_eq!(
        any("fallback = { sibling = \"on\" }\n"),
        "fallback = { sibling = \"on\", may_go_to = \"any\" }\n"
    );
    assert_eq!(
        any("fallback.sibling = \"on\" # so\n[listen]\nport = 1\n"),
        "fallback.sibling = \"on\" # so\n# why\nfallback.may_go_to = \"any\"\n[listen]\nport = 1\n"
    );
    assert_eq!(
        any("[fallback]\r\nsibling = \"on\"\r\n"),
        "[fallback]\r\n# why\r\nmay_go_to = \"any\"\r\nsibling = \"on\"\r\n"
    );
}

#[test]
fn only_an_existing_value_is_replaced() {
    let text = "[fallback]\nmay_go_to = [\"openai\"] # my word\nsibling = \"on\"\n";
    assert!(is_written(text, Place::General));
    assert_eq!(
        set(text, Place::General, &Scope::SameVendor, "why").unwrap(),
        "[fallback]\nmay_go_to = \"same-vendor\" # my word\nsibling = \"on\"\n"
    );
    assert!(!is_written(DEFAULT_TEXT, Place::General));
}

#[test]
fn a_pipeline_gets_its_own_line() {
    let leads = "[[pipeline]]\nname = \"Invoices\"\n[[pipeline]]\nname = \"Leads\"\nvalue_dollars = 4\n[listen]\n";
    let to = Scope::Endpoints(BTreeSet::from([EndpointId::new("openai")]));
    assert_eq!(
        set(leads, Place::Pipeline("Leads"), &to, "why").unwrap(),
        "[[pipeline]]\nname = \"Invoices\"\n[[pipeline]]\n# why\nmay_go_to = [\"openai\"]\nname = \"Leads\"\nvalue_dollars = 4\n[listen]\n"
    );
    // A pipeline that appears only in requests.
    assert_eq!(
        set("", Place::Pipeline("a \"b\""), &Scope::Any, "why").unwrap(),
        "[[pipeline]]\nname = 'a \"b\"'\n# why\nmay_go_to = \"any\"\n"
    );
}

#[test]
fn a_text_that_cannot_be_edited_stays_unchanged() {
    for text in ["[fallback", "fallback = 3\n"] {
        assert!(set(text, Place::General, &Scope::Any, "why").is_err());
    }
}

#[test]
fn the_new_text_differs_only_in_the_scope() {
    let catalog = Catalog::bundled();
    let before = Settings::parse(DEFAULT_TEXT, &catalog).unwrap();
    let after = Settings::parse(&any(DEFAULT_TEXT), &catalog).unwrap();
    assert_eq!(after.may_go_to, Some(Scope::Any));
    assert_eq!(
        Settings {
            may_go_to: None,
            ..after
        },
        before
    );
}
