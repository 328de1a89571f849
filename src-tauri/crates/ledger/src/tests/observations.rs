use std::collections::BTreeMap;

use catalog::REHEARSAL;
use chrono::{DateTime, Duration, Utc};
use health::{
    CallOutcome, CallSource, Controls, FailureKind, Level, Observation, OurFault, Page, Unreadable,
};

use super::{fresh, minutes, t0};
use crate::Ledger;

fn call(at: DateTime<Utc>, provider: &str, outcome: CallOutcome) -> Observation {
    Observation::Call {
        at,
        provider: provider.into(),
        endpoint: "lead-api".into(),
        model: "lead-large".into(),
        source: CallSource::Traffic,
        outcome,
    }
}

fn ok() -> CallOutcome {
    CallOutcome::Ok {
        ttft_ms: Some(300),
        total_ms: 900,
    }
}

fn failed() -> CallOutcome {
    CallOutcome::Failed {
        kind: FailureKind::Cut,
        detail: "cut after 40 tokens".to_owned(),
    }
}

fn rows(ledger: &Ledger) -> Vec<String> {
    let mut all = ledger
        .conn
        .prepare(
            "SELECT source, provider, subject, said, readings FROM observations ORDER BY at, id",
        )
        .unwrap();
    let line = |row: &rusqlite::Row<'_>| -> rusqlite::Result<String> {
        let (source, provider, subject): (String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let (text, readings): (String, i64) = (row.get(3)?, row.get(4)?);
        Ok(format!("{source}|{provider}|{subject}|{text}|{readings}"))
    };
    all.query_map((), line)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

#[test]
fn every_kind_of_reading_is_stored_as_text() {
    let mut ledger = fresh();
    let page = |reading| Observation::Page {
        at: t0(),
        provider: "lead".into(),
        reading,
    };
    let surfaces = BTreeMap::from([
        ("api".into(), Level::PartialOutage),
        ("code".into(), Level::Operational),
    ]);
    for seen in [
        page(Ok(Page {
            surfaces,
            ..Page::default()
        })),
        page(Err(Unreadable::Blocked("403".to_owned()))),
        call(t0(), "lead", ok()),
        call(t0(), "lead", failed()),
        call(t0(), "lead", CallOutcome::Ours(OurFault::Quota)),
        call(
            t0(),
            "lead",
            CallOutcome::Ours(OurFault::Limit {
                until: Some(t0() + minutes(90)),
            }),
        ),
        call(t0(), "lead", CallOutcome::Neutral),
        Observation::Network {
            at: t0(),
            controls: Controls::Down,
        },
    ] {
        ledger.record(&seen).unwrap();
    }
    assert_eq!(
        rows(&ledger),
        [
            "page|lead|api|partial_outage|1",
            "page|lead|code|operational|1",
            "page|lead||unreadable|1",
            "traffic|lead|lead-api lead-large|ok|1",
            "traffic|lead|lead-api lead-large|failed|1",
            "traffic|lead|lead-api lead-large|ours|1",
            "traffic|lead|lead-api lead-large|ours|1",
            "traffic|lead|lead-api lead-large|neutral|1",
            "network|||down|1",
        ]
    );
    let details: Vec<String> = ledger
        .conn
        .prepare("SELECT detail FROM observations WHERE said = 'ours' ORDER BY id")
        .unwrap()
        .query_map((), |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(details, ["Quota", "Limit until 2026-06-21T21:30:00Z"]);
}

#[test]
fn rehearsals_are_not_observed() {
    let mut ledger = fresh();
    ledger.record(&call(t0(), REHEARSAL, failed())).unwrap();
    let page = Observation::Page {
        at: t0(),
        provider: REHEARSAL.into(),
        reading: Err(Unreadable::Offline),
    };
    ledger.record(&page).unwrap();
    assert_eq!(rows(&ledger), [""; 0]);
}

#[test]
fn old_readings_are_thinned_and_their_number_is_kept() {
    let mut ledger = fresh();
    // One a minute for two hours; every fifth fails.
    for minute in 0..120 {
        let outcome = if minute % 5 == 0 { failed() } else { ok() };
        let seen = call(t0() + minutes(minute), "lead", outcome);
        ledger.record(&seen).unwrap();
    }
    let count = |text: &str, ledger: &Ledger| -> (i64, i64) {
        ledger
            .conn
            .query_row(
                "SELECT count(*), coalesce(sum(readings), 0) FROM observations WHERE said = ?1",
                [text],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap()
    };
    let day = Duration::hours(24);
    assert_eq!(ledger.thin(t0() + day).unwrap(), 0, "raw for a day");

    // The first hour is older than a day: six stretches, one row each for every result in them.
    let gone = ledger.thin(t0() + day + minutes(64)).unwrap();
    assert_eq!(gone, 60 - 12);
    assert_eq!(count("failed", &ledger), (6 + 12, 24));
    assert_eq!(count("ok", &ledger), (6 + 48, 96));
    assert_eq!(ledger.thin(t0() + day + minutes(64)).unwrap(), 0, "done");

    ledger.thin(t0() + day + minutes(130)).unwrap();
    assert_eq!(count("failed", &ledger), (12, 24));
    assert_eq!(count("ok", &ledger), (12, 96));
}

#[test]
fn subjects_and_sources_are_thinned_separately() {
    let mut ledger = fresh();
    for second in [0, 1] {
        let at = t0() + Duration::seconds(second);
        ledger.record(&call(at, "lead", ok())).unwrap();
        ledger.record(&call(at, "second", ok())).unwrap();
        let network = Observation::Network {
            at,
            controls: Controls::Up,
        };
        ledger.record(&network).unwrap();
    }
    ledger.thin(t0() + Duration::days(2)).unwrap();
    assert_eq!(
        rows(&ledger),
        [
            "traffic|lead|lead-api lead-large|ok|2",
            "traffic|second|lead-api lead-large|ok|2",
            "network|||up|2",
        ]
    );
}
