use chrono::TimeDelta;

use super::desk::{at, zone};
use crate::{Month, NotAMonth};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

#[test]
fn a_month_begins_and_ends_at_local_midnight_also_over_a_clock_change() {
    let berlin = zone("Europe/Berlin");
    for (name, from, to, days) in [
        (
            "2026-03",
            "2026-02-28T23:00:00Z",
            "2026-03-31T22:00:00Z",
            31,
        ),
        (
            "2026-10",
            "2026-09-30T22:00:00Z",
            "2026-10-31T23:00:00Z",
            31,
        ),
        (
            "2026-12",
            "2026-11-30T23:00:00Z",
            "2026-12-31T23:00:00Z",
            31,
        ),
        (
            "2028-02",
            "2028-01-31T23:00:00Z",
            "2028-02-29T23:00:00Z",
            29,
        ),
    ] {
        let month = month(name);
        assert_eq!(
            (month.begins(&berlin), month.ends(&berlin)),
            (at(from), at(to)),
            "{name}"
        );
        let bounds = month.days(&berlin);
        assert_eq!(
            (bounds.first(), bounds.last()),
            (Some(&at(from)), Some(&at(to)))
        );
        assert_eq!(bounds.len(), days + 1);
        let lengths: i64 = bounds
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).num_minutes())
            .sum();
        assert_eq!(lengths, (at(to) - at(from)).num_minutes());
    }
    let days = month("2026-10").days(&berlin);
    assert_eq!(days[25] - days[24], TimeDelta::hours(25), "25 October");
    let days = month("2026-03").days(&berlin);
    assert_eq!(days[29] - days[28], TimeDelta::hours(23), "29 March");
    // In Cairo, the clock goes forward at midnight: 24 April begins at 01:00.
    let days = month("2026-04").days(&zone("Africa/Cairo"));
    assert_eq!(days[23], at("2026-04-23T22:00:00Z"));
    assert_eq!(days[24] - days[23], TimeDelta::hours(23));
}

#[test]
fn an_instant_belongs_to_the_month_of_its_zone() {
    let new_year = at("2026-12-31T23:30:00Z");
    assert_eq!(
        Month::of(&zone("Europe/Berlin"), new_year),
        month("2027-01")
    );
    assert_eq!(
        Month::of(&zone("America/New_York"), new_year),
        month("2026-12")
    );
    assert_eq!(month("2027-01").before(), month("2026-12"));
    assert_eq!(month("2026-12").title(), "December 2026");
}

#[test]
fn another_text_is_refused_with_the_remedy() {
    for wrong in [
        "",
        "2026",
        "2026-13",
        "2026-1",
        "11-2026",
        "2026-11-30",
        "99999-01",
        "november",
    ] {
        assert_eq!(
            wrong.parse::<Month>(),
            Err(NotAMonth(wrong.to_owned())),
            "{wrong}"
        );
    }
    let error = "x".parse::<Month>().unwrap_err().to_string();
    assert!(error.contains("as 2026-11"), "{error}");
}
