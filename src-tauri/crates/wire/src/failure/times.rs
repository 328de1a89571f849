//! Parses waits and reset times in all vendors' formats.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

/// A wait in seconds, or a point in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum When {
    In(f64),
    At(DateTime<Utc>),
}

impl When {
    pub(super) fn seconds(self, now: DateTime<Utc>) -> f64 {
        match self {
            When::In(seconds) => seconds,
            When::At(at) => (at - now).as_seconds_f64(),
        }
    }

    /// A reset field: Unix seconds, Unix milliseconds or RFC 3339. A small number is a wait in seconds.
    pub(super) fn of_field(value: &str) -> Option<When> {
        const UNIX: f64 = 1e9;
        const MILLISECONDS: f64 = 1e11;
        let value = value.trim();
        if let Some(number) = number(value) {
            let seconds = if number >= MILLISECONDS {
                number / 1000.0
            } else {
                number
            };
            if seconds <= UNIX {
                return Some(When::In(seconds));
            }
            let milliseconds = (seconds * 1000.0) as i64;
            let at = DateTime::from_timestamp_millis(milliseconds).map(When::At);
            return Some(at.unwrap_or(When::In(seconds)));
        }
        let duration = || duration(value).filter(|(_, rest)| rest.is_empty());
        date(&value.to_ascii_lowercase(), UTC)
            .map(When::At)
            .or_else(|| duration().map(|(seconds, _)| When::In(seconds)))
    }
}

/// Text before a wait, in lower case.
const BEFORE_A_WAIT: &[&str] = &[
    "try again in ",    // OpenAI, Groq, Codex
    "retry in ",        // Gemini
    "try again after ", // Moonshot
    "retry after ",     // Azure
    "retry again in ",
    "reset after ", // Gemini CLI
    "resets after ",
    "reset in ",
    "resets in ",
    "please wait ", // GitHub Models
    "wait for ",
    "available in ",
];

const UTC: i32 = 0;
const BEIJING: i32 = 8;

/// Text before a date, and the assumed zone (hours east of UTC) if the date has none.
const BEFORE_A_DATE: &[(&str, i32)] = &[
    // Z.ai writes Beijing time without a zone (can1357/oh-my-pi#11014).
    ("limit will reset at ", BEIJING),
    ("将在 ", BEIJING),
    ("regain access on ", UTC), // Anthropic
    ("resets ", UTC),           // Claude apps gateway
    ("resets at ", UTC),
    ("reset at ", UTC),
    ("resets on ", UTC),
    ("reset on ", UTC),
    ("try again at ", UTC),
    ("available at ", UTC),
    ("available again at ", UTC),
];

/// All waits and dates in a message. `text`: in lower case.
pub(super) fn in_words(text: &str) -> Vec<When> {
    let mut found = Vec::new();
    for before in BEFORE_A_WAIT {
        for (at, _) in text.match_indices(before) {
            let rest = &text[at + before.len()..];
            let rest = ["about ", "approximately ", "another ", "~"]
                .iter()
                .find_map(|word| rest.strip_prefix(word))
                .unwrap_or(rest);
            found.extend(duration(rest).map(|(seconds, _)| When::In(seconds)));
        }
    }
    for (before, zone) in BEFORE_A_DATE {
        for (at, _) in text.match_indices(before) {
            let upto = at + before.len();
            // A longer phrase that ends at the same place has its own zone.
            let longer = BEFORE_A_DATE
                .iter()
                .any(|(other, _)| other.len() > before.len() && text[..upto].ends_with(other));
            if !longer {
                found.extend(date(&text[upto..], *zone).map(When::At));
            }
        }
    }
    found
}

