use api::Level;
use health::Verdict;

/// A verdict as faces know it.
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

/// "partial outage"
pub(crate) fn level_words(level: Level) -> &'static str {
    match level {
        Level::Operational => "operational",
        Level::Maintenance => "maintenance",
        Level::Degraded => "degraded",
        Level::PartialOutage => "partial outage",
        Level::MajorOutage => "major outage",
        Level::Unknown => "unknown",
    }
}

/// "Claude is down", "Claude is degraded"
pub(crate) fn state_of(product: &str, level: Level) -> String {
    match level {
        Level::Operational => format!("{product} is operational"),
        Level::Maintenance => format!("{product} is under maintenance"),
        Level::Degraded => format!("{product} is degraded"),
        Level::PartialOutage => format!("{product} is partly down"),
        Level::MajorOutage => format!("{product} is down"),
        Level::Unknown => format!("{product}: unknown"),
    }
}

/// "Claude and OpenAI", "Claude, OpenAI and Cursor"
pub(crate) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
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
