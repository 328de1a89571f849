//! What a step deletes, what it leaves, and what an aborted one changes.

use chrono::{DateTime, Duration, Utc};
use health::{CallOutcome, CallSource, Level, Observation, Page};

use super::{all_before, count, day_of, days, delete};
use crate::tests::review::failed as parked;
use crate::tests::{
    answered, carried, exhausted, fresh, minutes, opened, recovered, rehearsed, t0,
};
use crate::{Expired, Interrupted, Ledger, LedgerError, Limits, Progress, Settled};

fn later() -> DateTime<Utc> {
    t0() + days(100)
}

#[test]
fn without_a_limit_nothing_is_deleted() {
    let mut ledger = fresh();
    ledger.book_exchange(&answered(t0())).unwrap();
    ledger.apply(&opened("lead", t0())).unwrap();
    ledger
        .apply(&recovered("lead", t0(), t0() + minutes(9)))
        .unwrap();
    let limits = Limits {
        exchanges: None,
        incidents: None,
        ..all_before(later())
    };
    assert_eq!(ledger.expired(&limits).unwrap(), Expired::default());
    assert_eq!(delete(&mut ledger, &limits), 0);
    assert_eq!(count(&ledger, "exchanges"), 1);
    assert_eq!(count(&ledger, "incidents"), 1);
}

#[test]
fn the_limit_itself_is_kept() {
    let mut ledger = fresh();
    for row in [
        answered(t0()),
        answered(t0() + minutes(1)),
        rehearsed(answered(t0())),
    ] {
        ledger.book_exchange(&row).unwrap();
    }
    let limits = all_before(t0() + minutes(1));
    let expired = Expired {
        exchanges: 2,
        incidents: 0,
    };
    assert_eq!(ledger.expired(&limits).unwrap(), expired);
    assert_eq!(delete(&mut ledger, &limits), 2);
    assert!(ledger.expired(&limits).unwrap().is_empty());
    assert_eq!(count(&ledger, "exchanges"), 1);
    assert_eq!(count(&ledger, "attempts"), 1);
    assert_eq!(
        count(&ledger, "daily WHERE requests = 1 AND attempts = 1"),
        1,
        "not the rehearsal"
    );
}

#[test]
fn an_open_incident_keeps_its_requests_and_timeline() {
    let mut ledger = fresh();
    ledger.apply(&opened("second", t0() - days(1))).unwrap();
    ledger
        .apply(&recovered("second", t0() - days(1), t0()))
        .unwrap();
    ledger.apply(&opened("lead", t0())).unwrap();
    for row in [
        carried(t0() + minutes(1)),
        exhausted(t0() + minutes(2)),
        answered(t0() + minutes(3)),
    ] {
        ledger.book_exchange(&row).unwrap();
    }
    ledger.interrupt(&interrupted(t0() + minutes(2))).unwrap();
    let met = ledger.met(2).unwrap();
    delete(&mut ledger, &all_before(later()));
    assert_eq!(
        ledger.met(2).unwrap().unwrap().traffic,
        met.unwrap().traffic
    );
    assert_eq!(
        count(&ledger, "exchanges"),
        2,
        "the answered one is not of the incident"
    );
    assert_eq!(count(&ledger, "incidents"), 1);
    assert_eq!(count(&ledger, "timeline"), 1);
    assert_eq!(count(&ledger, "interruptions"), 1);
    assert_eq!(count(&ledger, "delivered_calls"), 0);

    ledger
        .apply(&recovered("lead", t0(), t0() + days(1)))
        .unwrap();
    delete(&mut ledger, &all_before(later()));
    for table in [
        "exchanges",
        "attempts",
        "incidents",
        "timeline",
        "interruptions",
    ] {
        assert_eq!(count(&ledger, table), 0, "{table}");
    }
}

/// An older version closed it; its figures are counted later.
#[test]
fn the_requests_of_an_incident_without_stored_figures_stay() {
    let mut ledger = fresh();
    ledger.apply(&opened("lead", t0())).unwrap();
    ledger.book_exchange(&exhausted(t0() + minutes(1))).unwrap();
    ledger
        .apply(&recovered("lead", t0(), t0() + minutes(5)))
        .unwrap();
    ledger
        .conn
        .execute("UPDATE incidents SET hit = NULL", ())
        .unwrap();
    let limits = Limits {
        incidents: None,
        ..all_before(later())
    };
    delete(&mut ledger, &limits);
    assert_eq!(count(&ledger, "exchanges"), 1);
    ledger.count_incidents(10).unwrap();
    let met = ledger.met(1).unwrap().unwrap();
    assert_eq!(met.traffic.hit, 1);
    delete(&mut ledger, &limits);
    assert_eq!(count(&ledger, "exchanges"), 0);
    assert_eq!(ledger.met(1).unwrap().unwrap(), met);
}

fn interrupted(at: DateTime<Utc>) -> Interrupted {
    Interrupted {
        client: "Claude Code".to_owned(),
        session: "s-1".to_owned(),
        model: "lead-large".into(),
        provider: "lead".into(),
        at,
        end: crate::End::Cut,
        calls: Vec::new(),
    }
}

