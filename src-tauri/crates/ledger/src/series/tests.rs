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
    let point = |provider: &str, slot, [calls, failed, uncarried, carried]: [u64; 4]| UptimePoint {
        provider: provider.into(),
        slot,
        calls,
        failed,
        uncarried,
        carried,
        limits: 0,
        local: 0,
    };
    // Day 0 of "lead": one answered, one failed before its fallback, one complete probe and one timeout.
    let expected = vec![
        point("lead", 0, [4, 2, 1, 1]),
        point("lead", 1, [1, 1, 1, 0]),
        point("second", 0, [1, 0, 0, 0]),
    ];
    assert_eq!(ledger().uptime(&days()).unwrap(), expected);
}

/// A request that skips its provider makes no call to it. A second failure of a carried request counts once.
#[test]
fn a_carried_request_counts_once_for_its_own_provider() {
    let mut ledger = fresh();
    let mut skipped = carried(t0());
    skipped.attempts.remove(0);
    ledger.book_exchange(&skipped).unwrap();
    let mut twice = carried(t0());
    twice.attempts.insert(0, twice.attempts[0].clone());
    ledger.book_exchange(&twice).unwrap();
    // The first fallback failed too: it is no request of "second".
    let mut third = carried(t0());
    third.attempts[1].provider_failed = true;
    third.attempts[1].outcome = AttemptOutcome::Failed;
    third.attempts.push(third.attempts[0].clone());
    third.attempts[2] = answered(t0()).attempts.remove(0);
    third.attempts[2].provider = "third".into();
    third.attempts[2].endpoint = "third-api".into();
    ledger.book_exchange(&third).unwrap();
    let points = ledger.uptime(&days()).unwrap();
    let of = |provider: &str| {
        let point = points.iter().find(|one| one.provider.as_str() == provider);
        point.map(|p| [p.calls, p.failed, p.uncarried, p.carried])
    };
    assert_eq!(of("lead"), Some([3, 3, 0, 3]));
    assert_eq!(of("second"), Some([3, 1, 1, 0]));
    let today = ledger.today(t0()).unwrap();
    assert_eq!(today.carried_by_fallback, 3, "as the window shows");
    let reported = ledger.report_carried(&days()).unwrap();
    assert_eq!(reported, [("lead".into(), 0, 3)], "as a report shows");
}

