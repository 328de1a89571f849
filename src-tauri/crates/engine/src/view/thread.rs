//! Threads of notifications: a notification replaces the earlier one of its thread.

use catalog::{Dialect, EndpointId, ProviderId};

/// Notifications about the review queue.
pub(crate) const REVIEW: &str = "review";
/// Notifications about side effects whose outcome is unknown.
pub(crate) const EFFECTS: &str = "effects";
/// Notifications about the daily cap of fallbacks.
pub(crate) const FALLBACK_CAP: &str = "own/fallback cap";

/// Notifications about the deletion of old rows.
pub(crate) const RETENTION: &str = "own/retention";

/// Notifications about a drill.
pub(crate) const DRILL: &str = "drill";

/// All notifications about an outage of this provider.
pub(crate) fn of_provider(provider: &ProviderId) -> String {
    format!("provider/{provider}")
}

/// Notifications about the login at this endpoint.
pub(crate) fn of_login(endpoint: &EndpointId) -> String {
    format!("login/{endpoint}")
}

/// Notifications about fallbacks of this route without an outage.
pub(crate) fn of_route(route: &str, dialect: Dialect) -> String {
    format!("fallback/{dialect}/{route}")
}
