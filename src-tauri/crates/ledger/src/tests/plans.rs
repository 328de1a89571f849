//! No page of the window, no report and no step of the engine's loop reads a large table from end to end.

use std::sync::{Arc, Mutex};

use rusqlite::trace::{TraceEvent, TraceEventCodes};

use super::outages::{outage, park};
use super::paging::plan;
use super::{answered, minutes, opened, t0};
use crate::series::SOURCES;
use crate::{ExchangeFilter, Ledger, Settled, Slots, Which};

/// Tables of a statement itself, which are as small as its result.
const OF_STATEMENT: &[&str] = &[
    "incident",
    "i",
    "span",
    "candidate",
    "c",
    "hit",
    "slots",
    "s",
    "CONSTANT",
    "counted",
    "measured",
    "ranked",
    "of_item",
];

/// A full scan: the step does not name an index, or an index that is made for this statement alone.
fn scans(plan: &str) -> Vec<&str> {
    let steps = plan.split("; ");
    steps
        .filter(|step| {
            step.starts_with("SCAN ") && !step.contains("INDEX") || step.contains("AUTOMATIC")
        })
        .filter(|step| {
            let table = step.split(' ').nth(1).unwrap_or_default();
            !table.starts_with('(') && !OF_STATEMENT.contains(&table)
        })
        .collect()
}

/// The statements that these reads run on this ledger.
fn statements(ledger: &mut Ledger, read: impl FnOnce(&mut Ledger)) -> Vec<String> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    ledger
        .conn
        .trace_v2(
            TraceEventCodes::SQLITE_TRACE_STMT,
            Some(move |event: TraceEvent<'_>| {
                if let TraceEvent::Stmt(_, sql) = event {
                    keep.lock().unwrap().push(sql.to_owned());
                }
            }),
        )
        .unwrap();
    read(ledger);
    let mut seen = seen.lock().unwrap().clone();
    seen.retain(|sql| !sql.starts_with("--") && sql.len() > 20);
    seen.sort();
    seen.dedup();
    seen
}

fn filters() -> Vec<ExchangeFilter> {
    let all = ExchangeFilter::default();
    vec![
        ExchangeFilter {
            text: Some("claude".into()),
            ..all.clone()
        },
        ExchangeFilter {
            text: Some("v5x7q00".into()),
            ..all.clone()
        },
        ExchangeFilter {
            failed: true,
            ..all.clone()
        },
        ExchangeFilter {
            pipeline: Some("leads".into()),
            ..all.clone()
        },
        ExchangeFilter {
            since: Some(t0()),
            ..all.clone()
        },
        all,
    ]
}

fn every_page(ledger: &Ledger, closed: i64, open: i64) {
    let now = t0() + minutes(90);
    for filter in filters() {
        for before in [None, Some(3)] {
            ledger.find_exchanges(&filter, 50, before).unwrap();
        }
    }
    ledger.exchange(1).unwrap();
    for before in [None, Some(open)] {
        ledger.incidents(50, before).unwrap();
        for text in ["529", "response incomplete", "v5x7q00"] {
            ledger.find_incidents(text, 50, before).unwrap();
        }
        for all in [false, true] {
            ledger.effects(all, 50, before).unwrap();
        }
        for which in [Which::Open, Which::All, Which::Recent(t0())] {
            ledger.reviews(which, 50, before).unwrap();
        }
    }
    for incident in [closed, open] {
        ledger.met(incident).unwrap().unwrap();
        ledger.impact_items(incident).unwrap().unwrap();
        ledger.incident(incident).unwrap().unwrap();
        ledger.interruptions(incident).unwrap();
        ledger.incident_series(incident, now).unwrap().unwrap();
        ledger.incident_lanes(incident, now).unwrap().unwrap();
        ledger
            .retriable_reviews(Some(incident), Some("leads"))
            .unwrap();
    }
    ledger.review("a").unwrap().unwrap();
    ledger.requests_of_review("a").unwrap();
    ledger.review_attempts("a").unwrap();
    ledger.drainable().unwrap();
    ledger.unfinished_effects().unwrap();
    ledger.open_effects().unwrap();
    ledger.effect(1).unwrap();
    ledger.token_uses().unwrap();
    ledger.end_of("v5x7q00").unwrap();
    ledger.pipeline_uses(t0()).unwrap();
    ledger.last_outage(now).unwrap().unwrap();
    ledger.pending_notifications(t0()).unwrap();
    ledger.unshown_notifications(t0()).unwrap();
}

