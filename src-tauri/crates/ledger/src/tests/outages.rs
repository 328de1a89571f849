use catalog::{Dialect, MicroDollars};
use chrono::{DateTime, TimeDelta, Utc};
use health::{Change, Level};

use super::{
    answered, candidate, carried, exhausted, fresh, minutes, opened, recovered, t0, transition,
};
use crate::{
    Closing, End, ExchangeRow, FailedRequest, Ledger, LevelStretch, OUTAGE_SHOWN, PipelineMet,
    ProbeRow, Settled,
};

pub(super) fn of(pipeline: &str, item: &str, exchange: ExchangeRow) -> ExchangeRow {
    ExchangeRow {
        pipeline: Some(pipeline.into()),
        item: Some(item.into()),
        ..exchange
    }
}

/// Fails, and is parked in the review queue with the item's name.
pub(super) fn park(ledger: &mut Ledger, pipeline: &str, item: &str, at: DateTime<Utc>) {
    let failed = FailedRequest {
        id: item.into(),
        at,
        client: "n8n".into(),
        session: None,
        dialect: Dialect::Anthropic,
        route: "agents".into(),
        model: "lead-large".into(),
        streamed: false,
        pipeline: Some(pipeline.into()),
        item: Some(item.into()),
        why: "overloaded".into(),
        status: Some(529),
        headers: Vec::new(),
        body: b"{}".to_vec(),
        replay: None,
        unattended: Default::default(),
    };
    ledger.park(&failed).unwrap();
    let exchange = ExchangeRow {
        parked: Some(item.into()),
        ..of(pipeline, item, exhausted(at))
    };
    ledger.book_exchange(&exchange).unwrap();
}

/// 12 minutes in which five requests of "leads" fail (one of them twice), one of "mail" is answered by a fallback, and one
/// agent's fails.
pub(super) fn outage(ledger: &mut Ledger) -> i64 {
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    for item in ["a", "b", "c", "d"] {
        park(ledger, "leads", item, t0() + minutes(1));
    }
    park(ledger, "leads", "a", t0() + minutes(2));
    // One was not kept and succeeded later; one was not kept and never succeeded.
    for item in ["e", "f"] {
        let lost = ExchangeRow {
            end: End::OurFault,
            ..of("leads", item, exhausted(t0() + minutes(3)))
        };
        ledger.book_exchange(&lost).unwrap();
    }
    ledger
        .book_exchange(&of("mail", "m", carried(t0() + minutes(4))))
        .unwrap();
    ledger.book_exchange(&exhausted(t0() + minutes(5))).unwrap();
    ledger
        .apply(&recovered("lead", t0(), t0() + minutes(12)))
        .unwrap();
    ledger
        .book_exchange(&of("leads", "e", answered(t0() + minutes(20))))
        .unwrap();
    ledger
        .settle_reviews(
            &Settled {
                id: "b",
                pipeline: None,
                item: None,
                replay: None,
                exchange: None,
            },
            t0() + minutes(21),
        )
        .unwrap();
    ledger
        .close_review("c", Closing::Done, None, t0() + minutes(22))
        .unwrap();
    id
}

#[test]
fn open_and_failed_items_are_counted_by_pipeline() {
    let mut ledger = fresh();
    let id = outage(&mut ledger);
    let met = ledger.met(id).unwrap().unwrap();
    assert_eq!((met.traffic.hit, met.traffic.failed), (9, 8));
    assert_eq!((met.waiting, met.failed), (2, 3));
    let leads = PipelineMet {
        pipeline: "leads".into(),
        hit: 7,
        carried: 0,
        // "b" and "e" were answered later, and "c" was done by hand.
        safe: 3,
        recovered: 3,
        waiting: 2,
        failed: 1,
        lost: 0,
    };
    let mail = PipelineMet {
        pipeline: "mail".into(),
        hit: 1,
        carried: 1,
        safe: 1,
        ..PipelineMet::default()
    };
    assert_eq!(met.pipelines, [leads, mail]);
    assert_eq!(ledger.met(id + 1).unwrap(), None);
}

#[test]
fn the_request_whose_failure_began_the_incident_counts() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    // The engine stamps a failure when it reads it, some time after the request's own end.
    for (before_ms, hit) in [(100, 1), (1_900, 2), (60_000, 2)] {
        let failed = exhausted(t0());
        let total_ms = i64::try_from(failed.total_ms).unwrap();
        let started = t0() - TimeDelta::milliseconds(before_ms + total_ms);
        ledger
            .book_exchange(&ExchangeRow { started, ..failed })
            .unwrap();
        let met = ledger.met(id).unwrap().unwrap();
        assert_eq!(met.traffic.hit, hit, "ended {before_ms} ms before");
    }
}

