use catalog::{MicroDollars, REHEARSAL, Tokens};

use super::{
    answered, candidate, carried, drilled, exhausted, fresh, minutes, opened, recovered, rehearsed,
    t0,
};
use crate::{End, ExchangeRow, IncidentTraffic, Ledger, ProbeRow, Sums};

fn probe(provider: &str, cost: Option<i64>) -> ProbeRow {
    let at = candidate(provider);
    ProbeRow {
        at: t0(),
        provider: at.provider,
        endpoint: at.endpoint,
        model: at.model,
        outcome: "complete".to_owned(),
        ttft_ms: Some(200),
        total_ms: 400,
        tokens: None,
        cost: cost.map(MicroDollars),
        price_as_of: None,
    }
}

/// "lead" was cut in mid-stream, at a cost of about 1,000 micro-dollars; "second" succeeded.
fn cut_and_carried(started: chrono::DateTime<chrono::Utc>, cost: Option<i64>) -> ExchangeRow {
    let mut exchange = carried(started);
    exchange.attempts[0].tokens_estimated = true;
    exchange.attempts[0].cost = Some(MicroDollars(1_000));
    exchange.cost = cost.map(MicroDollars);
    assert_eq!(
        exchange.cost_of_estimated_tokens().0,
        if cost.is_some() { 1_000 } else { 0 }
    );
    exchange
}

#[test]
fn today_sums_exchanges_since_midnight() {
    let mut ledger = fresh();
    let midnight = t0();
    for exchange in [
        answered(midnight - minutes(1)),
        answered(midnight),
        carried(midnight + minutes(1)),
        exhausted(midnight + minutes(2)),
        cut_and_carried(midnight + minutes(3), Some(6_260)),
        cut_and_carried(midnight + minutes(4), None),
        ExchangeRow {
            cost: None,
            attempts: Vec::new(),
            end: End::Replayed,
            ..answered(midnight)
        },
        ExchangeRow {
            cost: None,
            attempts: Vec::new(),
            end: End::TurnedAway,
            ..answered(midnight)
        },
    ] {
        ledger.book_exchange(&exchange).unwrap();
    }
    ledger.book_probe(&probe("lead", Some(40))).unwrap();
    ledger.book_probe(&probe("lead", None)).unwrap();
    let expected = Sums {
        exchanges: 6,
        failed: 1,
        carried_by_fallback: 3,
        spent: MicroDollars(2 * 5_260 + 6_260),
        of_estimated_tokens: MicroDollars(1_000),
        fallbacks: MicroDollars(3 * 5_260),
        drills: MicroDollars::ZERO,
        probes: MicroDollars(40),
        unpriced: 2,
    };
    assert_eq!(ledger.today(midnight).unwrap(), expected);
    assert_eq!(
        ledger.today(midnight + minutes(60)).unwrap(),
        Sums::default()
    );
}

/// Requests forwarded with the stored key count against the cap; those paid by a client's login do not.
#[test]
fn the_query_and_the_type_agree_on_what_the_cap_counts() {
    let passed = |cost: Option<i64>| {
        let mut row = ExchangeRow {
            route: crate::PASSED.into(),
            primary: None,
            cost: cost.map(MicroDollars),
            ..answered(t0())
        };
        row.attempts[0].cost = row.cost;
        row.attempts[0].tokens = None;
        row
    };
    let unpriced = |mut row: ExchangeRow| {
        row.cost = None;
        row.attempts
            .iter_mut()
            .for_each(|attempt| attempt.cost = None);
        row
    };
    let by_subscription = |mut row: ExchangeRow| {
        row.attempts
            .iter_mut()
            .for_each(|attempt| attempt.by_subscription = true);
        row
    };
    for row in [
        passed(Some(20)),
        passed(None),
        unpriced(carried(t0())),
        by_subscription(unpriced(carried(t0()))),
        carried(t0()),
        answered(t0()),
    ] {
        let mut ledger = fresh();
        ledger.book_exchange(&row).unwrap();
        let counted = ledger.today(t0()).unwrap().fallbacks;
        assert_eq!(counted, row.fallbacks_cost(), "{row:?}");
    }
    assert_eq!(passed(Some(20)).fallbacks_cost(), MicroDollars(20));
    // 6802 tokens of input and 345 of output, at the highest list price.
    let dearest = 6_802 * catalog::DEAREST.0 + 345 * catalog::DEAREST.1;
    assert_eq!(
        unpriced(carried(t0())).fallbacks_cost(),
        MicroDollars(dearest)
    );
}

