//! The expected rule for each field and part that a client can send, by client version. A captured request with a field that is
//! not in the list fails here, so that it is reviewed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use catalog::Dialect;
use serde_json::{Value, json};
use translate::{Fidelity, LeftOut, Untranslatable, Why, read, write};

use crate::golden::{captured, fallback_target};

struct List {
    name: String,
    dialect: Dialect,
    rows: Vec<(String, String, Value)>,
}

fn lists() -> Vec<List> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/translated_requests/clients");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let read = |path: std::path::PathBuf| {
        let file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let named = |dialect: &Dialect| file["dialect"] == dialect.as_str();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let rows = file["fields"].as_array().unwrap().iter();
        List {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            dialect: Dialect::ALL.into_iter().find(named).unwrap(),
            rows: rows
                .map(|row| {
                    (
                        text(&row["field"]),
                        text(&row["fate"]),
                        row["request"].clone(),
                    )
                })
                .collect(),
        }
    };
    files.map(read).collect()
}

const WHYS: [Why; 14] = [
    Why::CacheMark,
    Why::Thinking,
    Why::Effort,
    Why::Sampling,
    Why::Penalty,
    Why::Identity,
    Why::Handling,
    Why::Bookkeeping,
    Why::VendorTool,
    Why::VendorResult,
    Why::Citations,
    Why::Approximate,
    Why::Added,
    Why::Unknown,
];

fn requested(dialect: Dialect, part: &Value) -> Vec<u8> {
    let mut body = match dialect {
        Dialect::Anthropic => {
            json!({ "model": "m", "max_tokens": 100, "messages": [{ "role": "user", "content": "hi" }] })
        }
        Dialect::OpenaiChat => {
            json!({ "model": "m", "max_tokens": 100, "messages": [{ "role": "user", "content": "hi" }] })
        }
        Dialect::OpenaiResponses => {
            json!({ "model": "m", "input": "hi", "max_output_tokens": 100, "store": false })
        }
    };
    for (key, value) in part.as_object().unwrap() {
        body[key] = value.clone();
    }
    body.to_string().into_bytes()
}

fn outcome(
    from: Dialect,
    to: Dialect,
    body: &[u8],
    fidelity: Fidelity,
) -> Result<Vec<LeftOut>, Untranslatable> {
    let conversation = read(from, body)?.with_fidelity(fidelity);
    Ok(write(from, to, &conversation, &fallback_target())?.left_out)
}

#[test]
fn every_field_that_a_client_can_send_has_a_rule() {
    for List {
        name,
        dialect,
        rows,
    } in lists()
    {
        for (field, fate, part) in rows {
            let body = requested(dialect, &part);
            for to in Dialect::ALL {
                let place = format!("{name}: {field} to {to}, {part}");
                let found = outcome(dialect, to, &body, Fidelity::Agent);
                let why = WHYS.into_iter().find(|why| format!("{why:?}") == fate);
                match (&*fate, why) {
                    ("carried", _) => {
                        let dropped = found.unwrap_or_else(|why| panic!("{place}: {why}"));
                        let own = |dropped: &LeftOut| dropped.what == field;
                        assert!(!dropped.iter().any(own), "{place}: {dropped:?}");
                    }
                    // Translated if the dialect has it.
                    ("verbosity", _) => assert!(found.is_ok(), "{place}"),
                    ("kept", _) => {
                        let kept = matches!(found, Err(Untranslatable::Kept { .. }));
                        assert!(kept, "{place}: {found:?}");
                    }
                    ("malformed", _) => {
                        let malformed = matches!(found, Err(Untranslatable::Malformed { .. }));
                        assert!(malformed, "{place}: {found:?}");
                    }
                    ("unsupported", _) => {
                        let why = found.expect_err(&place);
                        assert!(
                            !matches!(why, Untranslatable::Malformed { .. }),
                            "{place}: {why}"
                        );
                    }
                    (_, Some(why)) => dropped(&place, &field, why, dialect, to, &body),
                    (other, None) => panic!("{place}: no fate `{other}`"),
                }
            }
        }
    }
}

/// It is listed for an agent, and refused for callers that do not tolerate it.
fn dropped(place: &str, field: &str, why: Why, from: Dialect, to: Dialect, body: &[u8]) {
    let listed = outcome(from, to, body, Fidelity::Agent);
    let listed = listed.unwrap_or_else(|why| panic!("{place}: {why}"));
    // An effort is listed with its value, a vendor's tool with its kind.
    let own = |dropped: &&LeftOut| dropped.why == why;
    assert!(
        listed.iter().any(|dropped| own(&dropped)),
        "{place}: {listed:?}"
    );
    assert!(!field.is_empty());
    for fidelity in [Fidelity::Pipeline, Fidelity::Exact] {
        let tolerated = listed.iter().all(|dropped| fidelity.tolerates(dropped.why));
        let found = outcome(from, to, body, fidelity);
        assert_eq!(found.is_ok(), tolerated, "{place}: {fidelity}: {found:?}");
    }
}

/// The newest captured requests have no field that is missing in their client's list.
#[test]
fn every_field_of_a_captured_request_is_listed() {
    for list in lists() {
        let listed: BTreeSet<&str> = list.rows.iter().map(|(field, ..)| &**field).collect();
        let requests = captured().into_iter();
        let requests: Vec<_> = requests
            .filter(|requested| requested.name.starts_with(&list.name))
            .collect();
        assert!(
            !requests.is_empty(),
            "{}: no request was captured",
            list.name
        );
        for requested in requests {
            let body: Value = serde_json::from_slice(&requested.body).unwrap();
            let mut fields = BTreeSet::new();
            gather("", &body, &mut fields);
            let missing: Vec<_> = fields
                .iter()
                .filter(|field| !listed.contains(&***field))
                .collect();
            assert!(
                missing.is_empty(),
                "{}: {missing:?} are not listed",
                requested.name
            );
        }
    }
}

/// The names of a request's fields, including those of its messages, parts and tools; names within a tool's schema are
/// excluded.
fn gather(place: &str, value: &Value, into: &mut BTreeSet<String>) {
    let own = [
        "metadata",
        "client_metadata",
        "context_management",
        "input_schema",
        "parameters",
        "format",
    ];
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                let path = match place {
                    "" => key.clone(),
                    place => format!("{place}.{key}"),
                };
                let mark = key == "cache_control";
                if !own.contains(&&**key) && !mark {
                    gather(&path, inner, into);
                }
                into.insert(path);
            }
        }
        Value::Array(list) => {
            let path = match place.ends_with("tools") {
                true => "tools[]".to_owned(),
                false => format!("{place}[]"),
            };
            list.iter().for_each(|inner| gather(&path, inner, into));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
