//! The breaker of one endpoint's model: closed, open or half-open. Pure: time is an argument.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use wire::FailureClass;

use super::trip::{PATIENCE, TimeoutLength, Trip};

/// Consecutive full timeouts that open a breaker.
const TIMEOUTS: u32 = 2;
/// How long a model gets the short timeout after a full one.
const TIMEOUT_KNOWN_FOR: TimeDelta = TimeDelta::minutes(5);

const OPEN_MOST: Duration = Duration::from_secs(5 * 60);
const OPEN_OURS: Duration = Duration::from_secs(5 * 60);
const OPEN_OURS_MOST: Duration = Duration::from_secs(60 * 60);
const RETRY_AFTER_MOST: Duration = Duration::from_secs(60 * 60);
/// Whether a request may be sent to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Closed,
    /// Only if no better candidate is left.
    Open {
        until: DateTime<Utc>,
    },
    /// The cooldown has ended: the next request is the probe.
    HalfOpen,
    /// One request is the probe; others use other candidates.
    Probing,
}

impl Standing {
    /// A request may be sent now, not only as a last resort.
    pub fn admits(self) -> bool {
        match self {
            Standing::Closed | Standing::HalfOpen => true,
            Standing::Open { .. } | Standing::Probing => false,
        }
    }
}

/// Effect of a request or a probe on a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BreakerChange {
    Opened {
        until: DateTime<Utc>,
        failures: u32,
        class: FailureClass,
    },
    BecameHalfOpen,
    /// It is half-open, and this request is the probe.
    Probed,
    Closed,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Breaker {
    pub(super) state: State,
    pub(super) failures: u32,
    /// The last cooldown; `None` after a success.
    pub(super) spell: Option<Duration>,
    /// The class of the last failure.
    pub(super) class: Option<FailureClass>,
    pub(super) resets_at: Option<DateTime<Utc>>,
    pub(super) reason: String,
    /// When a timeout opened it, or when it last reached the longest timeout.
    pub(super) timed_out_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Closed,
    Open {
        until: DateTime<Utc>,
    },
    Probing,
}

impl Breaker {
    pub(super) fn standing(&self, now: DateTime<Utc>) -> Standing {
        match self.state {
            State::Closed => Standing::Closed,
            State::Open { .. } if self.is_unused(now) => Standing::Closed,
            State::Open { until } if now >= until => Standing::HalfOpen,
            State::Open { until } => Standing::Open { until },
            State::Probing => Standing::Probing,
        }
    }

    /// True: the caller is the probe.
    pub(super) fn enter(&mut self, now: DateTime<Utc>) -> bool {
        let probe = self.standing(now) == Standing::HalfOpen;
        if probe {
            self.state = State::Probing;
        }
        probe
    }

    pub(super) fn failed(&mut self, now: DateTime<Utc>, trip: &Trip, probe: bool) {
        let retry_after = trip.retry_after.unwrap_or_default().min(RETRY_AFTER_MOST);
        let open = trip.cooldown;
        let longest = OPEN_MOST.max(open);
        let (first, most, at_once) = match trip.class {
            FailureClass::Transient => (open, if trip.slow { longest } else { open }, false),
            FailureClass::Timeout => (open, longest, false),
            FailureClass::RateLimit => (open, longest, retry_after > PATIENCE),
            // A limit without a reset time is treated like a quota.
            FailureClass::Limit
            | FailureClass::Quota
            | FailureClass::Credential
            | FailureClass::ModelGone => (OPEN_OURS, OPEN_OURS_MOST, true),
            // The provider answered and rejected the request: this is no evidence against it.
            FailureClass::Caller | FailureClass::ContextTooLong | FailureClass::ContentPolicy => {
                return self.left(now, probe);
            }
        };
        self.failures = self.failures.saturating_add(1);
        self.class = Some(trip.class);
        self.resets_at = trip.open_until(now);
        self.reason.clone_from(&trip.reason);
        let threshold = match trip.timeout_length {
            Some(TimeoutLength::Long) => 1,
            Some(TimeoutLength::Usual) => trip.threshold.min(TIMEOUTS),
            None => trip.threshold,
        };
        let opens = self.state == State::Closed && self.failures >= threshold;
        match trip.timeout_length {
            Some(TimeoutLength::Usual) if !opens => {}
            Some(TimeoutLength::Long | TimeoutLength::Usual) => self.timed_out_at = Some(now),
            None => {}
        }
        match (self.state, self.resets_at) {
            // Another request is the probe, and decides.
            (State::Probing, _) if !probe => {}
            // The reset time is exact: open until then.
            (State::Closed | State::Open { .. } | State::Probing, Some(until)) => {
                self.state = State::Open { until };
            }
            (State::Closed, None) if !at_once && self.failures < threshold => {}
            // A last resort failed too: the breaker was already open, and stays open until the same time unless the provider
            // states another one.
            (State::Open { until }, None) => {
                self.state = State::Open {
                    until: until.max(now + retry_after),
                };
            }
            (State::Closed | State::Probing, None) => {
                let spell = self
                    .spell
                    .map_or(first, |last| (last * 2).clamp(first, most));
                self.spell = Some(spell);
                self.state = State::Open {
                    until: now + spell.max(retry_after),
                };
            }
        }
    }

    /// It timed out, and has not answered since.
    pub(super) fn has_recent_timeout(&self, now: DateTime<Utc>) -> bool {
        self.timed_out_at
            .is_some_and(|at| now - at < TIMEOUT_KNOWN_FOR)
    }

    /// The request ended without a result: another request can be the probe.
    pub(super) fn left(&mut self, now: DateTime<Utc>, probe: bool) {
        if probe && self.state == State::Probing {
            self.state = State::Open { until: now };
        }
    }
}