/// A subscription's requests cost nothing extra, so their cost is not missing.
#[test]
fn the_query_and_the_type_agree_on_which_cost_is_unknown() {
    let row = |by_subscription: [bool; 2], cost: Option<i64>| {
        let mut row = ExchangeRow {
            cost: cost.map(MicroDollars),
            ..carried(t0())
        };
        for (attempt, by_subscription) in row.attempts.iter_mut().zip(by_subscription) {
            attempt.by_subscription = by_subscription;
        }
        row
    };
    for (row, unknown) in [
        (row([true, true], None), 0),
        (row([true, false], None), 1),
        (row([false, false], None), 1),
        (row([false, false], Some(20)), 0),
    ] {
        let mut ledger = fresh();
        ledger.book_exchange(&row).unwrap();
        assert_eq!(ledger.today(t0()).unwrap().unpriced, unknown, "{row:?}");
        assert_eq!(u64::from(row.is_unpriced()), unknown, "{row:?}");
    }
}

#[test]
fn the_query_and_the_type_agree_on_what_failed() {
    for &end in End::ALL {
        let mut ledger = fresh();
        ledger
            .book_exchange(&ExchangeRow {
                end,
                ..answered(t0())
            })
            .unwrap();
        let failed = ledger.today(t0()).unwrap().failed;
        assert_eq!(failed, u64::from(end.failed()), "{end:?}");
    }
}

#[test]
fn rehearsals_count_in_no_figure() {
    let mut ledger = fresh();
    let incident = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    for exchange in [answered(t0()), carried(t0()), exhausted(t0())] {
        ledger.book_exchange(&rehearsed(exchange)).unwrap();
    }
    ledger.book_probe(&probe(REHEARSAL, Some(1_000))).unwrap();
    assert_eq!(ledger.today(t0() - minutes(60)).unwrap(), Sums::default());
    let traffic = traffic(&ledger, incident);
    assert_eq!(traffic, Some(IncidentTraffic::default()));
    assert_eq!(ledger.exchanges(100, None).unwrap().rows.len(), 3);
}

/// The cost of a drill's own request is real; the request itself is no traffic.
#[test]
fn a_drill_counts_in_the_cost_and_against_the_cap_and_nowhere_else() {
    let mut ledger = fresh();
    let incident = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    let cost = drilled(t0()).attempts[1].cost.unwrap();
    let mut estimated = drilled(t0() + minutes(1));
    estimated.attempts[1].tokens_estimated = true;
    let mut without_price = drilled(t0() + minutes(2));
    without_price.cost = None;
    without_price.attempts[1].cost = None;
    let at_dearest = without_price.attempts[1].counted();
    assert!(at_dearest > MicroDollars::ZERO);
    let rows = [
        drilled(t0() - minutes(1)),
        drilled(t0()),
        estimated,
        without_price,
    ];
    for row in &rows {
        ledger.book_exchange(row).unwrap();
    }
    let expected = Sums {
        spent: cost + cost,
        of_estimated_tokens: cost,
        fallbacks: cost + cost + at_dearest,
        drills: cost + cost,
        ..Sums::default()
    };
    assert_eq!(ledger.today(t0()).unwrap(), expected);
    let counted = rows[1..].iter().map(ExchangeRow::fallbacks_cost).sum();
    assert_eq!(expected.fallbacks, counted);
    let traffic = traffic(&ledger, incident);
    assert_eq!(traffic, Some(IncidentTraffic::default()));
}