#[test]
fn each_stretch_has_the_share_of_calls_that_failed_in_it() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    ledger.book_exchange(&exhausted(t0() + minutes(1))).unwrap();
    let eased = Change::Eased {
        from: Level::PartialOutage,
        to: Level::Degraded,
    };
    ledger
        .apply(&transition(
            "lead",
            t0() + minutes(5),
            Level::Degraded,
            eased,
            "It eases.",
        ))
        .unwrap();
    for minute in [6, 7, 8] {
        ledger
            .book_exchange(&answered(t0() + minutes(minute)))
            .unwrap();
    }
    let at = candidate("lead");
    ledger
        .book_probe(&ProbeRow {
            at: t0() + minutes(9),
            provider: at.provider,
            endpoint: at.endpoint,
            model: at.model,
            outcome: "silent".into(),
            ttft_ms: None,
            total_ms: 1,
            tokens: None,
            cost: None,
            price_as_of: None,
        })
        .unwrap();
    let stretch = |from, to, level, calls, calls_failed| LevelStretch {
        from,
        to,
        level,
        calls,
        calls_failed,
    };
    let met = ledger.met(id).unwrap().unwrap();
    let turn = t0() + minutes(5);
    assert_eq!(
        met.stretches,
        [
            stretch(t0(), Some(turn), Level::PartialOutage, 1, 1),
            stretch(turn, None, Level::Degraded, 4, 1),
        ]
    );
}

#[test]
fn the_last_outage_lists_its_open_items() {
    let mut ledger = fresh();
    assert_eq!(ledger.last_outage(t0()).unwrap(), None);
    let id = outage(&mut ledger);
    // A later incident that affected no request is not the owner's last outage.
    ledger.apply(&opened("second", t0() + minutes(30))).unwrap();
    ledger
        .apply(&recovered("second", t0() + minutes(30), t0() + minutes(40)))
        .unwrap();
    let outage = ledger.last_outage(t0() + minutes(60)).unwrap().unwrap();
    assert_eq!((outage.incident, outage.met.waiting), (id, 2));
    assert_eq!(outage.carried_by, [candidate("second").provider]);
    assert_eq!(outage.cost, MicroDollars(5_260));
    let next_week = t0() + OUTAGE_SHOWN * 7;
    assert!(
        ledger.last_outage(next_week).unwrap().is_some(),
        "something waits"
    );
    for id in ["a", "d"] {
        ledger
            .close_review(id, Closing::Dismissed, None, next_week)
            .unwrap();
    }
    assert_eq!(ledger.last_outage(next_week).unwrap(), None);
}

#[test]
fn retriable_items_are_listed_oldest_first() {
    let mut ledger = fresh();
    let id = outage(&mut ledger);
    park(&mut ledger, "leads", "later", t0() + minutes(50));
    park(&mut ledger, "mail", "other", t0() + minutes(50));
    for (incident, pipeline, expected) in [
        (None, None, &["a", "d", "later", "other"][..]),
        (Some(id), None, &["a", "d"]),
        (None, Some("mail"), &["other"]),
        (Some(id), Some("leads"), &["a", "d"]),
        (Some(id), Some("mail"), &[]),
        (Some(id + 7), None, &[]),
    ] {
        let found = ledger.retriable_reviews(incident, pipeline).unwrap();
        assert_eq!(found, expected, "{incident:?} {pipeline:?}");
    }
}

#[test]
fn an_item_that_waits_is_retried_only_with_the_incident_that_counts_it() {
    let mut ledger = fresh();
    let first = outage(&mut ledger);
    let again = ledger
        .apply(&opened("lead", t0() + minutes(40)))
        .unwrap()
        .unwrap();
    // The client repeats a waiting request, which fails once more.
    park(&mut ledger, "leads", "a", t0() + minutes(41));
    park(&mut ledger, "leads", "g", t0() + minutes(42));
    let retried = |ledger: &Ledger, incident| {
        let ids = ledger.retriable_reviews(Some(incident), None).unwrap();
        assert_eq!(
            ids.len() as u64,
            ledger.met(incident).unwrap().unwrap().waiting
        );
        ids
    };
    let by_incident = |ledger: &Ledger| (retried(ledger, first), retried(ledger, again));
    let open = by_incident(&ledger);
    assert_eq!(open.0, ["a", "d"]);
    assert_eq!(open.1, ["g"]);
    ledger
        .apply(&recovered("lead", t0() + minutes(40), t0() + minutes(50)))
        .unwrap();
    assert_eq!(by_incident(&ledger), open, "also after its end");
}
