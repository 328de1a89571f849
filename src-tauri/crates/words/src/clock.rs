//! Text of spans, in a zone whose offset is computed for each instant: two instants on both sides of a clock change have
//! different offsets.

use std::sync::Arc;

use api::{Span, Spans};
use chrono::{DateTime, FixedOffset, Utc};

/// Offset of a place from UTC at an instant.
pub type Zone = Arc<dyn Fn(DateTime<Utc>) -> FixedOffset + Send + Sync>;

/// Format of times in a UI.
#[derive(Clone)]
pub struct Clock {
    zone: Zone,
    now: DateTime<Utc>,
    /// "20:04 UTC+2": for readers in other zones.
    named: bool,
}

impl Clock {
    /// Instants as "20:04", with the date when that is not today.
    pub fn local(zone: Zone, now: DateTime<Utc>) -> Self {
        Self {
            zone,
            now,
            named: false,
        }
    }

    /// Like [`Clock::local`], and each instant names its zone.
    pub fn named(zone: Zone, now: DateTime<Utc>) -> Self {
        Self {
            named: true,
            ..Self::local(zone, now)
        }
    }

    pub fn plain(&self, spans: &Spans) -> String {
        spans.0.iter().map(|span| self.span(span)).collect()
    }

    /// "20:04", or "28 Apr 20:04" when that is not today.
    pub fn instant(&self, at: DateTime<Utc>) -> String {
        let offset = (self.zone)(at);
        let here = at.with_timezone(&offset);
        let today = self.now.with_timezone(&(self.zone)(self.now)).date_naive();
        let format = if here.date_naive() == today {
            "%H:%M"
        } else {
            "%-d %b %H:%M"
        };
        let time = here.format(format);
        if self.named {
            format!("{time} {}", name(offset))
        } else {
            time.to_string()
        }
    }

    fn span(&self, span: &Span) -> String {
        match span {
            Span::Text { text } => text.clone(),
            Span::Instant { at } => self.instant(*at),
            Span::Duration { seconds } => duration(*seconds),
            Span::Money { amount } => money(*amount),
        }
    }
}

/// "UTC", "UTC+2", "UTC-3:30"
fn name(offset: FixedOffset) -> String {
    let minutes = offset.local_minus_utc() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    match (minutes.abs() / 60, minutes.abs() % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

/// "1 h 12 min", "4 min"
fn duration(seconds: i64) -> String {
    let minutes = seconds.max(0) / 60;
    match (minutes / 60, minutes % 60) {
        (0, 0) => "less than a minute".to_owned(),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// "$6,400", "$0.31"
fn money(amount: i64) -> String {
    if (1..10_000).contains(&amount) {
        return "under $0.01".to_owned();
    }
    let cents = (amount + 5_000).div_euclid(10_000);
    let (dollars, cents) = (cents / 100, cents % 100);
    let digits = dollars.to_string();
    let mut grouped = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match cents {
        0 => format!("${grouped}"),
        cents => format!("${grouped}.{cents:02}"),
    }
}

#[cfg(test)]
mod tests;
