//! Hours of the day in UTC, as providers publish them.

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use serde::Deserialize;

const MINUTES_A_DAY: u32 = 24 * 60;

/// Hours of certain days. The beginning of each span is included, its end is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hours {
    days: Days,
    /// Minutes after midnight; one whose end is not after its begin spans midnight, and belongs to the day on which it begins.
    spans: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Days {
    #[default]
    #[serde(rename = "every day")]
    Every,
    #[serde(rename = "Mon-Fri")]
    Weekdays,
}

impl Hours {
    /// Parses spans such as "01:00-04:00".
    pub(super) fn parse(days: Days, spans: &[String]) -> Result<Hours, String> {
        if spans.is_empty() {
            return Err("`utc` needs at least one span of hours, as in [\"01:00-04:00\"]".into());
        }
        let spans = spans.iter().map(|text| {
            let span = text
                .split_once('-')
                .and_then(|(from, to)| Some((minute(from)? % MINUTES_A_DAY, minute(to)?)));
            span.ok_or_else(|| {
                format!("`{text}` is no span of hours in UTC, as in \"01:00-04:00\"")
            })
        });
        let spans = spans.collect::<Result<_, _>>()?;
        Ok(Hours { days, spans })
    }

    pub fn contain(&self, at: DateTime<Utc>) -> bool {
        let minute = at.hour() * 60 + at.minute();
        let (today, yesterday) = (at.weekday(), at.weekday().pred());
        self.spans.iter().any(|&(from, to)| match from < to {
            true => self.days.contain(today) && (from..to).contains(&minute),
            false => {
                (minute >= from && self.days.contain(today))
                    || (minute < to && self.days.contain(yesterday))
            }
        })
    }
}

impl Days {
    fn contain(self, day: Weekday) -> bool {
        match self {
            Days::Every => true,
            Days::Weekdays => day.number_from_monday() <= 5,
        }
    }
}

/// "01:00" → 60; at most "24:00".
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |part: &str| {
        let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let after = hour * 60 + minute;
    (minute < 60 && after <= MINUTES_A_DAY).then_some(after)
}
