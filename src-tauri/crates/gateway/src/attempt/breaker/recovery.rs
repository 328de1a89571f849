//! Closes a breaker without a request: by a probe, by a verdict, or because no request uses its model.

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, TimeDelta, Utc};
use wire::FailureClass;

use super::Breakers;
use super::memory::Memory;
use super::state::{Breaker, BreakerChange, Standing, State};

/// A breaker whose cooldown ended this long ago and that no request has used since is out of date.
const UNUSED: TimeDelta = TimeDelta::minutes(10);

impl Breakers {
    /// Lets the next request through, whatever the cooldown: a probe succeeded, or the owner chose it.
    pub(crate) fn half_open(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
    ) -> Option<BreakerChange> {
        let key = (endpoint.clone(), model.clone());
        let mut memory = self.lock();
        let breaker = memory.breakers.get_mut(&key)?;
        breaker.timed_out_at = None;
        let State::Open { until } = breaker.state else {
            return None;
        };
        breaker.state = State::Open { until: now };
        (until > now).then_some(BreakerChange::BecameHalfOpen)
    }

    /// A probe of the watch succeeded.
    pub(crate) fn probe_answered(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
    ) -> Option<BreakerChange> {
        let change = self.recovered(endpoint, model, now);
        let key = (endpoint.clone(), model.clone());
        self.lock().answered(&key, now);
        change
    }

    /// A probe or a verdict reports a recovery: an open breaker becomes half-open, and a half-open one closes. It does not end
    /// limits and refused keys of the account.
    pub(crate) fn recovered(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
    ) -> Option<BreakerChange> {
        let key = (endpoint.clone(), model.clone());
        let mut memory = self.lock();
        let closes = memory.breakers.get(&key).is_some_and(|breaker| {
            let of_provider = matches!(
                breaker.class,
                Some(FailureClass::Transient | FailureClass::Timeout)
            );
            of_provider && breaker.standing(now) == Standing::HalfOpen
        });
        if closes {
            memory.breakers.remove(&key);
            return Some(BreakerChange::Closed);
        }
        drop(memory);
        self.half_open(endpoint, model, now)
    }
}

impl Breaker {
    pub(super) fn is_unused(&self, now: DateTime<Utc>) -> bool {
        match self.state {
            State::Open { until } => now >= until + UNUSED,
            State::Closed | State::Probing => false,
        }
    }
}

impl Memory {
    pub(super) fn forget_unused(&mut self, now: DateTime<Utc>) {
        self.breakers.retain(|_, breaker| !breaker.is_unused(now));
    }
}
