use catalog::MicroDollars;
use chrono::{DateTime, TimeDelta, Utc};

use super::outages::{of, park};
use super::{answered, carried, exhausted, fresh, minutes, opened, recovered, rehearsed, t0};
use crate::series::tests::probe;
use crate::*;

fn hours(count: i64) -> TimeDelta {
    TimeDelta::hours(count)
}

fn days() -> Slots {
    Slots::new(vec![t0(), t0() + hours(24), t0() + hours(48)])
}

fn with(outcome: AttemptOutcome, at: DateTime<Utc>) -> ExchangeRow {
    let mut row = answered(at);
    row.attempts[0].outcome = outcome;
    row.attempts[0].ttft_ms = None;
    row
}

fn ledger() -> Ledger {
    let mut ledger = fresh();
    for exchange in [
        answered(t0()),
        carried(t0() + minutes(1)),
        exhausted(t0() + hours(25)),
        rehearsed(answered(t0() + minutes(2))),
        with(AttemptOutcome::RateLimit, t0() + minutes(3)),
        with(AttemptOutcome::KeyRefused, t0() + minutes(4)),
        with(AttemptOutcome::ClientLeft, t0() + minutes(5)),
    ] {
        ledger.book_exchange(&exchange).unwrap();
    }
    for outcome in ["complete", "silent", "out of quota", "inconclusive"] {
        let at = t0() + hours(2);
        ledger.book_probe(&probe(at, outcome, 200)).unwrap();
    }
    ledger
}

#[test]
fn a_call_that_shows_nothing_about_the_provider_is_excluded_with_its_reason() {
    let calls = ledger().report_calls(&days()).unwrap();
    let lead = &calls[0];
    assert_eq!(
        (lead.provider.as_str(), &*lead.model, lead.slot),
        ("lead", "lead-large", 0)
    );
    assert_eq!((lead.judged, lead.failed), (4, 2), "{lead:?}");
    assert_eq!(
        (lead.limits, lead.ours, lead.unknown),
        (2, 1, 2),
        "{lead:?}"
    );
    let uptime = ledger().uptime(&days()).unwrap();
    assert_eq!(
        (uptime[0].calls, uptime[0].failed, uptime[0].limits),
        (lead.judged, lead.failed, lead.limits),
        "as the chart"
    );
    assert_eq!((uptime[0].local, uptime[0].carried), (1, 1));
}

#[test]
fn an_hour_with_a_call_is_evidence() {
    let evidence = ledger().report_evidence(&days()).unwrap();
    let of = |provider: &str, slot| {
        let found = evidence
            .iter()
            .find(|one| one.provider.as_str() == provider && one.slot == slot);
        found.map(|one| one.seconds)
    };
    assert_eq!(of("lead", 0), Some(2 * 3600));
    assert_eq!(of("lead", 1), Some(3600));
    assert_eq!(of("third", 0), None);
}

#[test]
fn cost_is_split_and_equals_the_chart() {
    let ledger = ledger();
    let spending = ledger.report_spending(&days()).unwrap();
    let sum =
        |of: fn(&ReportCost) -> MicroDollars| spending.slots.iter().map(of).sum::<MicroDollars>();
    let total = sum(|c| c.own) + sum(|c| c.fallback) + sum(|c| c.probes);
    let chart = ledger.cost(&days()).unwrap();
    assert_eq!(
        total,
        chart
            .iter()
            .map(|point| point.own + point.fallback + point.probes)
            .sum()
    );
    assert!(sum(|c| c.own) > MicroDollars::ZERO && sum(|c| c.fallback) > MicroDollars::ZERO);
    assert_eq!(sum(|c| c.probes), MicroDollars(160));
    assert_eq!(spending.summed, 0);
}

/// It is in no sum and in no chart, and each of them states its number.
#[test]
fn a_request_without_a_price_is_counted_and_not_free() {
    let mut ledger = ledger();
    let before = ledger.report_spending(&days()).unwrap();
    let chart = |ledger: &Ledger| {
        let points = ledger.cost(&days()).unwrap();
        let costs: Vec<_> = points
            .iter()
            .map(|p| (p.slot, p.own, p.fallback, p.probes))
            .collect();
        (costs, points.iter().map(|p| p.unpriced).sum::<u64>())
    };
    let (costs, unpriced) = chart(&ledger);
    assert_eq!(unpriced, before.unpriced);
    let today = ledger.today(t0()).unwrap().unpriced;
    let unknown = |at| {
        let mut row = carried(at);
        row.cost = None;
        for attempt in &mut row.attempts {
            attempt.cost = None;
        }
        row
    };
    ledger.book_exchange(&unknown(t0() + minutes(7))).unwrap();
    let mut on_a_plan = unknown(t0() + minutes(8));
    for attempt in &mut on_a_plan.attempts {
        attempt.by_subscription = true;
    }
    ledger.book_exchange(&on_a_plan).unwrap();
    let after = ledger.report_spending(&days()).unwrap();
    assert_eq!(after.slots, before.slots);
    assert_eq!(chart(&ledger), (costs, unpriced + 1));
    assert_eq!(after.unpriced, before.unpriced + 1);
    assert_eq!(ledger.today(t0()).unwrap().unpriced, today + 1);
    let counted = |row: &ExchangeRow| row.fallbacks_cost();
    assert!(
        counted(&unknown(t0())) > counted(&carried(t0())),
        "against the cap"
    );
}

