use catalog::MicroDollars;
use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::tests::{
    answered, candidate, carried, drilled, exhausted, fresh, minutes, opened, recovered, rehearsed,
    t0,
};
use crate::{AttemptOutcome, Ledger, ProbeRow};

fn hours(count: i64) -> TimeDelta {
    TimeDelta::hours(count)
}

/// Three days: the second has 25 hours, as a day on which clocks go back.
fn days() -> Slots {
    Slots::new(vec![
        t0(),
        t0() + hours(24),
        t0() + hours(49),
        t0() + hours(73),
    ])
}

pub(crate) fn probe(at: DateTime<Utc>, outcome: &str, ttft_ms: u64) -> ProbeRow {
    let lead = candidate("lead");
    ProbeRow {
        at,
        provider: lead.provider,
        endpoint: lead.endpoint,
        model: lead.model,
        outcome: outcome.to_owned(),
        ttft_ms: Some(ttft_ms),
        total_ms: 2 * ttft_ms,
        tokens: None,
        cost: Some(MicroDollars(40)),
        price_as_of: None,
    }
}

fn ledger() -> Ledger {
    let mut ledger = fresh();
    for exchange in [
        answered(t0() - minutes(1)),
        answered(t0()),
        carried(t0() + minutes(1)),
        // The last minute of the second day, which has 25 hours.
        exhausted(t0() + hours(49) - minutes(1)),
        rehearsed(answered(t0() + minutes(2))),
    ] {
        ledger.book_exchange(&exchange).unwrap();
    }
    for (at, outcome) in [
        (t0() + minutes(3), "complete"),
        (t0() + minutes(4), "silent"),
        (t0() + minutes(5), "no key"),
        (t0() + hours(73), "complete"),
    ] {
        ledger.book_probe(&probe(at, outcome, 200)).unwrap();
    }
    ledger
}

#[test]
fn uptime_counts_calls_by_provider_and_day() {
    let point = |provider: &str, slot, calls, failed| UptimePoint {
        provider: provider.into(),
        slot,
        calls,
        failed,
    };
    // Day 0 of "lead": one answered, one failed before its fallback, one complete probe and one timeout.
    let expected = vec![
        point("lead", 0, 4, 2),
        point("lead", 1, 1, 1),
        point("second", 0, 1, 0),
    ];
    assert_eq!(ledger().uptime(&days()).unwrap(), expected);
}

/// A response in one piece has no first token.
#[test]
fn uptime_counts_a_response_in_one_piece_as_answered() {
    let mut ledger = fresh();
    let mut row = answered(t0());
    row.attempts[0].ttft_ms = None;
    ledger.book_exchange(&row).unwrap();
    row.attempts[0].outcome = AttemptOutcome::TokenLimit;
    ledger.book_exchange(&row).unwrap();
    row.attempts[0].outcome = AttemptOutcome::ClientLeft;
    ledger.book_exchange(&row).unwrap();
    let points = ledger.uptime(&days()).unwrap();
    let counted: Vec<(u64, u64)> = points.iter().map(|p| (p.calls, p.failed)).collect();
    assert_eq!(counted, [(2, 0)]);
}

#[test]
fn latency_has_percentiles_by_nearest_rank() {
    let mut ledger = fresh();
    for n in 1..=20 {
        let at = t0() + minutes(n);
        ledger
            .book_probe(&probe(at, "complete", n as u64 * 10))
            .unwrap();
    }
    ledger.book_probe(&probe(t0(), "cut", 9_000)).unwrap();
    ledger.book_exchange(&answered(t0() + hours(50))).unwrap();
    let point = |slot, measure, responses, p50_ms, p95_ms| LatencyPoint {
        provider: "lead".into(),
        slot,
        measure,
        responses,
        p50_ms,
        p95_ms,
        rounded: false,
    };
    let expected = vec![
        point(0, LatencyMeasure::FirstToken, 20, 100, 190),
        point(2, LatencyMeasure::FirstToken, 1, 310, 310),
        point(0, LatencyMeasure::Total, 20, 200, 380),
        point(2, LatencyMeasure::Total, 1, 900, 900),
    ];
    assert_eq!(ledger.latency(&days()).unwrap(), expected);
}

