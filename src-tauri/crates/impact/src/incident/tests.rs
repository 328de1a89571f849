use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::at_risk::{tests::leads, week};

fn outage(hours: i64) -> Vec<Vec<Stretch>> {
    let from: DateTime<Utc> = "2026-06-22T08:00:00Z".parse().unwrap();
    vec![vec![Stretch {
        from,
        to: from + TimeDelta::hours(hours),
        share: 1.0,
    }]]
}

fn items(safe: u64, waiting: u64, failed: u64) -> Items {
    Items {
        safe,
        waiting,
        failed,
        ..Items::default()
    }
}

#[test]
fn a_routed_pipeline_is_counted_and_not_estimated() {
    let of = |items| {
        part(
            &leads("2.5 to 7.5"),
            items,
            Basis::Measured,
            &outage(4),
            true,
        )
    };
    let part = of(items(57, 16, 3));
    let printed = |money: Money| money.to_string();
    assert_eq!(printed(part.safe), "$22,800");
    assert_eq!(printed(part.waiting), "$6,400");
    assert_eq!(printed(part.failed), "$1,200");
    assert_eq!(
        (printed(part.low), printed(part.high)),
        ("$7,600".into(), "$7,600".into())
    );
    assert_eq!(
        part.method,
        "Measured: (16 waiting + 3 failed) × $400 = $7,600."
    );
    assert_eq!(
        of(items(0, 0, 0)).method,
        "Measured: nothing of it was hit."
    );
    assert_eq!(
        of(items(2, 0, 0)).method,
        "Measured: all 2 affected items were answered."
    );
}

#[test]
fn a_pipeline_that_runs_elsewhere_is_estimated_from_hours_alone() {
    let of = |basis, estimate| {
        part(
            &leads("2.5 to 7.5"),
            Items::default(),
            basis,
            &outage(4),
            estimate,
        )
    };
    let elsewhere = of(Basis::Elsewhere, true);
    assert_eq!(elsewhere.low.to_string(), "$5,000");
    assert_eq!(elsewhere.high.to_string(), "$15,000");
    assert_eq!(
        elsewhere.method,
        "Not routed through Understudy: estimated from hours alone. Estimated: 50 items a week × $400 × 4 h of the outage \
         inside Mon-Fri 09:00-17:00 Europe/Berlin ÷ 40 active hours a week × surge 2.5 to 7.5 = $5,000 to $15,000."
    );
    assert!(
        of(Basis::NotSeen, true)
            .method
            .starts_with("No request of it was seen: ")
    );
    let short = of(Basis::Elsewhere, false);
    assert_eq!((short.low.micro, short.high.micro), (0, 0));
    assert!(
        short
            .method
            .ends_with("No figure: the incident is under 10 minutes."),
        "{}",
        short.method
    );
}

#[test]
fn currencies_are_not_added() {
    let mut swiss = leads("1");
    swiss.currency = "CHF".parse().unwrap();
    let of =
        |pipeline: &Pipeline| part(pipeline, items(0, 2, 0), Basis::Measured, &outage(1), true);
    let parts = [of(&leads("1")), of(&swiss), of(&swiss)];
    assert_eq!(parts[1].method, "Measured: 2 waiting × CHF 400 = CHF 800.");
    let totals: Vec<String> = totals(&parts)
        .values()
        .map(|(low, _)| low.to_string())
        .collect();
    assert_eq!(totals, ["CHF 1,600", "$800"]);
}

fn basis() -> impl Strategy<Value = Basis> {
    prop::sample::select(vec![Basis::Measured, Basis::Elsewhere, Basis::NotSeen])
}

proptest! {
    #[test]
    fn at_risk_lies_between_zero_and_the_total(
        (safe, waiting, failed) in (0..2_000u64, 0..2_000u64, 0..2_000u64),
        hours in 0..400i64,
        basis in basis(),
    ) {
        let pipeline = leads("2.5 to 7.5");
        let of = part(&pipeline, items(safe, waiting, failed), basis, &outage(hours), true);
        let total = of.safe.micro + of.waiting.micro + of.failed.micro
            + if basis == Basis::Measured { 0 } else { week(&pipeline).0 };
        prop_assert!(0 <= of.low.micro && of.low.micro <= of.high.micro && of.high.micro <= total);
    }

    #[test]
    fn the_printed_sum_is_the_sum_of_what_is_printed(
        parts in prop::collection::vec((0..500u64, 0..500u64, 0.01..9_000.0f64, basis(), 1..100i64), 1..6),
    ) {
        let parts: Vec<Part> = parts.into_iter().map(|(waiting, failed, value, basis, hours)| {
            let mut pipeline = leads("2.5 to 7.5");
            pipeline.value = catalog::MicroDollars::from_dollars(value);
            part(&pipeline, items(0, waiting, failed), basis, &outage(hours), true)
        }).collect();
        let printed = |money: Money| -> i64 {
            let text = money.to_string().replace(['$', ','], "");
            (text.parse::<f64>().unwrap() * 1e6).round() as i64
        };
        let (low, high) = totals(&parts)[&Currency::USD];
        prop_assert_eq!(printed(low), parts.iter().map(|part| printed(part.low)).sum::<i64>());
        prop_assert_eq!(printed(high), parts.iter().map(|part| printed(part.high)).sum::<i64>());
        for part in &parts {
            prop_assert!(printed(part.waiting) + printed(part.failed) <= printed(part.low));
        }
    }

    #[test]
    fn at_risk_falls_as_items_are_recovered(
        (waiting, failed) in (0..50u64, 0..50u64),
        recovered in prop::collection::vec(any::<bool>(), 0..100),
    ) {
        let mut left = items(3, waiting, failed);
        let of = |items| part(&leads("1"), items, Basis::Measured, &outage(1), true);
        let mut before = of(left);
        for waiting in recovered {
            let from = if waiting { &mut left.waiting } else { &mut left.failed };
            if *from == 0 {
                continue;
            }
            *from -= 1;
            left.safe += 1;
            left.recovered += 1;
            let now = of(left);
            prop_assert!(now.high.micro < before.high.micro && now.low.micro < before.low.micro);
            before = now;
        }
    }
}