fn traffic(ledger: &Ledger, incident: i64) -> Option<IncidentTraffic> {
    ledger.met(incident).unwrap().map(|met| met.traffic)
}

/// 12 minutes of outage, and exchanges around it.
fn outage(ledger: &mut Ledger) -> i64 {
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    let skipped = ExchangeRow {
        attempts: carried(t0()).attempts.split_off(1),
        ..carried(t0() + minutes(6))
    };
    let cut_at_the_start = ExchangeRow {
        end: End::Cut,
        total_ms: 90_000,
        ..exhausted(t0() - minutes(1))
    };
    let of_another_route = ExchangeRow {
        primary: Some(candidate("second")),
        attempts: vec![super::attempt(
            &candidate("second"),
            crate::AttemptOutcome::Failed,
            true,
        )],
        ..exhausted(t0() + minutes(5))
    };
    for exchange in [
        carried(t0() - minutes(30)),  // long before
        cut_at_the_start,             // affected, failed
        answered(t0() + minutes(1)),  // the primary succeeded: not affected
        carried(t0() + minutes(2)),   // affected, answered by a fallback
        exhausted(t0() + minutes(4)), // affected, failed
        of_another_route,             // not affected
        skipped, // affected, answered by a fallback: the primary's breaker was open
        carried(t0() + minutes(13)), // after it closed
    ] {
        ledger.book_exchange(&exchange).unwrap();
    }
    id
}

#[test]
fn an_incident_counts_the_requests_that_it_affected() {
    let mut ledger = fresh();
    let id = outage(&mut ledger);
    let mut expected = IncidentTraffic {
        hit: 5,
        carried_by_fallback: 3,
        failed: 2,
    };
    assert_eq!(traffic(&ledger, id), Some(expected), "open");
    ledger
        .apply(&recovered("lead", t0(), t0() + minutes(12)))
        .unwrap();
    expected.hit -= 1;
    expected.carried_by_fallback -= 1;
    assert_eq!(traffic(&ledger, id), Some(expected), "closed");
    assert_eq!(traffic(&ledger, id + 1), None);
}

/// An absurd usage, which a broken provider once reported, must neither break the day's sums nor bypass the cap.
#[test]
fn a_sum_saturates_at_the_largest_integer() {
    let mut ledger = fresh();
    let most = MicroDollars(i64::MAX);
    let huge = Tokens {
        input: u64::MAX,
        output: u64::MAX,
        cache_read: u64::MAX,
        cache_write: u64::MAX,
        cache_write_hour: 0,
    };
    for (tokens, cost) in [
        (None, Some(most)),
        (Some(huge), Some(most)),
        (Some(huge), None),
    ] {
        let mut exchange = carried(t0());
        for attempt in &mut exchange.attempts {
            attempt.tokens_estimated = true;
            (attempt.tokens, attempt.cost) = (tokens, cost);
        }
        exchange.cost = cost;
        assert_eq!(exchange.fallbacks_cost(), most);
        ledger.book_exchange(&exchange).unwrap();
        ledger
            .book_probe(&probe("lead", cost.map(|cost| cost.0)))
            .unwrap();
    }
    let Sums {
        spent,
        of_estimated_tokens,
        fallbacks,
        ..
    } = ledger.today(t0()).unwrap();
    assert_eq!([spent, of_estimated_tokens, fallbacks], [most; 3]);
    assert_eq!(ledger.probes_spent(t0()).unwrap(), most);
}

#[test]
fn probes_cost_counts_against_their_budget() {
    let mut ledger = fresh();
    assert_eq!(ledger.probes_spent(t0()).unwrap(), MicroDollars::ZERO);
    ledger.book_probe(&probe("lead", Some(70))).unwrap();
    ledger.book_probe(&probe("second", Some(30))).unwrap();
    assert_eq!(ledger.probes_spent(t0()).unwrap(), MicroDollars(100));
    assert_eq!(
        ledger.probes_spent(t0() + minutes(1)).unwrap(),
        MicroDollars::ZERO
    );
}