#[test]
fn cost_separates_reported_tokens_from_estimated_ones() {
    let mut ledger = ledger();
    let mut cut = carried(t0() + hours(25));
    cut.attempts[0].tokens_estimated = true;
    cut.attempts[0].cost = Some(MicroDollars(1_000));
    cut.cost = Some(MicroDollars(6_260));
    ledger.book_exchange(&cut).unwrap();
    let point = |provider: &str, slot, measured, estimated| CostPoint {
        provider: provider.into(),
        slot,
        measured: MicroDollars(measured),
        estimated: MicroDollars(estimated),
    };
    // Day 0 of "lead": one response and three probes.
    let expected = vec![
        point("lead", 0, 5_260 + 3 * 40, 0),
        point("lead", 1, 0, 1_000),
        point("second", 0, 5_260, 0),
        point("second", 1, 5_260, 0),
    ];
    assert_eq!(ledger.cost(&days()).unwrap(), expected);
    // The sums of the days equal the sums that the window shows.
    let points = ledger.cost(&days()).unwrap();
    let all: i64 = points.iter().map(|p| p.measured.0 + p.estimated.0).sum();
    let sums = ledger.today(t0()).unwrap();
    assert_eq!(
        all,
        sums.spent.0 + sums.probes.0 - 40,
        "the last probe is after the last day"
    );
}

/// A drill's own request has a cost, and no uptime or latency.
#[test]
fn the_cost_of_a_drill_is_in_the_chart_of_its_day() {
    let mut ledger = ledger();
    let before = (
        ledger.uptime(&days()).unwrap(),
        ledger.latency(&days()).unwrap(),
    );
    let cost = ledger.cost(&days()).unwrap();
    ledger.book_exchange(&drilled(t0() + hours(26))).unwrap();
    let after = (
        ledger.uptime(&days()).unwrap(),
        ledger.latency(&days()).unwrap(),
    );
    assert_eq!(after, before);
    let added = CostPoint {
        provider: "second".into(),
        slot: 1,
        measured: MicroDollars(5_260),
        estimated: MicroDollars::ZERO,
    };
    let points = ledger.cost(&days()).unwrap();
    let new: Vec<_> = points
        .iter()
        .filter(|point| !cost.contains(point))
        .collect();
    assert_eq!(new, [&added]);
}

#[test]
fn an_incident_counts_its_requests_over_time() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    for exchange in [
        exhausted(t0() + minutes(1)),
        carried(t0() + minutes(1)),
        carried(t0() + minutes(2)),
        answered(t0() + minutes(2)),
        // After the incident.
        carried(t0() + minutes(9)),
    ] {
        ledger.book_exchange(&exchange).unwrap();
    }
    ledger
        .apply(&recovered("lead", t0(), t0() + minutes(4)))
        .unwrap();
    let series = ledger
        .incident_series(id, t0() + minutes(60))
        .unwrap()
        .unwrap();
    let bounds = series.slots.bounds();
    assert_eq!(bounds.len(), 25, "4 minutes in slots of 10 s");
    assert_eq!(bounds.last(), Some(&(t0() + minutes(4))));
    let point = |slot, failed, carried| IncidentPoint {
        slot,
        failed,
        carried,
        waiting: 0,
    };
    assert_eq!(series.points, [point(6, 1, 1), point(12, 0, 1)]);
    assert_eq!(ledger.incident_series(99, t0()).unwrap(), None);
}

#[test]
fn a_series_is_empty_without_data_and_bounded_in_slots() {
    let ledger = fresh();
    assert!(ledger.uptime(&days()).unwrap().is_empty());
    assert!(ledger.latency(&days()).unwrap().is_empty());
    assert!(ledger.cost(&days()).unwrap().is_empty());
    assert!(ledger.uptime(&Slots::new(Vec::new())).unwrap().is_empty());
    let many = Slots::new((0..1_000).map(|n| t0() + hours(n)).collect());
    assert_eq!(many.bounds().len(), SLOTS + 1);
    assert_eq!(many.bounds().last(), Some(&(t0() + hours(999))));
}

#[test]
fn a_series_reads_exchanges_by_their_start() {
    let ledger = fresh();
    for sql in [uptime::UPTIME, latency::LATENCY, cost::COST] {
        let plan = crate::tests::paging::plan(&ledger, sql);
        let index = "INDEX exchanges_by_start (started_at>? AND started_at<?)";
        assert!(plan.contains(index), "{plan}");
    }
}
