//! The breakers and the last failures that are remembered.

use std::collections::BTreeMap;

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, TimeDelta, Utc};

use super::state::{Breaker, BreakerChange, Standing, State};
use super::trip::Trip;

/// Maximum number of breakers in memory: clients choose model names freely.
pub(super) const REMEMBERED: usize = 1024;
/// Longer than any period of health that a decision needs.
const FAILURE_REMEMBERED: TimeDelta = TimeDelta::hours(2);

#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) breakers: BTreeMap<Key, Breaker>,
    /// Includes models that have answered since.
    pub(super) last_failures: BTreeMap<Key, LastFailure>,
}

/// A model's last failure, and the first success after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastFailure {
    pub(crate) at: DateTime<Utc>,
    /// The first response or successful probe since then, of any request.
    pub(crate) answered_since: Option<DateTime<Utc>>,
}

pub(super) type Key = (EndpointId, ModelId);

impl Memory {
    /// Records a failure of a request or a probe.
    pub(super) fn failed(
        &mut self,
        key: &Key,
        now: DateTime<Utc>,
        trip: &Trip,
        probe: bool,
    ) -> Option<BreakerChange> {
        self.forget_unused(now);
        self.make_room(key, now);
        let breaker = self.breakers.entry(key.clone()).or_default();
        let before = breaker.standing(now);
        breaker.failed(now, trip, probe);
        let opened = match (before, breaker.standing(now)) {
            (Standing::Open { .. }, _) => None,
            (
                Standing::Closed | Standing::HalfOpen | Standing::Probing,
                Standing::Open { until },
            ) => Some(BreakerChange::Opened {
                until,
                failures: breaker.failures,
                class: trip.class,
            }),
            (_, Standing::Closed | Standing::HalfOpen | Standing::Probing) => None,
        };
        if breaker.failures == 0 && breaker.state == State::Closed {
            self.breakers.remove(key);
        } else {
            let failure = LastFailure {
                at: now,
                answered_since: None,
            };
            self.last_failures.insert(key.clone(), failure);
        }
        opened
    }

    pub(super) fn answered(&mut self, key: &Key, now: DateTime<Utc>) {
        if let Some(failure) = self.last_failures.get_mut(key) {
            failure.answered_since.get_or_insert(now);
        }
    }

    /// Makes room for one more failure.
    fn make_room(&mut self, key: &Key, now: DateTime<Utc>) {
        self.last_failures
            .retain(|_, failure| now - failure.at < FAILURE_REMEMBERED);
        if self.breakers.len() < REMEMBERED || self.breakers.contains_key(key) {
            return;
        }
        let least = self.breakers.iter().min_by_key(|(_, b)| b.failures);
        if let Some(least) = least.map(|(key, _)| key.clone()) {
            self.breakers.remove(&least);
        }
    }
}
