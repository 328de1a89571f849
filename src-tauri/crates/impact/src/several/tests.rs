use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::at_risk::tests::leads;

/// Of the week that begins on Monday 22 June 2026, in Berlin's time.
fn outage(day: i64, from: i64, to: i64) -> Vec<Stretch> {
    let monday: DateTime<Utc> = "2026-06-21T22:00:00Z".parse().unwrap();
    let at = |hour| monday + TimeDelta::days(day) + TimeDelta::hours(hour);
    vec![Stretch {
        from: at(from),
        to: at(to),
        share: 1.0,
    }]
}

fn figures(surge: &str, incidents: &[Vec<Stretch>]) -> Vec<(String, String, String)> {
    at_risk_of_each(&leads(surge), incidents)
        .into_iter()
        .map(|one| (one.low.to_string(), one.high.to_string(), one.method))
        .collect()
}

#[test]
fn two_providers_at_once_count_an_hour_once() {
    let both = figures("1", &[outage(0, 10, 14), outage(0, 12, 16)]);
    assert_eq!((&*both[0].1, &*both[1].1), ("$2,000", "$1,000"));
    assert_eq!(
        both[1].2,
        "Estimated: 50 items a week × $400 × 2 h that no earlier incident has counted inside Mon-Fri 09:00-17:00 Europe/Berlin \
         ÷ 40 active hours a week × surge 1 = $1,000."
    );
    let inside = figures("1", &[outage(0, 10, 14), outage(0, 11, 12)]);
    assert_eq!(
        inside[1].2,
        "$0: an earlier incident has counted these hours."
    );
    let outside = figures("1", &[outage(0, 18, 22), outage(0, 19, 20)]);
    assert!(
        outside[1].2.contains("lies outside the schedule"),
        "{}",
        outside[1].2
    );
}

#[test]
fn the_incidents_of_a_week_are_at_most_its_value() {
    let week = figures(
        "2.5 to 7.5",
        &[outage(0, 10, 14), outage(1, 10, 14), outage(7, 10, 14)],
    );
    assert_eq!((&*week[0].0, &*week[0].1), ("$5,000", "$15,000"));
    assert_eq!((&*week[1].0, &*week[1].1), ("$5,000", "$5,000"));
    assert!(
        week[1].2.ends_with(
            "= $5,000 to $15,000. Limited to $5,000: earlier incidents have counted the rest of that week's value."
        ),
        "{}",
        week[1].2
    );
    assert_eq!((&*week[2].0, &*week[2].1), ("$5,000", "$15,000"));
}

#[test]
fn an_incident_over_a_weekend_counts_friday_and_monday() {
    // Friday 15:00 to Monday 11:00: 2 h and 2 h.
    let weekend = figures("1", &[outage(4, 15, 83)]);
    assert_eq!(weekend[0].1, "$2,000");
}

#[test]
fn both_clock_changes_are_counted_as_they_last() {
    let mut night = leads("1");
    night.schedule = "daily 00:00-06:00 Europe/Berlin".parse().unwrap();
    let of = |night: &Pipeline, from: &str, to: &str| {
        let stretch = Stretch {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            share: 1.0,
        };
        at_risk_of_each(night, &[vec![stretch]])[0].hours_lost
    };
    // Sunday 29 March 2026 has no hour from 02:00 to 03:00, and 25 October 2026 has it twice.
    assert_eq!(
        of(&night, "2026-03-28T23:00:00Z", "2026-03-29T04:00:00Z"),
        5.0
    );
    assert_eq!(
        of(&night, "2026-10-24T22:00:00Z", "2026-10-25T05:00:00Z"),
        7.0
    );
    // The same hours in New York.
    night.schedule = "daily 00:00-06:00 America/New_York".parse().unwrap();
    assert_eq!(
        of(&night, "2026-03-28T23:00:00Z", "2026-03-29T04:00:00Z"),
        0.0
    );
}

fn any_incident() -> impl Strategy<Value = Vec<Stretch>> {
    (
        0..14 * 24i64,
        prop::collection::vec((0..72i64, 0.0..1.0f64), 1..4),
    )
        .prop_map(|(hour, parts)| {
            let begin = outage(0, hour, hour)[0].from;
            let mut from = begin;
            let mut stretches = Vec::new();
            for (hours, share) in parts {
                let to = from + TimeDelta::hours(hours);
                stretches.push(Stretch { from, to, share });
                from = to;
            }
            stretches
        })
}

proptest! {
    #[test]
    fn overlaps_are_never_more_than_the_week(
        incidents in prop::collection::vec(any_incident(), 1..8),
        surge in prop::sample::select(vec!["1", "2.5 to 7.5", "0.2 to 40"]),
    ) {
        let pipeline = leads(surge);
        let mut weeks: BTreeMap<_, (i64, i64)> = BTreeMap::new();
        for (estimate, outage) in at_risk_of_each(&pipeline, &incidents).iter().zip(&incidents) {
            prop_assert!(0 <= estimate.low.0 && estimate.low <= estimate.high);
            let sum = weeks.entry(week_of(&pipeline, outage)).or_default();
            sum.0 += estimate.low.0;
            sum.1 += estimate.high.0;
        }
        for sum in weeks.values() {
            prop_assert!(sum.1 <= week(&pipeline).0, "{sum:?}");
        }
    }
}
