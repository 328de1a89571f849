use api::{Dialect, Level};
use catalog::MicroDollars;
use health::Verdict;

/// Converts a verdict to the level of the UIs.
pub(crate) fn level(verdict: Verdict) -> Level {
    match verdict {
        Verdict::Unknown(_) => Level::Unknown,
        Verdict::Known(known) => known_level(known),
    }
}

pub(crate) fn known_level(level: health::Level) -> Level {
    match level {
        health::Level::Operational => Level::Operational,
        health::Level::Maintenance => Level::Maintenance,
        health::Level::Degraded => Level::Degraded,
        health::Level::PartialOutage => Level::PartialOutage,
        health::Level::MajorOutage => Level::MajorOutage,
    }
}

pub(crate) fn dialect(dialect: catalog::Dialect) -> Dialect {
    match dialect {
        catalog::Dialect::Anthropic => Dialect::Anthropic,
        catalog::Dialect::OpenaiChat => Dialect::OpenaiChat,
        catalog::Dialect::OpenaiResponses => Dialect::OpenaiResponses,
    }
}

/// "partial outage"
pub(crate) fn level_words(level: Level) -> &'static str {
    known(level).map_or("unknown", ::words::level)
}

/// "Claude is down", "Claude is degraded"
pub(crate) fn state_of(product: &str, level: Level) -> String {
    known(level).map_or_else(
        || format!("{product}: unknown"),
        |level| ::words::state_of(product, level),
    )
}

fn known(level: Level) -> Option<health::Level> {
    match level {
        Level::Operational => Some(health::Level::Operational),
        Level::Maintenance => Some(health::Level::Maintenance),
        Level::Degraded => Some(health::Level::Degraded),
        Level::PartialOutage => Some(health::Level::PartialOutage),
        Level::MajorOutage => Some(health::Level::MajorOutage),
        Level::Unknown => None,
    }
}

/// "Claude and OpenAI", "Claude, OpenAI and Cursor"
/// Rounded to a cent; a smaller amount is shown as less than a cent.
pub(crate) fn dollars(amount: MicroDollars) -> String {
    match amount.0 {
        1..10_000 => "under $0.01".into(),
        _ => format!("${:.2}", amount.dollars()),
    }
}

/// "about $0.57", "under $0.01"
pub(crate) fn about(amount: MicroDollars) -> String {
    let dollars = dollars(amount);
    match amount.0 {
        1..10_000 => dollars,
        _ => format!("about {dollars}"),
    }
}

pub(crate) fn list(names: &[String]) -> String {
    ::words::list(names)
}

/// "40 s", "4 min", "1 h 20 min", "3 d 4 h"
pub(crate) fn duration(length: chrono::TimeDelta) -> String {
    let (days, hours) = (length.num_days(), length.num_hours() % 24);
    let (minutes, seconds) = (length.num_minutes() % 60, length.num_seconds() % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{} s", seconds.max(0)),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}
