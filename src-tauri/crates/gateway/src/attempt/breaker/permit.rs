//! Permit of a breaker for one request, which records the result.

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, Utc};

use super::memory::Key;
use super::state::State;
use super::{BreakerChange, Breakers, Trip};

/// One request in progress. If it is dropped without a result (the client disconnected), it is no evidence, and another request
/// can be the probe.
#[derive(Debug)]
pub(crate) struct Permit {
    breakers: Breakers,
    key: Key,
    now: DateTime<Utc>,
    probe: bool,
    settled: bool,
}

impl Permit {
    /// This request is the probe.
    pub(crate) fn is_probe(&self) -> bool {
        self.probe
    }

    /// The response passed the completion check: all failures are cleared.
    pub(crate) fn succeeded(mut self, now: DateTime<Utc>) -> Option<BreakerChange> {
        self.settled = true;
        let mut memory = self.breakers.lock();
        let breaker = memory.breakers.remove(&self.key);
        memory.answered(&self.key, now);
        let kept_away = breaker.is_some_and(|breaker| breaker.state != State::Closed);
        kept_away.then_some(BreakerChange::Closed)
    }

    pub(crate) fn failed(mut self, now: DateTime<Utc>, trip: &Trip) -> Option<BreakerChange> {
        self.settled = true;
        self.breakers
            .lock()
            .failed(&self.key, now, trip, self.probe)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.settled
            && self.probe
            && let Some(breaker) = self.breakers.lock().breakers.get_mut(&self.key)
        {
            breaker.left(self.now, true);
        }
    }
}

impl Breakers {
    /// Starts a request. It never refuses: the plan decides if the candidate is used.
    pub(crate) fn enter(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
    ) -> Permit {
        let key = (endpoint.clone(), model.clone());
        let probe = self
            .lock()
            .breakers
            .get_mut(&key)
            .is_some_and(|breaker| breaker.enter(now));
        Permit {
            breakers: self.clone(),
            key,
            now,
            probe,
            settled: false,
        }
    }
}
