use health::Level;

/// "partial outage"
pub fn level(level: Level) -> &'static str {
    match level {
        Level::Operational => "operational",
        Level::Maintenance => "maintenance",
        Level::Degraded => "degraded",
        Level::PartialOutage => "partial outage",
        Level::MajorOutage => "major outage",
    }
}

/// "Claude is partly down"
pub fn state_of(product: &str, level: Level) -> String {
    let state = match level {
        Level::Operational => "operational",
        Level::Maintenance => "under maintenance",
        Level::Degraded => "degraded",
        Level::PartialOutage => "partly down",
        Level::MajorOutage => "down",
    };
    format!("{product} is {state}")
}
