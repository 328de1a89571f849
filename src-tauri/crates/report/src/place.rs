//! The zone of a report: its instants as local time, and where its days and months begin.

use std::sync::Arc;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

/// Offset of a place from UTC at an instant.
pub type Zone = Arc<dyn Fn(DateTime<Utc>) -> FixedOffset + Send + Sync>;

#[derive(Clone)]
pub struct Place {
    zone: Zone,
    name: String,
    /// Two offsets occur: each time names its own.
    two_offsets: bool,
}

impl Place {
    /// `name`: "Europe/Berlin". Instants between `from` and `to` may be on both sides of a clock change.
    pub fn new(zone: Zone, name: &str, from: DateTime<Utc>, to: DateTime<Utc>) -> Place {
        let two_offsets = zone(from) != zone(to);
        Place {
            zone,
            name: name.to_owned(),
            two_offsets,
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    fn local(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        at.with_timezone(&(self.zone)(at))
    }

    /// "21 Jun 2026, 20:04"; with "UTC+2" where the period has a clock change.
    pub(crate) fn moment(&self, at: DateTime<Utc>) -> String {
        let text = self.local(at).format("%-d %b %Y, %H:%M").to_string();
        self.with_offset(text, at)
    }

    /// "21 Jun, 20:04", within a month.
    pub(crate) fn short(&self, at: DateTime<Utc>) -> String {
        let text = self.local(at).format("%-d %b, %H:%M").to_string();
        self.with_offset(text, at)
    }

    /// "20:04"
    pub(crate) fn clock(&self, at: DateTime<Utc>) -> String {
        let text = self.local(at).format("%H:%M").to_string();
        self.with_offset(text, at)
    }

    /// "21 June 2026"
    pub(crate) fn day(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%-d %B %Y").to_string()
    }

    pub(crate) fn day_of_month(&self, at: DateTime<Utc>) -> u32 {
        self.local(at).day()
    }

    /// "2026-06-21"
    pub(crate) fn iso_day(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%Y-%m-%d").to_string()
    }

    /// "2026-06-21T20:04:11+02:00"
    pub(crate) fn iso(&self, at: DateTime<Utc>) -> String {
        self.local(at).format("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    pub(crate) fn is_same_day(&self, one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
        self.local(one).date_naive() == self.local(other).date_naive()
    }

    fn with_offset(&self, text: String, at: DateTime<Utc>) -> String {
        match self.two_offsets {
            true => format!("{text} {}", offset_name((self.zone)(at))),
            false => text,
        }
    }
}

/// "UTC", "UTC+2", "UTC-3:30"
pub(crate) fn offset_name(offset: FixedOffset) -> String {
    let minutes = offset.local_minus_utc() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// The instant at which a local day begins, also on the day of a clock change.
pub(crate) fn midnight(zone: &Zone, day: NaiveDate) -> DateTime<Utc> {
    let span = |at| TimeDelta::seconds(i64::from(zone(at).local_minus_utc()));
    let wall = day.and_time(NaiveTime::MIN).and_utc();
    let guess = wall - span(wall);
    wall - span(guess)
}
