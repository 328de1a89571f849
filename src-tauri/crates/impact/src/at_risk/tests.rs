use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::schedule::tests::any_schedule;
use crate::{Currency, Schedule, Surge};

pub(crate) fn leads(surge: &str) -> Pipeline {
    Pipeline {
        name: "Leads".to_owned(),
        weekly_items: 50.0,
        value: MicroDollars::from_dollars(400.0),
        currency: Currency::USD,
        schedule: "Mon-Fri 09:00-17:00 Europe/Berlin"
            .parse::<Schedule>()
            .unwrap(),
        surge: surge.parse().unwrap(),
        providers: vec!["anthropic".into()],
    }
}

fn utc(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().unwrap()
}

fn interval(from: DateTime<Utc>, length: TimeDelta) -> [Stretch; 1] {
    [Stretch {
        from,
        to: from + length,
        share: 1.0,
    }]
}

/// Low, high and the method of an outage with this start and length.
fn estimate(pipeline: &Pipeline, from: &str, hours: i64) -> (String, String, String) {
    let from = utc(from);
    let reported = at_risk(pipeline, &interval(from, TimeDelta::hours(hours)));
    (
        reported.low.to_string(),
        reported.high.to_string(),
        reported.method,
    )
}

#[test]
fn four_hours_inside_a_campaign_put_5000_to_15000_dollars_at_risk() {
    let (low, high, method) = estimate(&leads("2.5 to 7.5"), "2026-06-22T08:00", 4);
    assert_eq!((low.as_str(), high.as_str()), ("$5,000", "$15,000"));
    assert_eq!(
        method,
        "Estimated: 50 items a week × $400 × 4 h of the outage inside Mon-Fri 09:00-17:00 Europe/Berlin ÷ 40 active hours a \
         week × surge 2.5 to 7.5 = $5,000 to $15,000."
    );
}

#[test]
fn in_a_usual_week_the_same_outage_puts_2000_dollars_at_risk() {
    let (low, high, method) = estimate(&leads("1"), "2026-06-22T08:00", 4);
    assert_eq!((low.as_str(), high.as_str()), ("$2,000", "$2,000"));
    assert!(method.ends_with("× surge 1 = $2,000."), "{method}");
}

#[test]
fn outside_the_schedule_nothing_is_at_risk_and_the_method_has_the_reason() {
    // Sunday 21 June 2026, 20:00 in Berlin.
    let (low, high, method) = estimate(&leads("2.5 to 7.5"), "2026-06-21T18:00", 4);
    assert_eq!((low.as_str(), high.as_str()), ("$0", "$0"));
    assert_eq!(
        method,
        "$0: the outage from Sun 21 Jun 20:00 to Mon 22 Jun 00:00 lies outside the schedule Mon-Fri 09:00-17:00 Europe/Berlin."
    );
}

#[test]
fn the_result_is_at_most_one_weeks_value() {
    let (low, high, method) = estimate(&leads("2.5 to 7.5"), "2026-06-22T07:00", 8);
    assert_eq!((low.as_str(), high.as_str()), ("$10,000", "$20,000"));
    assert!(
        method.ends_with("= $10,000 to $20,000, limited to one week's value."),
        "{method}"
    );
}

#[test]
fn an_outage_without_length_costs_nothing() {
    let (low, high, method) = estimate(&leads("2"), "2026-06-22T08:00", 0);
    assert_eq!((low.as_str(), high.as_str()), ("$0", "$0"));
    assert_eq!(method, "$0: the outage has no length yet.");
    assert_eq!(estimate(&leads("2"), "2026-06-22T08:00", -3).1, "$0");
}

/// Calculating the printed sentence by hand gives the same result.
#[test]
fn the_printed_calculation_is_correct() {
    let mut daily = leads("1");
    daily.weekly_items = 60.0;
    daily.schedule = "daily 08:00-22:00 Europe/Berlin".parse().unwrap();
    let from = utc("2026-06-22T08:00");
    let of = |pipeline: &Pipeline, seconds: i64| {
        let reported = at_risk(pipeline, &interval(from, TimeDelta::seconds(seconds)));
        (reported.low.to_string(), reported.method)
    };
    // 4 minutes 7 seconds: 60 × 400 × 4 ÷ 5880.
    let (low, method) = of(&daily, 247);
    assert_eq!(low, "$16.33");
    assert_eq!(
        method,
        "Estimated: 60 items a week × $400 × 4 min of the outage inside Mon-Sun 08:00-22:00 Europe/Berlin ÷ 5880 active \
         minutes a week × surge 1 = $16.33."
    );
    // A duration below a minute counts as a minute.
    assert_eq!(of(&daily, 10).0, "$4.08");
    // 60 × 400 × 1.25 ÷ 98
    let (low, method) = of(&daily, 4500);
    assert_eq!(low, "$306.12");
    assert!(method.contains("1.25 h of the outage"), "{method}");
    assert!(method.contains("98 active hours"), "{method}");
    // 61 minutes are not a short decimal number of hours.
    let (low, method) = of(&daily, 3660);
    assert_eq!(low, "$248.98");
    assert!(method.contains("61 min of the outage"), "{method}");
    daily.weekly_items = 0.333;
    daily.value = MicroDollars::from_dollars(12.345);
    // 0.33 × 12.35 × 60 ÷ 5880 = 0.0416
    let (low, method) = of(&daily, 3600);
    assert!(
        method.starts_with("Estimated: 0.33 items a week × $12.35 × 1 h"),
        "{method}"
    );
    assert_eq!(low, "$0.04");
}

