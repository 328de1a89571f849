//! The owner's time zone, read for each instant, so that a clock change or a new location takes effect at once.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveTime, Utc};

#[derive(Clone)]
pub(crate) struct Zone(words::Zone);

impl Zone {
    pub(crate) fn new(
        offset: impl Fn(DateTime<Utc>) -> FixedOffset + Send + Sync + 'static,
    ) -> Zone {
        Zone(Arc::new(offset))
    }

    /// The zone in the form that sentences need.
    pub(crate) fn offsets(&self) -> words::Zone {
        Arc::clone(&self.0)
    }

    pub(crate) fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&(self.0)(at))
    }

    /// "20:04"
    pub(crate) fn clock_time(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%H:%M").to_string()
    }

    /// "30 Apr 2026 09:00"
    pub(crate) fn date_time(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%-d %b %Y %H:%M").to_string()
    }

    /// The local midnight at which the day of this instant began.
    pub(crate) fn day_began(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        self.midnight(self.local(at).date_naive())
    }

    /// The local midnight at which the day of this instant ends.
    pub(crate) fn day_ends(&self, at: DateTime<Utc>) -> DateTime<Utc> {
        let day = self.local(at).date_naive();
        self.midnight(day.checked_add_days(Days::new(1)).unwrap_or(day))
    }

    /// On a day of a clock change, midnight has the offset of that moment, not the present one.
    fn midnight(&self, day: NaiveDate) -> DateTime<Utc> {
        let wall = day.and_time(NaiveTime::MIN);
        let guess = wall.and_utc() - self.offset_span(wall.and_utc());
        wall.and_utc() - self.offset_span(guess)
    }

    fn offset_span(&self, at: DateTime<Utc>) -> chrono::TimeDelta {
        chrono::TimeDelta::seconds(i64::from((self.0)(at).local_minus_utc()))
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zone")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use chrono::{Datelike, TimeDelta, TimeZone, Weekday};

    use super::*;

    /// Central European Time with summer time, by the rule in force since 1996.
    pub(crate) fn berlin() -> Zone {
        Zone::new(|at| {
            let last_sunday = |month: u32| {
                let last = NaiveDate::from_ymd_opt(at.year(), month, 31).unwrap();
                let back = last.weekday().days_since(Weekday::Sun);
                (last - TimeDelta::days(back.into()))
                    .and_hms_opt(1, 0, 0)
                    .unwrap()
            };
            let summer = last_sunday(3).and_utc() <= at && at < last_sunday(10).and_utc();
            FixedOffset::east_opt(if summer { 7200 } else { 3600 }).unwrap()
        })
    }

    fn utc(day: u32, month: u32, hour: u32, minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, month, day, hour, minute, 0)
            .unwrap()
    }

    #[test]
    fn a_day_with_a_clock_change_begins_and_ends_at_local_midnight() {
        let zone = berlin();
        // 25 October 2026: at 01:00 UTC the clock goes back from 03:00 to 02:00. The day has 25 hours.
        for at in [utc(25, 10, 0, 30), utc(25, 10, 12, 0)] {
            assert_eq!(zone.day_began(at), utc(24, 10, 22, 0), "{at}");
            assert_eq!(zone.day_ends(at), utc(25, 10, 23, 0), "{at}");
        }
        // 29 March 2026: 23 hours.
        let noon = utc(29, 3, 10, 0);
        assert_eq!(
            zone.day_ends(noon) - zone.day_began(noon),
            TimeDelta::hours(23)
        );
    }

    #[test]
    fn instants_before_and_after_a_clock_change_have_different_offsets() {
        let zone = berlin();
        assert_eq!(zone.clock_time(utc(25, 10, 0, 30)), "02:30");
        assert_eq!(zone.clock_time(utc(25, 10, 1, 30)), "02:30");
        assert_eq!(zone.clock_time(utc(25, 10, 2, 30)), "03:30");
    }
}
