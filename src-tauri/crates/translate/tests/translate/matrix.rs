//! The probes in all nine directions: each cell is correct or refused with a reason, and no probe is skipped.

use std::fmt::Write;

use catalog::Dialect;

use crate::probes::{PROBES, Parsed, Probe};
use crate::{Translation, WRITE, directions, folder, strict, translate_events};

fn index(dialect: Dialect) -> usize {
    let mut all = Dialect::ALL.iter();
    all.position(|other| *other == dialect).unwrap()
}

/// The data of every event contains its type, if it has one.
fn stream(events: &[&str]) -> String {
    let events = events.iter().map(|data| format!("data: {data}\n\n"));
    events.collect()
}

fn judge(probe: &Probe, from: Dialect, to: Dialect) -> String {
    let events = probe.translated[index(from)];
    if events.is_empty() {
        return "cannot be told".to_owned();
    }
    let Translation { out, outcome } = translate_events(from, to, [stream(events).as_bytes()]);
    let rendered = String::from_utf8_lossy(&out).into_owned();
    let place = format!("{}, {from} -> {to}: {outcome:?}\n{rendered}", probe.name);
    let parsed = strict::read(to, &out);
    match &probe.parsed {
        Parsed::Answer {
            text,
            calls,
            stop,
            usage,
        } => {
            outcome.unwrap_or_else(|why| panic!("{place}: {why}"));
            assert_eq!(
                format!("{}{}", parsed.text, parsed.refusal),
                *text,
                "{place}"
            );
            let parsed_calls = parsed.calls.iter();
            let parsed_calls: Vec<(&str, &str, &str)> = parsed_calls
                .map(|(id, name, arguments)| (&**id, &**name, &**arguments))
                .collect();
            assert_eq!(parsed_calls, *calls, "{place}");
            assert_eq!(parsed.stop.as_deref(), Some(stop[index(to)]), "{place}");
            assert!(usage.is_none() || parsed.usage == *usage, "{place}");
            assert!(parsed.over && !rendered.contains("Hm"), "{place}");
            "correct".to_owned()
        }
        Parsed::Nothing => {
            assert!(!parsed.over && parsed.stop.is_none(), "{place}");
            format!("refused: {}", outcome.unwrap_err())
        }
        Parsed::Error(message) => {
            assert!(!parsed.over && parsed.stop.is_none(), "{place}");
            assert_eq!(parsed.error.as_deref(), Some(*message), "{place}");
            assert!(outcome.is_err(), "{place}");
            "correct".to_owned()
        }
    }
}

#[test]
fn every_probe_is_translated_correctly_or_refused_with_a_reason() {
    let mut table = String::new();
    for probe in PROBES {
        writeln!(table, "{}", probe.name).unwrap();
        for (from, to) in directions() {
            let cell = judge(probe, from, to);
            writeln!(table, "  {from:>16} -> {to:<16}  {cell}").unwrap();
        }
    }
    println!("{table}");
    let file = folder().join("translate/matrix.txt");
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    assert_eq!(table, std::fs::read_to_string(file).unwrap_or_default());
}
