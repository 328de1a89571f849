//! A chart shows the same before, during and after a deletion.

use catalog::MicroDollars;
use chrono::Duration;
use proptest::prelude::*;

use super::{all_before, count, day_of, days};
use crate::series::Quarters;
use crate::tests::{answered, candidate, carried, drilled, exhausted, fresh, rehearsed, t0};
use crate::{
    AttemptOutcome, CostPoint, End, ExchangeRow, FallbackTestRow, LatencyPoint, Ledger, ProbeRow,
    Progress, Reader, Slots, UptimePoint,
};

/// One request or probe: its time, what it is, and its figures.
#[derive(Clone, Debug)]
struct Call {
    at: Duration,
    kind: u8,
    provider: bool,
    ms: u64,
    cost: Option<i64>,
    estimated: bool,
}

fn call() -> impl Strategy<Value = Call> {
    (
        0..8 * 86_400_i64,
        0_u8..10,
        any::<bool>(),
        0_u64..200_000,
        proptest::option::of(0_i64..10_000_000),
        any::<bool>(),
    )
        .prop_map(|(at, kind, provider, ms, cost, estimated)| Call {
            at: Duration::seconds(at),
            kind,
            provider,
            ms,
            cost,
            estimated,
        })
}

fn exchange(call: &Call) -> Option<ExchangeRow> {
    let at = t0() + call.at;
    let mut row = match call.kind {
        0..=2 => answered(at),
        3 => carried(at),
        4 => exhausted(at),
        5 => rehearsed(answered(at)),
        9 => drilled(at),
        6 => ExchangeRow {
            end: if call.provider {
                End::TurnedAway
            } else {
                End::OurFault
            },
            attempts: Vec::new(),
            primary: (call.ms.is_multiple_of(2)).then(|| candidate("lead")),
            ..answered(at)
        },
        _ => return None,
    };
    row.cost = call.cost.map(MicroDollars);
    row.pipeline = call.provider.then(|| "leads".to_owned());
    for attempt in &mut row.attempts {
        attempt.tokens_estimated = call.estimated;
        attempt.total_ms = call.ms;
        attempt.ttft_ms = attempt.ttft_ms.map(|_| call.ms / 3);
        if attempt.outcome == AttemptOutcome::Drill {
            attempt.tokens_estimated = false;
        }
        if call.estimated && attempt.outcome == AttemptOutcome::Complete {
            attempt.outcome = AttemptOutcome::TokenLimit;
        }
        attempt.by_subscription = call.ms.is_multiple_of(5);
        if !attempt.provider_failed && call.ms.is_multiple_of(7) {
            attempt.ttft_ms = None;
            attempt.outcome = match call.ms % 3 {
                0 => AttemptOutcome::Limit,
                1 => AttemptOutcome::KeyRefused,
                _ => AttemptOutcome::ClientLeft,
            };
        }
    }
    Some(row)
}

fn book(ledger: &mut Ledger, call: &Call) {
    if let Some(row) = exchange(call) {
        ledger.book_exchange(&row).unwrap();
        return;
    }
    let at = t0() + call.at;
    let to = candidate(if call.provider { "lead" } else { "second" });
    let cost = call.cost.map(MicroDollars);
    if call.kind == 7 {
        let outcome = match (call.estimated, call.ms % 4) {
            (true, _) => "complete",
            (_, 0) => "out of quota",
            (_, 1) => "key refused",
            (_, _) => "silent",
        };
        let probe = ProbeRow {
            at,
            provider: to.provider,
            endpoint: to.endpoint,
            model: to.model,
            outcome: outcome.to_owned(),
            ttft_ms: call.provider.then_some(call.ms / 2),
            total_ms: call.ms,
            tokens: None,
            cost,
            price_as_of: None,
        };
        ledger.book_probe(&probe).unwrap();
        return;
    }
    let test = FallbackTestRow {
        at,
        dialect: catalog::Dialect::Anthropic,
        route: "agents".to_owned(),
        requested_model: "lead-large".to_owned(),
        provider: to.provider,
        endpoint: to.endpoint,
        model: to.model,
        fingerprint: "00ff".to_owned(),
        failed: None,
        total_ms: call.ms,
        tokens: catalog::Tokens::default(),
        tokens_estimated: call.estimated,
        cost,
        counted: MicroDollars::ZERO,
        price_as_of: None,
    };
    ledger.book_fallback_test(&test).unwrap();
}

type Figures = (Vec<UptimePoint>, Vec<CostPoint>, Vec<LatencyPoint>);

fn figures(ledger: &Ledger, slots: &Slots) -> Figures {
    (
        ledger.uptime(slots).unwrap(),
        ledger.cost(slots).unwrap(),
        ledger.latency(slots).unwrap(),
    )
}

fn slots() -> Slots {
    let mut bounds = vec![t0()];
    while bounds.len() < 9 {
        bounds.push(day_of(bounds[bounds.len() - 1]).end);
    }
    Slots::new(bounds)
}

/// Differs by less than 1 %.
fn near(exact: u64, shown: u64) -> bool {
    exact.abs_diff(shown) * 100 <= exact
}