#[test]
fn a_limit_and_a_fault_of_this_computer_are_no_failure_of_the_provider() {
    let mut ledger = fresh();
    for outcome in [
        AttemptOutcome::Limit,
        AttemptOutcome::RateLimit,
        AttemptOutcome::Offline,
        AttemptOutcome::RequestAtFault,
    ] {
        let mut row = exhausted(t0());
        row.end = crate::End::CallersFault;
        row.attempts[0].outcome = outcome;
        row.attempts[0].provider_failed = false;
        row.attempts[0].ttft_ms = None;
        ledger.book_exchange(&row).unwrap();
    }
    let mut none = exhausted(t0());
    none.end = crate::End::OurFault;
    none.attempts.clear();
    ledger.book_exchange(&none).unwrap();
    ledger.book_probe(&probe(t0(), "out of quota", 1)).unwrap();
    let points = ledger.uptime(&days()).unwrap();
    let counted: Vec<_> = points
        .iter()
        .map(|p| (p.calls, p.failed, p.limits, p.local))
        .collect();
    assert_eq!(counted, [(0, 0, 3, 2)]);
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

fn cost(
    provider: &str,
    slot: u32,
    [own, fallback, probes, estimated]: [i64; 4],
    unpriced: u64,
) -> CostPoint {
    CostPoint {
        provider: provider.into(),
        slot,
        own: MicroDollars(own),
        fallback: MicroDollars(fallback),
        probes: MicroDollars(probes),
        estimated: MicroDollars(estimated),
        unpriced,
    }
}

#[test]
fn cost_separates_own_requests_from_fallbacks_and_probes() {
    let mut ledger = ledger();
    let mut cut = carried(t0() + hours(25));
    cut.attempts[0].tokens_estimated = true;
    cut.attempts[0].cost = Some(MicroDollars(1_000));
    cut.cost = Some(MicroDollars(6_260));
    ledger.book_exchange(&cut).unwrap();
    // Day 0 of "lead": one response and three probes; on day 1 a request failed without a known cost.
    let expected = vec![
        cost("lead", 0, [5_260, 0, 3 * 40, 0], 0),
        cost("lead", 1, [1_000, 0, 0, 1_000], 1),
        cost("second", 0, [0, 5_260, 0, 0], 0),
        cost("second", 1, [0, 5_260, 0, 0], 0),
    ];
    let points = ledger.cost(&days()).unwrap();
    assert_eq!(points, expected);
    // The sums of the days equal the sums that the window shows.
    let sum = |of: fn(&CostPoint) -> MicroDollars| points.iter().map(of).sum::<MicroDollars>();
    let sums = ledger.today(t0()).unwrap();
    assert_eq!(sum(|p| p.own) + sum(|p| p.fallback), sums.spent);
    assert_eq!(sum(|p| p.fallback), sums.fallbacks, "what the cap counts");
    assert_eq!(sum(|p| p.estimated), sums.of_estimated_tokens);
    assert_eq!(
        points.iter().map(|p| p.unpriced).sum::<u64>(),
        sums.unpriced
    );
    let last = MicroDollars(40);
    assert_eq!(
        sum(|p| p.probes) + last,
        sums.probes,
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
    let known = ledger.cost(&days()).unwrap();
    ledger.book_exchange(&drilled(t0() + hours(26))).unwrap();
    let after = (
        ledger.uptime(&days()).unwrap(),
        ledger.latency(&days()).unwrap(),
    );
    assert_eq!(after, before);
    let added = cost("second", 1, [0, 5_260, 0, 0], 0);
    let points = ledger.cost(&days()).unwrap();
    let new: Vec<_> = points
        .iter()
        .filter(|point| !known.contains(point))
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

fn lanes(ledger: &Ledger, id: i64) -> IncidentLanes {
    let found = ledger.incident_lanes(id, t0() + minutes(60)).unwrap();
    found.unwrap()
}

fn of_client(client: &str, row: crate::ExchangeRow) -> crate::ExchangeRow {
    crate::ExchangeRow {
        client: client.to_owned(),
        ..row
    }
}

#[test]
fn an_incident_has_its_requests_in_lanes() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    assert_eq!(lanes(&ledger, id).lanes, [], "no request was affected");
    let mut cut = exhausted(t0() + minutes(3));
    cut.end = crate::End::Cut;
    for row in [
        of_client("n8n", exhausted(t0() + minutes(1))),
        of_client("n8n", carried(t0() + minutes(2))),
        of_client("n8n", cut),
        crate::ExchangeRow {
            pipeline: Some("leads".to_owned()),
            ..carried(t0() + minutes(2))
        },
        of_client("n8n", answered(t0() + minutes(2))),
    ] {
        ledger.book_exchange(&row).unwrap();
    }
    let found = lanes(&ledger, id);
    let of: Vec<_> = found
        .lanes
        .iter()
        .map(|lane| (lane.of.clone(), lane.requests))
        .collect();
    let expected = [
        (LaneOf::Client("n8n".into()), 3),
        (LaneOf::Pipeline("leads".into()), 1),
    ];
    assert_eq!(of, expected);
    let outcomes: Vec<_> = found.lanes[0].bars.iter().map(|bar| bar.outcome).collect();
    use LaneOutcome::{Carried, Failed, Interrupted};
    assert_eq!(outcomes, [Failed, Carried, Interrupted]);
    let bar = &found.lanes[0].bars[0];
    assert_eq!(bar.began, t0() + minutes(1));
    assert_eq!((bar.ended - bar.began).num_milliseconds(), 903);
    let met = ledger.met(id).unwrap().unwrap();
    assert_eq!(met.traffic.hit, 4, "as the incident counts");
    assert_eq!(ledger.incident_lanes(99, t0()).unwrap(), None);
}

#[test]
fn a_lane_of_many_requests_has_counts_and_the_smallest_lanes_are_one() {
    let mut ledger = fresh();
    let id = ledger.apply(&opened("lead", t0())).unwrap().unwrap();
    for n in 0..=LANE_REQUESTS {
        let at = t0() + TimeDelta::seconds(n as i64);
        ledger
            .book_exchange(&of_client("busy", carried(at)))
            .unwrap();
    }
    for n in 0..9 {
        let row = of_client(&format!("client {n}"), exhausted(t0() + minutes(n)));
        ledger.book_exchange(&row).unwrap();
    }
    let found = lanes(&ledger, id);
    assert_eq!(found.lanes.len(), 8);
    let busy = &found.lanes[0];
    assert!(busy.bars.is_empty());
    let counted: u64 = busy.counts.iter().map(|count| count.requests).sum();
    assert_eq!(
        (busy.requests, counted),
        (LANE_REQUESTS + 1, LANE_REQUESTS + 1)
    );
    let last = &found.lanes[7];
    assert_eq!(
        (&last.of, last.requests, last.bars.len()),
        (&LaneOf::Others, 3, 3)
    );
}

#[test]
fn a_ribbon_has_the_page_the_probes_and_the_requests() {
    use health::{Observation, Page, Unreadable};
    let mut ledger = ledger();
    let page = |at, levels: &[(&str, health::Level)]| Observation::Page {
        at,
        provider: "lead".into(),
        reading: Ok(Page {
            surfaces: levels
                .iter()
                .map(|(id, level)| ((*id).into(), *level))
                .collect(),
            incidents: Vec::new(),
            read_from: String::new(),
            incidents_only: false,
            changed: None,
            missing: Vec::new(),
        }),
    };
    use health::Level::{MajorOutage, Operational};
    ledger.record(&page(t0(), &[("api", Operational)])).unwrap();
    ledger
        .record(&page(t0() + minutes(1), &[("api", MajorOutage)]))
        .unwrap();
    let unread = Observation::Page {
        at: t0() + hours(25),
        provider: "lead".into(),
        reading: Err(Unreadable::Offline),
    };
    ledger.record(&unread).unwrap();
    let found = ledger.ribbon(&"lead".into(), &days()).unwrap();
    let page: Vec<_> = found
        .page
        .iter()
        .map(|p| (&*p.surface, p.slot, p.level))
        .collect();
    assert_eq!(page, [("", 1, None), ("api", 0, Some(MajorOutage))]);
    let counts = |points: &[CallPoint]| -> Vec<_> {
        points
            .iter()
            .map(|p| (p.slot, p.answered, p.failed))
            .collect()
    };
    assert_eq!(counts(&found.traffic), [(0, 1, 1), (1, 0, 1)]);
    assert_eq!(counts(&found.probes), [(0, 1, 1)]);
    assert_eq!(
        ledger.ribbon(&"other".into(), &days()).unwrap(),
        Ribbon::default()
    );
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
    for sql in [uptime::UPTIME, latency::LATENCY, super::cost::COST] {
        let plan = crate::tests::paging::plan(&ledger, sql);
        let index = "INDEX exchanges_by_start (started_at>? AND started_at<?)";
        assert!(plan.contains(index), "{plan}");
    }
}
