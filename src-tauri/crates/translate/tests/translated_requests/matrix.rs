//! The probes in all nine directions: each cell is correct or refused with a reason, and no probe is skipped.

use std::fmt::Write;

use catalog::Dialect;
use serde_json::{Value, json};
use translate::{LeftOut, Translated, read, request};

use crate::golden::{compare, fallback_target};
use crate::probes::{PROBES, Parsed, Probe};

fn index(dialect: Dialect) -> usize {
    Dialect::ALL
        .iter()
        .position(|other| *other == dialect)
        .unwrap()
}

/// A complete request with one probed field.
fn requested(dialect: Dialect, fragment: &str) -> Vec<u8> {
    let mut body = match dialect {
        Dialect::Anthropic => {
            json!({ "model": "m", "max_tokens": 100, "messages": [{ "role": "user", "content": "hi" }] })
        }
        Dialect::OpenaiChat => {
            json!({ "model": "m", "messages": [{ "role": "user", "content": "hi" }] })
        }
        Dialect::OpenaiResponses => json!({ "model": "m", "input": "hi", "store": false }),
    };
    let fragment: Value =
        serde_json::from_str(fragment).unwrap_or_else(|error| panic!("{error}: {fragment}"));
    for (key, value) in fragment.as_object().unwrap() {
        body[key] = value.clone();
    }
    body.to_string().into_bytes()
}

fn judge(probe: &Probe, from: Dialect, to: Dialect) -> String {
    let Some(fragment) = probe.requested[index(from)] else {
        return "cannot be asked".to_owned();
    };
    let place = format!("{}, {from} to {to}", probe.name);
    let translated = request(from, to, &requested(from, fragment), &fallback_target());
    match (translated, &probe.parsed[index(to)]) {
        (Ok(translated), Parsed::As(expected)) => {
            has_content(&place, &translated, expected);
            let understood = read(to, &translated.body);
            assert!(understood.is_ok(), "{place}: {understood:?}");
            for never in probe.never {
                let text = String::from_utf8(translated.body.clone()).unwrap();
                assert!(!text.contains(never), "{place}: {never} in {text}");
            }
            let left_out: Vec<String> =
                translated.left_out.iter().map(LeftOut::to_string).collect();
            match left_out.as_slice() {
                [] => "correct".to_owned(),
                list => format!("correct; left out: {}", list.join("; ")),
            }
        }
        (Err(refused), Parsed::Refused(reason)) => {
            let rendered = refused.to_string();
            assert!(rendered.contains(reason), "{place}: {rendered}");
            format!("refused: {rendered}")
        }
        (Ok(translated), Parsed::Refused(_)) => {
            panic!("{place}: {}", String::from_utf8_lossy(&translated.body))
        }
        (Err(refused), Parsed::As(_)) => panic!("{place}: {refused}"),
    }
}

fn has_content(place: &str, translated: &Translated, expected: &[(&str, &str)]) {
    let body: Value = serde_json::from_slice(&translated.body).unwrap();
    for (pointer, value) in expected {
        let wanted = (*value != "absent").then(|| serde_json::from_str::<Value>(value).unwrap());
        assert_eq!(
            body.pointer(pointer),
            wanted.as_ref(),
            "{place}, {pointer} in {body:#}"
        );
    }
}

#[test]
fn every_probe_is_answered_correctly_or_refused_with_a_reason() {
    let mut table = String::new();
    for probe in PROBES {
        writeln!(table, "{}", probe.name).unwrap();
        for from in Dialect::ALL {
            for to in Dialect::ALL {
                writeln!(
                    table,
                    "  {from:>16} -> {to:<16}  {}",
                    judge(probe, from, to)
                )
                .unwrap();
            }
        }
    }
    println!("{table}");
    compare("matrix.txt", &table);
}