fn same(before: &Figures, now: &Figures) {
    assert_eq!(before.0, now.0);
    assert_eq!(before.1, now.1);
    assert_eq!(before.2.len(), now.2.len());
    for (exact, shown) in before.2.iter().zip(&now.2) {
        let of = |p: &LatencyPoint| (p.provider.clone(), p.measure, p.slot, p.responses);
        assert_eq!(of(exact), of(shown));
        assert!(near(exact.p50_ms, shown.p50_ms), "{exact:?} {shown:?}");
        assert!(near(exact.p95_ms, shown.p95_ms), "{exact:?} {shown:?}");
        assert!(shown.rounded || exact == shown);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_deletion_changes_no_figure(
        calls in proptest::collection::vec(call(), 1..90),
        limit in 1_i64..9,
        rows in 1_u32..20,
    ) {
        let mut ledger = fresh();
        for call in &calls {
            book(&mut ledger, call);
        }
        let slots = slots();
        let before = figures(&ledger, &slots);
        let requests = count(&ledger, "exchanges WHERE rehearsal = 0");
        let limits = all_before(t0() + days(limit));
        let mut next = Some(Progress::default());
        while let Some(progress) = next {
            next = ledger.delete_expired(&limits, &day_of, progress, rows).unwrap().next;
            same(&before, &figures(&ledger, &slots));
        }
        let kept = count(&ledger, "exchanges WHERE rehearsal = 0");
        let summed: i64 = ledger.conn.query_row("SELECT coalesce(sum(requests), 0) FROM daily", (), |row| row.get(0)).unwrap();
        prop_assert_eq!(kept + summed, requests);
        let limit = limits.exchanges.unwrap().timestamp_millis();
        prop_assert_eq!(count(&ledger, &format!("exchanges WHERE started_at < {limit}")), 0);
        prop_assert_eq!(count(&ledger, &format!("probes WHERE at < {limit}")), 0);
    }
}

/// A chart of weeks instead of days, while a part of a day is deleted.
#[test]
fn a_week_has_the_sums_of_its_days() {
    let mut ledger = fresh();
    for hour in 0..7 * 24 {
        let mut row = answered(t0() + Duration::hours(hour));
        row.attempts[0].total_ms = 100 + hour.unsigned_abs();
        ledger.book_exchange(&row).unwrap();
    }
    let week = Slots::new(vec![t0(), t0() + days(7) + Duration::hours(1)]);
    let before = figures(&ledger, &week);
    assert_eq!(before.0[0].calls, 7 * 24);
    super::delete(
        &mut ledger,
        &all_before(t0() + days(5) + Duration::hours(11)),
    );
    same(&before, &figures(&ledger, &week));
}

fn in_memory(quarters: &mut Quarters, reader: &Reader, slots: &Slots) -> Figures {
    (
        quarters.uptime(reader, slots).unwrap(),
        quarters.cost(reader, slots).unwrap(),
        quarters.latency(reader, slots).unwrap(),
    )
}

/// Its rows are deleted after it read them, and others before.
#[test]
fn charts_in_memory_follow_a_deletion() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.sqlite");
    let mut ledger = Ledger::open(&file, t0()).unwrap();
    let reader = Reader::open(&file).unwrap();
    for n in 0..160 {
        let at = t0() + Duration::minutes(n * 53);
        let mut row = match n % 3 {
            0 => carried(at),
            1 => answered(at),
            _ => exhausted(at),
        };
        row.attempts[0].total_ms = 100 + n.unsigned_abs() * 37;
        row.attempts[0].tokens_estimated = n % 2 == 0;
        ledger.book_exchange(&row).unwrap();
    }
    let slots = slots();
    let mut long = Quarters::default();
    let before = in_memory(&mut long, &reader, &slots);
    assert_eq!(before, figures(&ledger, &slots));
    let limits = all_before(t0() + days(3) + Duration::hours(7));
    let mut next = Some(Progress::default());
    let mut late = 0;
    while let Some(progress) = next {
        let step = ledger.delete_expired(&limits, &day_of, progress, 7);
        next = step.unwrap().next;
        same(&before, &in_memory(&mut long, &reader, &slots));
        same(
            &before,
            &in_memory(&mut Quarters::default(), &reader, &slots),
        );
        late += 1;
    }
    assert!(late > 10);
    ledger.book_exchange(&answered(t0() + days(1))).unwrap();
    let calls = |figures: &Figures| figures.0.iter().map(|point| point.calls).sum::<u64>();
    let after = in_memory(&mut long, &reader, &slots);
    assert_eq!(calls(&after), calls(&before) + 1);
}

#[test]
fn an_impossible_cost_stops_no_deletion() {
    let mut ledger = fresh();
    for minute in 0..3 {
        let mut row = answered(t0() + Duration::minutes(minute));
        row.cost = Some(MicroDollars(i64::MAX));
        row.attempts[0].cost = Some(MicroDollars(i64::MAX));
        ledger.book_exchange(&row).unwrap();
    }
    let limits = all_before(t0() + days(2));
    let mut next = Some(Progress::default());
    while let Some(progress) = next {
        next = ledger
            .delete_expired(&limits, &day_of, progress, 1)
            .unwrap()
            .next;
    }
    assert_eq!(count(&ledger, "exchanges"), 0);
    let cost = ledger.cost(&slots()).unwrap();
    assert_eq!(cost[0].own, MicroDollars(i64::MAX));
}
