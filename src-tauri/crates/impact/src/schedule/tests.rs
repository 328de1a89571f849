use proptest::prelude::*;

use super::*;

fn schedule(text: &str) -> Schedule {
    text.parse().unwrap()
}

fn utc(text: &str) -> DateTime<Utc> {
    format!("{text}:00Z").parse().unwrap()
}

#[test]
fn hours_a_week() {
    let table = [
        ("Mon-Fri 09:00-17:00 UTC", 40.0),
        ("daily 00:00-24:00 UTC", 168.0),
        ("daily 00:00-00:00 UTC", 168.0),
        ("Sat 22:00-06:00 UTC", 8.0),
        ("Mon,Wed 09:30-10:00 UTC", 1.0),
        ("Mon 09:00-09:00 UTC", 24.0),
    ];
    for (text, hours) in table {
        assert_eq!(schedule(text).hours_a_week(), hours, "{text}");
    }
}

/// 20 April 2026 is a Monday. Clocks in Berlin skip 02:00–03:00 on 29 March 2026, and repeat it on 25 October.
#[test]
fn hours_inside() {
    let office = "Mon-Fri 09:00-17:00 Europe/Berlin";
    let night = "Fri 22:00-06:00 Europe/Berlin";
    let always = "daily 00:00-24:00 Europe/Berlin";
    let table = [
        (office, "2026-04-20T08:00", "2026-04-20T12:00", 4.0),
        (office, "2026-04-20T05:00", "2026-04-20T08:00", 1.0),
        (office, "2026-04-20T14:30", "2026-04-21T07:30", 1.0),
        (office, "2026-04-24T14:00", "2026-04-27T08:00", 2.0),
        (office, "2026-04-26T18:00", "2026-04-26T22:00", 0.0),
        (office, "2026-04-20T00:00", "2026-05-04T00:00", 80.0),
        // The period of Friday night ends on Saturday; none begins on Saturday.
        (night, "2026-04-25T00:00", "2026-04-25T04:00", 4.0),
        (night, "2026-04-25T00:00", "2026-04-26T04:00", 4.0),
        (night, "2026-04-24T19:00", "2026-04-24T21:00", 1.0),
        // A day of 23 hours and one of 25.
        (always, "2026-03-28T23:00", "2026-03-29T22:00", 23.0),
        (always, "2026-10-24T22:00", "2026-10-25T23:00", 25.0),
        // Periods that begin in the skipped hour, or end in the repeated one.
        (
            "Sun 02:30-04:00 Europe/Berlin",
            "2026-03-29T00:00",
            "2026-03-29T12:00",
            1.0,
        ),
        (
            "Sun 01:00-02:30 Europe/Berlin",
            "2026-03-29T00:00",
            "2026-03-29T12:00",
            1.0,
        ),
        (
            "Sun 01:00-02:30 Europe/Berlin",
            "2026-10-24T22:00",
            "2026-10-25T12:00",
            1.5,
        ),
        (
            "daily 02:30-02:30 Europe/Berlin",
            "2026-10-24T22:00",
            "2026-10-25T23:00",
            25.0,
        ),
        // Samoa had no 30 December 2011.
        (
            "Fri 09:00-17:00 Pacific/Apia",
            "2011-12-29T12:00",
            "2011-12-31T12:00",
            0.0,
        ),
    ];
    for (text, from, to, hours) in table {
        assert_eq!(
            schedule(text).hours_inside(utc(from), utc(to)),
            hours,
            "{text}: {from} to {to}"
        );
    }
}

#[test]
fn a_schedule_is_parsed_in_common_forms() {
    let table = [
        (
            "Mon-Fri 09:00-17:00 Europe/Berlin",
            "Mon-Fri 09:00-17:00 Europe/Berlin",
        ),
        (
            "monday,WED,sat 9:00-17:30 UTC",
            "Mon,Wed,Sat 09:00-17:30 UTC",
        ),
        ("Fri-Mon 22:00-06:00 UTC", "Mon,Fri-Sun 22:00-06:00 UTC"),
        (
            "daily 00:00-24:00 America/New_York",
            "Mon-Sun 00:00-24:00 America/New_York",
        ),
        ("Mon-Mon 00:00-00:00 UTC", "Mon 00:00-24:00 UTC"),
        (
            "Mon,Mon-Tue,Thu 08:00-09:00 UTC",
            "Mon-Tue,Thu 08:00-09:00 UTC",
        ),
    ];
    for (written, reported) in table {
        assert_eq!(schedule(written).to_string(), reported, "{written}");
    }
}

#[test]
fn the_error_for_an_invalid_schedule_shows_a_valid_one() {
    let table = [
        ("", "`` is not a valid schedule: write days, hours"),
        (
            "Mon-Fri 09:00-17:00",
            "`Mon-Fri 09:00-17:00` is not a valid schedule",
        ),
        (
            "Mon-Fri 09:00 - 17:00 UTC",
            "`Mon-Fri 09:00 - 17:00 UTC` is not a valid schedule",
        ),
        ("Mo-Fr 09:00-17:00 UTC", "`Mo` is not a valid day: use Mon"),
        ("Mon- 09:00-17:00 UTC", "`` is not a valid day"),
        ("Mon 9-17 UTC", "`9-17` is not a valid range of hours"),
        ("Mon 25:00-26:00 UTC", "`25:00-26:00` is not a valid range"),
        ("Mon 24:00-09:00 UTC", "`24:00-09:00` is not a valid range"),
        (
            "Mon 09:00-17:00 Berlin",
            "`Berlin` is not a valid time zone",
        ),
    ];
    for (text, expected) in table {
        let error = text.parse::<Schedule>().unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
}

pub(crate) fn any_schedule() -> impl Strategy<Value = Schedule> {
    let zones = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
    ];
    let minute = 0..24 * 60u32;
    (
        prop::sample::subsequence(Day::ALL.to_vec(), 1..=7),
        minute.clone(),
        minute,
        prop::sample::select(zones.to_vec()),
    )
        .prop_map(|(days, from, to, zone)| Schedule {
            days,
            from: NaiveTime::from_num_seconds_from_midnight_opt(from * 60, 0).unwrap(),
            to: NaiveTime::from_num_seconds_from_midnight_opt(to * 60, 0).unwrap(),
            zone: zone.parse().unwrap(),
        })
}

proptest! {
    #[test]
    fn a_printed_schedule_can_be_parsed(schedule in any_schedule()) {
        prop_assert_eq!(schedule.to_string().parse(), Ok(schedule));
    }

    /// Hours inside are never negative and never exceed the period, and those of two parts add up to the total.
    #[test]
    fn parts_add_up(schedule in any_schedule(), begin in 0..63_000_000i64, one in 0..900_000i64, two in 0..900_000i64) {
        let start = utc("2026-01-01T00:00") + TimeDelta::seconds(begin);
        let (middle, end) = (start + TimeDelta::seconds(one), start + TimeDelta::seconds(one + two));
        let (first, second) = (schedule.hours_inside(start, middle), schedule.hours_inside(middle, end));
        let all_hours = schedule.hours_inside(start, end);
        prop_assert!((first + second - all_hours).abs() < 1e-6, "{first} + {second} = {all_hours}");
        prop_assert!(0.0 <= all_hours && all_hours <= (one + two) as f64 / 3600.0 + 1e-9);
    }
}
