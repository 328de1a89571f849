//! A calendar month in a zone: it begins and ends at local midnight.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::place::{Zone, midnight};

/// "2026-11"
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    month: u32,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a month: write the year and the month, as 2026-11")]
pub struct NotAMonth(pub String);

impl FromStr for Month {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Month, NotAMonth> {
        let wrong = || NotAMonth(text.chars().take(40).collect());
        let day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
        let day = day.map_err(|_| wrong())?;
        let written = format!("{:04}-{:02}", day.year(), day.month());
        let is_usual = (1970..=9000).contains(&day.year()) && written == text;
        is_usual.then(|| Month::of_day(day)).ok_or_else(wrong)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl Month {
    /// The month of this instant.
    pub fn of(zone: &Zone, at: DateTime<Utc>) -> Month {
        Month::of_day(at.with_timezone(&zone(at)).date_naive())
    }

    fn of_day(day: NaiveDate) -> Month {
        Month {
            year: day.year(),
            month: day.month(),
        }
    }

    pub fn before(self) -> Month {
        match self.month {
            1 => Month {
                year: self.year - 1,
                month: 12,
            },
            month => Month {
                month: month - 1,
                ..self
            },
        }
    }

    fn next(self) -> Month {
        match self.month {
            12 => Month {
                year: self.year + 1,
                month: 1,
            },
            month => Month {
                month: month + 1,
                ..self
            },
        }
    }

    /// "November 2026"
    pub fn title(self) -> String {
        self.first_day().format("%B %Y").to_string()
    }

    fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default()
    }

    pub fn begins(self, zone: &Zone) -> DateTime<Utc> {
        midnight(zone, self.first_day())
    }

    pub fn ends(self, zone: &Zone) -> DateTime<Utc> {
        self.next().begins(zone)
    }

    /// The beginning of each day, and the end of the last one.
    pub fn days(self, zone: &Zone) -> Vec<DateTime<Utc>> {
        let after = self.next().first_day();
        let days = self.first_day().iter_days().take_while(|day| *day <= after);
        days.map(|day| midnight(zone, day)).collect()
    }
}
