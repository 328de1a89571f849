//! Urgency of a notification.

/// Lowest first. The settings name the lowest one that opens a pop-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// For information.
    Note,
    /// An outage while fallbacks carry the work, or a change of fallback.
    #[default]
    Outage,
    /// Work is stopped, or an answer is needed.
    Act,
}