#[test]
fn requests_are_counted_by_pipeline_and_provider() {
    let mut ledger = ledger();
    ledger
        .book_exchange(&of("Le\"ads", "1", carried(t0() + minutes(9))))
        .unwrap();
    let rows = ledger.report_requests(&days()).unwrap();
    assert_eq!(rows[0].pipeline, None);
    assert_eq!(
        (rows[0].requests, rows[0].carried, rows[0].failed),
        (6, 1, 1)
    );
    let leads = &rows[1];
    assert_eq!(
        (
            leads.pipeline.as_deref(),
            leads.requests,
            leads.answered,
            leads.carried
        ),
        (Some("Le\"ads"), 1, 1, 1)
    );
    let used = ledger.report_provider_use(&days(), &["Le\"ads"]).unwrap();
    let used: Vec<_> = used
        .iter()
        .map(|one| (one.provider.as_str(), one.requests))
        .collect();
    assert_eq!(used, [("lead", 1), ("second", 1)]);
    assert_eq!(ledger.report_provider_use(&days(), &["other"]).unwrap(), []);
    assert_eq!(
        ledger.report_carried(&days()).unwrap(),
        [("lead".into(), 0, 2)]
    );
    let by = ledger.report_carried_by(&days(), &["Le\"ads"]).unwrap();
    assert_eq!(by, ["second".into()]);
}

#[test]
fn an_incident_has_its_first_fallback_and_its_items() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    for (item, exchange) in [
        ("1", carried(t0() + minutes(2))),
        ("2", exhausted(t0() + minutes(3))),
    ] {
        ledger.book_exchange(&of("Leads", item, exchange)).unwrap();
    }
    park(&mut ledger, "Leads", "3", t0() + minutes(4));
    for closed in [false, true] {
        if closed {
            ledger
                .apply(&recovered("lead", t0(), t0() + minutes(30)))
                .unwrap();
        }
        let row = ledger.incident(id).unwrap().unwrap().incident;
        let found = ledger.report_incident(id, &row, true).unwrap();
        let ttft = found.first_fallback.unwrap() - (t0() + minutes(2));
        assert!(
            ttft > TimeDelta::zero() && ttft < TimeDelta::seconds(5),
            "{ttft}"
        );
        assert_eq!(found.carried_by, ["second".into()]);
        assert!(found.cost > MicroDollars::ZERO);
        let items = ledger.report_items(id).unwrap();
        assert_eq!((items[0].hit, items[0].carried, items[0].later), (3, 1, 0));
        let stored = ledger.report_stored_items(id).unwrap();
        assert_eq!(stored.len(), usize::from(closed), "of a closed incident");
        assert!(stored.iter().all(|one| (one.hit, one.carried) == (3, 1)));
        let (review, more) = ledger.report_review_of(id, 10).unwrap();
        assert_eq!(
            (review.len(), more, review[0].state),
            (1, 0, ReviewState::Open)
        );
        assert_eq!(ledger.report_review_of(id, 0).unwrap().1, 1);
    }
    let found = ledger
        .incidents_between(t0() + minutes(29), t0() + hours(1), 10)
        .unwrap();
    assert_eq!(found.len(), 1, "it was open");
    assert_eq!(
        ledger
            .incidents_between(t0() + minutes(30), t0() + hours(1), 10)
            .unwrap(),
        []
    );
    assert_eq!(ledger.report_begins().unwrap(), Some(t0()));
    let (review, _) = ledger.report_review(t0(), t0() + hours(1), 10).unwrap();
    assert_eq!(review.len(), 1);
}

/// Deleting the rows behind a day's sums changes no total.
#[test]
fn summed_days_count_as_their_rows_did() {
    let mut ledger = ledger();
    ledger
        .book_exchange(&of("Leads", "1", carried(t0() + minutes(9))))
        .unwrap();
    let slots = days();
    let sums = |ledger: &Ledger| {
        let calls = ledger.report_calls(&slots).unwrap();
        let spending = ledger.report_spending(&slots).unwrap().slots;
        (
            calls
                .iter()
                .map(|one| (one.judged, one.failed, one.limits + one.ours + one.unknown))
                .collect::<Vec<_>>(),
            spending
                .iter()
                .map(|one| one.own + one.fallback + one.probes)
                .collect::<Vec<_>>(),
            ledger.report_requests(&slots).unwrap(),
            ledger.report_carried(&slots).unwrap(),
        )
    };
    let before = sums(&ledger);
    let all = t0() + hours(100);
    let limits = Limits {
        exchanges: Some(all),
        incidents: None,
        daily: None,
        effects: None,
        observations: all,
    };
    let day_of = |at: DateTime<Utc>| {
        let begins = t0() + hours((at - t0()).num_hours().div_euclid(24) * 24);
        begins..begins + hours(24)
    };
    let mut next = Some(Progress::default());
    while let Some(progress) = next {
        next = ledger
            .delete_expired(&limits, &day_of, progress, 1_000)
            .unwrap()
            .next;
    }
    assert_eq!(ledger.exchanges(10, None).unwrap().rows.len(), 0);
    assert_eq!(sums(&ledger), before);
    let spending = ledger.report_spending(&slots).unwrap();
    assert_eq!(spending.summed, 2);
    assert!(
        spending.slots[0].fallback > MicroDollars::ZERO,
        "the fallback was no primary"
    );
}
