//! Google's daily quotas reset at midnight Pacific time (Gemini API, "Rate limits").

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc, Weekday};

/// The next midnight in California.
pub(super) fn midnight(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let local = now
        .naive_utc()
        .checked_add_signed(offset(now.naive_utc())?)?;
    let midnight = local
        .date()
        .checked_add_days(Days::new(1))?
        .and_time(chrono::NaiveTime::MIN);
    // The clocks change at 02:00, so the offset at midnight is that of the evening before.
    let standard = midnight.checked_sub_signed(TimeDelta::hours(STANDARD))?;
    midnight
        .checked_sub_signed(offset(standard)?)
        .map(|utc| utc.and_utc())
}

/// Hours east of UTC.
const STANDARD: i64 = -8;
const DAYLIGHT: i64 = -7;

/// Daylight saving time is from the second Sunday in March to the first Sunday in November, at 02:00 (15 U.S.C. 260a).
fn offset(utc: NaiveDateTime) -> Option<TimeDelta> {
    let change = |month, nth, before: i64| {
        let day = NaiveDate::from_weekday_of_month_opt(utc.year(), month, Weekday::Sun, nth)?;
        let local = day.and_hms_opt(2, 0, 0)?;
        local.checked_sub_signed(TimeDelta::hours(before))
    };
    let daylight = utc >= change(3, 2, STANDARD)? && utc < change(11, 1, DAYLIGHT)?;
    Some(TimeDelta::hours(if daylight { DAYLIGHT } else { STANDARD }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_in_standard_and_daylight_time() {
        let table = [
            ("2026-06-21T20:04:00Z", "2026-06-22T07:00:00Z"),
            ("2026-01-10T07:59:59Z", "2026-01-10T08:00:00Z"),
            ("2026-01-10T08:00:00Z", "2026-01-11T08:00:00Z"),
            // 8 March and 1 November 2026.
            ("2026-03-08T09:00:00Z", "2026-03-09T07:00:00Z"),
            ("2026-03-07T09:00:00Z", "2026-03-08T08:00:00Z"),
            ("2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z"),
            ("2026-11-01T07:00:00Z", "2026-11-02T08:00:00Z"),
            ("2026-12-31T20:00:00Z", "2027-01-01T08:00:00Z"),
        ];
        for (now, expected) in table {
            let [now, expected] = [now, expected].map(|time| time.parse::<DateTime<Utc>>().ok());
            assert_eq!(now.and_then(midnight), expected, "{now:?}");
        }
    }
}