/// 8.3 hours of "degraded" with 3 % failed calls count as 15 minutes.
#[test]
fn a_degraded_stretch_counts_by_the_share_that_failed() {
    let from = utc("2026-06-22T07:00");
    let stretch = |begin: i64, end: i64, share| Stretch {
        from: from + TimeDelta::minutes(begin),
        to: from + TimeDelta::minutes(end),
        share,
    };
    let of = |outage: &[Stretch]| {
        let reported = at_risk(&leads("1"), outage);
        (reported.low.to_string(), reported.method)
    };
    let (low, method) = of(&[stretch(0, 4, 1.0), stretch(4, 304, 0.05)]);
    // 50 × 400 × 19 ÷ 2400
    assert_eq!(low, "$158.33");
    assert!(
        method.contains("19 min lost, by the share of calls that failed, inside Mon-Fri"),
        "{method}"
    );
    assert_eq!(
        of(&[stretch(0, 300, 0.0)]),
        (
            "$0".into(),
            "$0: no call is known to have failed in it.".into()
        )
    );
    assert_eq!(of(&[]).1, "$0: the outage has no length yet.");
    assert_eq!(of(&[stretch(0, 60, 7.0)]).0, of(&[stretch(0, 60, 1.0)]).0);
}

#[test]
fn a_pipeline_uses_the_providers_that_it_names_or_any() {
    let mut pipeline = leads("1");
    assert!(pipeline.uses(&"anthropic".into()));
    assert!(!pipeline.uses(&"openai".into()));
    pipeline.providers.clear();
    assert!(pipeline.uses(&"openai".into()));
}

#[test]
fn surges_are_parsed_in_common_forms() {
    for (text, low, high) in [
        ("1", 1.0, 1.0),
        ("2.5 to 7.5", 2.5, 7.5),
        ("2-3", 2.0, 3.0),
        (" 0.5 ", 0.5, 0.5),
    ] {
        assert_eq!(text.parse(), Ok(Surge { low, high }), "{text}");
    }
    for text in ["", "0", "-1", "3 to 2", "inf", "NaN", "a lot", "1 to"] {
        let error = text.parse::<Surge>().unwrap_err().to_string();
        assert!(error.contains("is not a valid surge"), "{text}: {error}");
    }
}

fn any_pipeline() -> impl Strategy<Value = Pipeline> {
    (
        any_schedule(),
        0.0..10_000.0f64,
        0.0..50_000.0f64,
        0.1..20.0f64,
        0.0..20.0f64,
    )
        .prop_map(|(schedule, weekly_items, dollars, low, more)| Pipeline {
            name: "Any".to_owned(),
            weekly_items,
            value: MicroDollars::from_dollars(dollars),
            currency: Currency::USD,
            schedule,
            surge: Surge {
                low,
                high: low + more,
            },
            providers: Vec::new(),
        })
}

proptest! {
    #[test]
    fn a_longer_outage_never_costs_less_and_never_more_than_a_week(
        pipeline in any_pipeline(),
        begin in 0..31_000_000i64,
        length in 0..2_000_000i64,
        more in 0..2_000_000i64,
    ) {
        let from = utc("2026-01-01T00:00") + TimeDelta::seconds(begin);
        let short = at_risk(&pipeline, &interval(from, TimeDelta::seconds(length)));
        let long = at_risk(&pipeline, &interval(from, TimeDelta::seconds(length + more)));
        prop_assert!(short.low <= long.low && short.high <= long.high);
        prop_assert!(long.low <= long.high);
        let week = hundredths(pipeline.weekly_items) * cents(pipeline.value).dollars();
        let week = cents(MicroDollars::from_dollars(week));
        prop_assert!(long.high <= week, "{} of {week}", long.high);
        prop_assert_eq!(short.hours_lost == 0.0, short.method.starts_with("$0"));
        if short.hours_lost == 0.0 {
            prop_assert_eq!((short.low, short.high), (MicroDollars::ZERO, MicroDollars::ZERO));
        }
    }
}
