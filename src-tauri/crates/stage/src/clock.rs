//! The stage's clock: a start time that is an argument, plus the elapsed time.

use tokio::time::Instant;

/// Creation time of every response: the stage reads no clock. 1 January 2026, in seconds since 1970.
pub(crate) const CREATED: u64 = 1_767_225_600;

/// Unix seconds, counted from a fixed start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
    unix: u64,
}

impl Clock {
    /// Starts at [`CREATED`], so that the same requests get the same bytes.
    pub(crate) fn start() -> Clock {
        Clock {
            started: Instant::now(),
            unix: CREATED,
        }
    }

    pub(crate) fn starting_at(self, unix: u64) -> Clock {
        Clock { unix, ..self }
    }

    /// Unix seconds.
    pub(crate) fn now(self) -> u64 {
        self.unix + self.started.elapsed().as_secs()
    }

    pub(crate) fn elapsed_ms(self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

/// `2026-01-01T00:00:00Z`.
pub(crate) fn rfc3339(unix: u64) -> String {
    written(unix).replacen(' ', "T", 1) + "Z"
}

/// `2026-01-01 00:00:00`, without a zone.
pub(crate) fn written(unix: u64) -> String {
    let (year, month, day) = date(unix / 86_400);
    let (hour, minute, second) = (unix / 3600 % 24, unix / 60 % 60, unix % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// Days since 1970 → year, month, day of the Gregorian calendar.
fn date(days: u64) -> (u64, u64, u64) {
    // Years that begin in March put the leap day last; 400 of them are an era of 146,097 days.
    let days = days + 719_468;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = days / 146_097 * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

/// As Go writes a duration: `6m0s`, `2.4s`, `547ms`.
pub(crate) fn go_duration(ms: u64) -> String {
    let (minutes, rest) = (ms / 60_000, ms % 60_000);
    let seconds = format!("{}s", rest as f64 / 1000.0);
    match (minutes, rest) {
        (0, ..1000) => format!("{rest}ms"),
        (0, _) => seconds,
        (1..60, _) => format!("{minutes}m{seconds}"),
        _ => format!("{}h{}m{seconds}", minutes / 60, minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::{go_duration, rfc3339};

    #[test]
    fn instants_are_written_in_utc() {
        for (unix, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (1_795_964_400, "2026-11-29T15:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(rfc3339(unix), text);
        }
    }

    #[test]
    fn durations_are_written_in_gos_format() {
        for (ms, text) in [
            (547, "547ms"),
            (2400, "2.4s"),
            (360_000, "6m0s"),
            (660_528, "11m0.528s"),
            (5_025_600, "1h23m45.6s"),
        ] {
            assert_eq!(go_duration(ms), text);
        }
    }
}