#[test]
fn an_open_review_item_never_expires() {
    let mut ledger = fresh();
    for id in ["1", "2"] {
        ledger.park(&parked(id, 0)).unwrap();
        let mut row = exhausted(t0());
        row.parked = Some(id.to_owned());
        ledger.book_exchange(&row).unwrap();
    }
    let settled = Settled {
        id: "2",
        pipeline: None,
        item: None,
        replay: None,
        exchange: None,
    };
    ledger.settle_reviews(&settled, t0() + minutes(5)).unwrap();
    delete(&mut ledger, &all_before(later()));
    assert!(ledger.is_parked("1").unwrap());
    assert_eq!(ledger.review("2").unwrap(), None);
    assert_eq!(count(&ledger, "exchanges WHERE parked = '1'"), 1);
    assert_eq!(count(&ledger, "exchanges"), 1);
}

/// A page is read every five minutes.
#[test]
fn the_states_of_a_page_are_summed_by_surface() {
    let mut ledger = fresh();
    for minute in (0..60).step_by(5) {
        let level = if minute < 25 {
            Level::Operational
        } else {
            Level::MajorOutage
        };
        let page = Page {
            surfaces: [("api".into(), level)].into(),
            ..Page::default()
        };
        let at = t0() + minutes(minute);
        let reading = Ok(page);
        ledger
            .record(&Observation::Page {
                at,
                provider: "lead".into(),
                reading,
            })
            .unwrap();
    }
    ledger
        .record(&Observation::Call {
            at: t0(),
            provider: "lead".into(),
            endpoint: "lead-api".into(),
            model: "lead-large".into(),
            source: CallSource::Traffic,
            outcome: CallOutcome::Neutral,
        })
        .unwrap();
    ledger.thin(t0() + days(2)).unwrap();
    let mut next = Some(Progress::default());
    while let Some(progress) = next {
        next = ledger
            .delete_expired(&all_before(later()), &day_of, progress, 1)
            .unwrap()
            .next;
    }
    assert_eq!(count(&ledger, "observations"), 0);
    let states: Vec<String> = ledger
        .conn
        .prepare("SELECT concat_ws(' ', provider, surface, state, seconds, readings) FROM daily_states ORDER BY state")
        .unwrap()
        .query_map((), |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(
        states,
        [
            "lead api major_outage 2100 7",
            "lead api operational 1500 5"
        ]
    );
}

#[test]
fn a_step_is_bounded_by_rows_and_by_the_day() {
    let mut ledger = fresh();
    for minute in 0..50 {
        ledger
            .book_exchange(&answered(t0() + minutes(minute)))
            .unwrap();
    }
    for minute in 0..5 {
        ledger
            .book_exchange(&answered(t0() + days(1) + minutes(minute)))
            .unwrap();
    }
    let mut deleted = Vec::new();
    let mut next = Some(Progress::default());
    while let Some(progress) = next {
        let step = ledger
            .delete_expired(&all_before(later()), &day_of, progress, 20)
            .unwrap();
        deleted.push(step.rows);
        next = step.next;
    }
    assert_eq!(deleted, [20, 20, 10, 5, 0]);
    assert_eq!(count(&ledger, "daily"), 2);
}

fn step(ledger: &mut Ledger) -> Result<u64, LedgerError> {
    let limits = all_before(later());
    let deleted = ledger.delete_expired(&limits, &day_of, Progress::default(), 20)?;
    Ok(deleted.rows)
}

/// The engine ends between the sums and the deletion.
#[test]
fn an_aborted_step_changes_nothing() {
    let mut ledger = fresh();
    for minute in 0..30 {
        ledger
            .book_exchange(&carried(t0() + minutes(minute)))
            .unwrap();
    }
    let abort = "CREATE TEMP TRIGGER abort BEFORE DELETE ON exchanges WHEN old.id = 15
                 BEGIN SELECT raise(FAIL, 'killed'); END";
    ledger.conn.execute(abort, ()).unwrap();
    assert!(step(&mut ledger).is_err());
    assert_eq!(count(&ledger, "exchanges"), 30);
    assert_eq!(count(&ledger, "attempts"), 60);
    for table in ["daily", "daily_latency"] {
        assert_eq!(count(&ledger, table), 0, "{table}");
    }
    ledger.conn.execute("DROP TRIGGER abort", ()).unwrap();
    assert_eq!(step(&mut ledger).unwrap(), 20);
    assert_eq!(count(&ledger, "exchanges"), 10);
}

#[test]
fn rows_whose_sums_differ_are_not_deleted() {
    let mut ledger = fresh();
    ledger.book_exchange(&answered(t0())).unwrap();
    let lose = "CREATE TEMP TRIGGER lose AFTER INSERT ON daily BEGIN DELETE FROM daily WHERE id = new.id; END";
    ledger.conn.execute(lose, ()).unwrap();
    let failed = step(&mut ledger);
    assert!(
        matches!(failed, Err(LedgerError::SumsDiffer { table: "exchanges" })),
        "{failed:?}"
    );
    assert_eq!(count(&ledger, "exchanges"), 1);
    assert_eq!(count(&ledger, "daily"), 0);
}

#[test]
fn daily_sums_expire_by_their_own_limit() {
    let mut ledger = fresh();
    for day in 0..3 {
        ledger
            .book_exchange(&answered(t0() + days(day) + Duration::hours(2)))
            .unwrap();
    }
    delete(&mut ledger, &all_before(later()));
    assert_eq!(count(&ledger, "daily"), 3);
    let limits = Limits {
        daily: Some(t0() + days(2)),
        effects: None,
        ..all_before(later())
    };
    assert_eq!(
        delete(&mut ledger, &limits),
        1,
        "the second day ends at the limit"
    );
    assert_eq!(count(&ledger, "daily"), 2);
    assert_eq!(count(&ledger, "daily_latency"), 4);
}