fn every_report(ledger: &Ledger, closed: i64, open: i64) {
    let now = t0() + minutes(90);
    let slots = Slots::new(vec![t0() - minutes(60), t0() + minutes(30), now]);
    ledger.report_calls(&slots).unwrap();
    ledger.report_evidence(&slots).unwrap();
    ledger.report_carried(&slots).unwrap();
    ledger.report_spending(&slots).unwrap();
    ledger.report_requests(&slots).unwrap();
    let own = ["leads"];
    ledger.report_provider_use(&slots, &own).unwrap();
    ledger.report_carried_by(&slots, &own).unwrap();
    ledger.report_review(t0(), now, 10).unwrap();
    ledger.report_begins().unwrap();
    ledger.incidents_between(t0(), now, 10).unwrap();
    for incident in [closed, open] {
        ledger.report_review_of(incident, 10).unwrap();
        let row = ledger.incident(incident).unwrap().unwrap().incident;
        ledger.report_incident(incident, &row, true).unwrap();
        ledger.report_items(incident).unwrap();
        ledger.report_stored_items(incident).unwrap();
    }
}

fn every_chart(ledger: &Ledger) {
    let now = t0() + minutes(90);
    let slots = Slots::new(vec![t0() - minutes(60), t0() + minutes(30), now]);
    ledger.uptime(&slots).unwrap();
    ledger.latency(&slots).unwrap();
    ledger.cost(&slots).unwrap();
}

/// What the loop does for a request, an incident and a new day.
fn every_step(ledger: &mut Ledger) {
    let now = t0() + minutes(100);
    park(ledger, "leads", "z", now);
    ledger
        .book_exchange(&super::outages::of("leads", "z", answered(now)))
        .unwrap();
    let settled = Settled {
        id: "z",
        pipeline: Some("leads"),
        item: Some("z"),
        replay: None,
        exchange: None,
    };
    ledger.settle_reviews(&settled, now).unwrap();
    ledger.open_reviews().unwrap();
    ledger
        .apply(&super::recovered("second", t0() + minutes(80), now))
        .unwrap();
    ledger.apply(&opened("lead", now)).unwrap();
    ledger.has_uncounted_incidents().unwrap();
    ledger
        .conn
        .execute("UPDATE incidents SET hit = NULL WHERE id = 1", ())
        .unwrap();
    ledger.count_incidents(5).unwrap();
    ledger.open_incidents().unwrap();
    ledger.today(now).unwrap();
    ledger.probes_spent(now).unwrap();
    ledger.is_parked("z").unwrap();
}

#[test]
fn a_read_finds_its_rows_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    let closed = outage(&mut ledger);
    let open = ledger
        .apply(&opened("second", t0() + minutes(80)))
        .unwrap()
        .unwrap();

    let mut seen = statements(&mut ledger, |ledger| every_page(ledger, closed, open));
    seen.extend(statements(&mut ledger, |ledger| {
        every_report(ledger, closed, open);
        every_chart(ledger);
    }));
    seen.extend(statements(&mut ledger, every_step));
    seen.extend(SOURCES.map(str::to_owned));
    assert!(seen.len() > 80, "{}", seen.len());

    let mut found = Vec::new();
    for sql in &seen {
        let plan = plan(&ledger, sql);
        let scans = scans(&plan);
        let large = |step: &&str| {
            let small = ["breakers", "meta", "sqlite_schema"];
            !small.contains(&step.split(' ').nth(1).unwrap_or_default())
        };
        if scans.iter().any(large) {
            found.push(format!("{scans:?} in {sql}"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_scan_is_recognised() {
    let ledger = super::fresh();
    for sql in [
        "SELECT * FROM exchanges WHERE client = 'n8n'",
        "SELECT count(*) FROM attempts a WHERE a.status = 500",
        "SELECT * FROM incidents WHERE closed_at IS NOT NULL AND NOT past ORDER BY level",
    ] {
        let plan = plan(&ledger, sql);
        assert_eq!(
            scans(&plan).len(),
            usize::from(!plan.contains("INDEX")),
            "{plan}"
        );
    }
    assert_eq!(scans("SCAN exchanges; USE TEMP B-TREE"), ["SCAN exchanges"]);
    assert_eq!(
        scans("SCAN incidents USING INDEX incidents_by_opening"),
        [""; 0]
    );
}