/// Parses a duration: `6m0s`, `1h 2m 3.5s`, `120ms`, `3 days 22 hours 6 minutes`, `26 seconds` or a number of seconds. Also
/// returns the rest of the text.
pub(super) fn duration(text: &str) -> Option<(f64, &str)> {
    const UNITS: &[(&str, f64)] = &[
        ("milliseconds", 1e-3),
        ("millisecond", 1e-3),
        ("ms", 1e-3),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("ns", 1e-9),
        ("seconds", 1.0),
        ("second", 1.0),
        ("secs", 1.0),
        ("sec", 1.0),
        ("minutes", 60.0),
        ("minute", 60.0),
        ("mins", 60.0),
        ("min", 60.0),
        ("hours", 3600.0),
        ("hour", 3600.0),
        ("hrs", 3600.0),
        ("hr", 3600.0),
        ("days", 86400.0),
        ("day", 86400.0),
        ("weeks", 604_800.0),
        ("week", 604_800.0),
        ("d", 86400.0),
        ("h", 3600.0),
        ("m", 60.0),
        ("s", 1.0),
    ];
    let mut seconds: Option<f64> = None;
    let mut rest = text;
    loop {
        let next = rest.trim_start_matches([' ', ',']);
        let next = next.strip_prefix("and ").unwrap_or(next);
        let digits = next
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(next.len());
        let (amount, after) = next.split_at(digits);
        // A full stop at the end of a sentence is not part of the number.
        let (amount, after) = match amount.strip_suffix('.') {
            Some(integer) => (integer, &next[integer.len()..]),
            None => (amount, after),
        };
        let Some(amount) = number(amount) else {
            return seconds.map(|seconds| (seconds, rest));
        };
        let unit = after.trim_start();
        let letter = |c: char| c.is_alphabetic();
        let found = UNITS.iter().find(|(name, _)| {
            unit.strip_prefix(name)
                .is_some_and(|rest| !rest.starts_with(letter))
        });
        match (found, seconds) {
            (Some((name, factor)), _) => {
                seconds = Some(seconds.unwrap_or(0.0) + amount * factor);
                rest = &unit[name.len()..];
            }
            (None, None) if !after.trim_start().starts_with(letter) => {
                return Some((amount, after));
            }
            (None, _) => return seconds.map(|seconds| (seconds, rest)),
        }
    }
}

/// `2026-08-01 at 00:00 utc`, `2026-08-01t00:00:00z`, `2026-08-01 19:01:25`, `2026-08-01`: a date at the start of the
/// text, in lower case. `zone`: hours east of UTC if the date has none.
fn date(text: &str, zone: i32) -> Option<DateTime<Utc>> {
    const LENGTH: usize = "2026-08-01".len();
    let day = NaiveDate::parse_from_str(text.get(..LENGTH)?, "%Y-%m-%d").ok()?;
    let rest = &text[LENGTH..];
    let clock = [" at ", "t", " "]
        .iter()
        .find_map(|between| rest.strip_prefix(between));
    let clock = clock.filter(|clock| clock.starts_with(|c: char| c.is_ascii_digit()));
    let Some(clock) = clock else {
        return instant(day, NaiveTime::MIN, UTC * 3600);
    };
    let length = clock
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.')))
        .unwrap_or(clock.len());
    let (time, rest) = clock.split_at(length);
    let time = time.trim_end_matches('.');
    let time = ["%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|form| NaiveTime::parse_from_str(time, form).ok())?;
    let written = rest.trim_start();
    let utc = ["z", "utc", "gmt"]
        .iter()
        .any(|name| written.starts_with(name));
    let offset = || written.get(..6)?.parse::<FixedOffset>().ok();
    let seconds = match (utc, offset()) {
        (true, _) => 0,
        (false, Some(offset)) => offset.local_minus_utc(),
        (false, None) => zone * 3600,
    };
    instant(day, time, seconds)
}

fn instant(day: NaiveDate, time: NaiveTime, east: i32) -> Option<DateTime<Utc>> {
    let local = day.and_time(time);
    local
        .checked_sub_signed(TimeDelta::seconds(east.into()))
        .map(|utc| utc.and_utc())
}

pub(super) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|n: &f64| n.is_finite())
}

pub(super) fn wait(seconds: f64, most: Duration) -> Duration {
    Duration::try_from_secs_f64(seconds.max(0.0)).map_or(most, |wait| wait.min(most))
}
