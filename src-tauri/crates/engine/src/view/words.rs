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
