mod parse;

use std::fmt;

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike,
    Utc, Weekday,
};
use chrono_tz::Tz;

pub use parse::NoSchedule;

/// The times at which items arrive, in the owner's time zone.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Days on which the active period begins.
    pub days: Vec<Day>,
    pub from: NaiveTime,
    /// Later than `from`: the same day. At or before `from`: the next day, so `00:00` is the end of the day, and 22:00 to 06:00
    /// includes the night.
    pub to: NaiveTime,
    pub zone: Tz,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

impl Day {
    pub const ALL: [Day; 7] = [
        Day::Mon,
        Day::Tue,
        Day::Wed,
        Day::Thu,
        Day::Fri,
        Day::Sat,
        Day::Sun,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Day::Mon => "Mon",
            Day::Tue => "Tue",
            Day::Wed => "Wed",
            Day::Thu => "Thu",
            Day::Fri => "Fri",
            Day::Sat => "Sat",
            Day::Sun => "Sun",
        }
    }
}

impl From<Weekday> for Day {
    fn from(day: Weekday) -> Self {
        match day {
            Weekday::Mon => Day::Mon,
            Weekday::Tue => Day::Tue,
            Weekday::Wed => Day::Wed,
            Weekday::Thu => Day::Thu,
            Weekday::Fri => Day::Fri,
            Weekday::Sat => Day::Sat,
            Weekday::Sun => Day::Sun,
        }
    }
}

impl Schedule {
    /// Items arrive at any time.
    pub fn any_time() -> Self {
        Self {
            days: Day::ALL.to_vec(),
            from: NaiveTime::MIN,
            to: NaiveTime::MIN,
            zone: Tz::UTC,
        }
    }

    /// Active hours in a usual week without a clock change.
    pub fn hours_a_week(&self) -> f64 {
        let seconds = |time: NaiveTime| i64::from(time.num_seconds_from_midnight());
        let mut length = seconds(self.to) - seconds(self.from);
        if length <= 0 {
            length += 24 * 3600;
        }
        let days = Day::ALL.iter().filter(|d| self.days.contains(d)).count();
        hours(TimeDelta::seconds(length)) * days as f64
    }

    /// Active hours between `from` and `to`; exact across clock changes.
    pub fn hours_inside(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> f64 {
        let first = from.with_timezone(&self.zone).date_naive();
        let last = to.with_timezone(&self.zone).date_naive();
        // A period of the previous day may last until the first day.
        let first = first.checked_sub_days(Days::new(1)).unwrap_or(first);
        let inside = first
            .iter_days()
            .take_while(|day| *day <= last)
            .filter(|day| self.days.contains(&day.weekday().into()))
            .filter_map(|day| self.window(day))
            .map(|(begin, end)| (end.min(to) - begin.max(from)).max(TimeDelta::zero()))
            .fold(TimeDelta::zero(), |sum, part| sum + part);
        hours(inside)
    }

    /// The active period that begins on this day.
    fn window(&self, day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let end = if self.to > self.from {
            day
        } else {
            day.succ_opt()?
        };
        Some((
            self.instant(day.and_time(self.from))?,
            self.instant(end.and_time(self.to))?,
        ))
    }

    /// The first instant with this local time. If a clock change skips it, the instant of the change.
    fn instant(&self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        // The longest skip on record is a day: Samoa had no 30 December 2011.
        (0..=24 * 60).find_map(|minutes| {
            let shown = local.checked_add_signed(TimeDelta::minutes(minutes))?;
            let instant = self.zone.from_local_datetime(&shown).earliest()?;
            Some(instant.with_timezone(&Utc))
        })
    }
}

fn hours(length: TimeDelta) -> f64 {
    length.num_milliseconds() as f64 / 3_600_000.0
}

impl fmt::Display for Schedule {
    /// "Mon-Fri 09:00-17:00 Europe/Berlin", in the format of the settings.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::any_time() {
            return f.write_str("any time");
        }
        let mut days: Vec<_> = Day::ALL
            .into_iter()
            .filter(|day| self.days.contains(day))
            .collect();
        if days.is_empty() {
            f.write_str("never")?;
        }
        let mut first = true;
        while let Some(&begin) = days.first() {
            let run = days
                .iter()
                .zip(begin as usize..)
                .take_while(|(day, place)| **day as usize == *place)
                .count();
            let end = days.drain(..run).next_back().unwrap_or(begin);
            let comma = if first { "" } else { "," };
            match run {
                1 => write!(f, "{comma}{}", begin.as_str())?,
                _ => write!(f, "{comma}{}-{}", begin.as_str(), end.as_str())?,
            }
            first = false;
        }
        let to = if self.to == NaiveTime::MIN {
            "24:00".to_owned()
        } else {
            self.to.format("%H:%M").to_string()
        };
        write!(f, " {}-{to} {}", self.from.format("%H:%M"), self.zone)
    }
}

#[cfg(test)]
pub(crate) mod tests;
