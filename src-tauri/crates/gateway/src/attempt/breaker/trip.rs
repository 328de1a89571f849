//! A failure in the form that a breaker counts.

use std::time::Duration;

use chrono::{DateTime, Utc};
use wire::FailureClass;

/// Consecutive failures that open a breaker, usually and if the provider's page declares an outage.
pub(crate) const FAILURES: u32 = 3;
pub(crate) const FAILURES_IN_DECLARED_OUTAGE: u32 = 1;
/// A `retry-after` up to this length is waited for; a longer one opens the breaker.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
pub(crate) struct Trip {
    pub(crate) class: FailureClass,
    /// It took a full timeout, so the next attempt would too.
    pub(crate) slow: bool,
    pub(crate) timeout_length: Option<TimeoutLength>,
    pub(crate) retry_after: Option<Duration>,
    /// Reset time of a [`FailureClass::Limit`].
    pub(crate) resets_at: Option<DateTime<Utc>>,
    pub(crate) reason: String,
    /// [`FAILURES`] or [`FAILURES_IN_DECLARED_OUTAGE`].
    pub(crate) threshold: u32,
    /// The first cooldown of a breaker.
    pub(crate) cooldown: Duration,
}

impl Trip {
    /// The reset time of a limit, if it is in the future.
    pub(super) fn open_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let stated = self.resets_at.filter(|at| *at > now);
        stated.filter(|_| self.class == FailureClass::Limit)
    }
}

/// The length of a stream's timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeoutLength {
    /// The timeout if another candidate is left.
    Usual,
    /// The longest timeout, for the last candidate.
    Long,
}
