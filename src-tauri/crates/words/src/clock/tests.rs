use chrono::{TimeZone, Utc};

use super::*;

fn utc(month: u32, day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, month, day, hour, minute, 0)
        .unwrap()
}

fn east(hours: i32, minutes: i32) -> FixedOffset {
    FixedOffset::east_opt(hours * 3600 + minutes * 60).unwrap()
}

/// Berlin around the end of summer time in 2026: 25 October, 01:00 UTC.
fn berlin() -> Zone {
    Arc::new(|at| {
        if at < utc(10, 25, 1, 0) {
            east(2, 0)
        } else {
            east(1, 0)
        }
    })
}

#[test]
fn the_offset_is_computed_for_each_instant() {
    let clock = Clock::named(berlin(), utc(10, 25, 9, 0));
    assert_eq!(clock.instant(utc(10, 25, 0, 30)), "02:30 UTC+2");
    assert_eq!(clock.instant(utc(10, 25, 1, 30)), "02:30 UTC+1");
    let clock = Clock::local(berlin(), utc(10, 25, 9, 0));
    assert_eq!(clock.instant(utc(10, 24, 21, 59)), "24 Oct 23:59");
    assert_eq!(clock.instant(utc(10, 24, 22, 0)), "00:00", "today there");
}

#[test]
fn a_zone_is_named_by_its_offset() {
    assert_eq!(name(east(0, 0)), "UTC");
    assert_eq!(name(east(5, 30)), "UTC+5:30");
    assert_eq!(name(east(-3, -30)), "UTC-3:30");
}

#[test]
fn each_span_is_formatted_by_its_kind() {
    let spans = Spans(vec![
        Span::Text {
            text: "since ".into(),
        },
        Span::Instant {
            at: utc(11, 2, 16, 57),
        },
        Span::Text { text: ", ".into() },
        Span::Duration { seconds: 4_325 },
        Span::Text { text: ", ".into() },
        Span::Money {
            amount: 6_400_000_000,
        },
    ]);
    let clock = Clock::local(berlin(), utc(11, 2, 18, 0));
    assert_eq!(clock.plain(&spans), "since 17:57, 1 h 12 min, $6,400");
    let amounts = [0, 9_999, 310_000, 999_999, 1_234_567_890_000].map(money);
    assert_eq!(
        amounts,
        ["$0", "under $0.01", "$0.31", "$1", "$1,234,567.89"]
    );
    assert_eq!(duration(59), "less than a minute");
}
