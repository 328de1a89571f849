//! One circuit breaker for each endpoint and model.

mod kept;
mod memory;
mod permit;
mod recovery;
mod state;
mod trip;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, Utc};
use wire::FailureClass;

pub use kept::KeptBreaker;
use memory::{Key, LastFailure, Memory};
pub(crate) use permit::Permit;
use state::Breaker;
pub(crate) use state::BreakerChange;
pub use state::Standing;
pub(crate) use trip::{FAILURES, FAILURES_IN_DECLARED_OUTAGE, PATIENCE, TimeoutLength, Trip};

/// A breaker as the UIs show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerView {
    pub endpoint: EndpointId,
    pub model: ModelId,
    pub standing: Standing,
    /// Consecutive failures.
    pub failures: u32,
    /// The class of the last failure.
    pub class: Option<FailureClass>,
    /// Reset time, if the last failure was a [`FailureClass::Limit`] that states one.
    pub resets_at: Option<DateTime<Utc>>,
    /// The last failure as text.
    pub reason: String,
}

/// All breakers of a gateway.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breakers(Arc<Mutex<Memory>>);

impl Breakers {
    pub(crate) fn standing(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
    ) -> Standing {
        let key = (endpoint.clone(), model.clone());
        self.lock()
            .breakers
            .get(&key)
            .map_or(Standing::Closed, |breaker| breaker.standing(now))
    }

    /// The class of the failures that a breaker counts; `None`: the last request succeeded.
    pub(crate) fn failing(&self, endpoint: &EndpointId, model: &ModelId) -> Option<FailureClass> {
        let key = (endpoint.clone(), model.clone());
        self.lock().breakers.get(&key)?.class
    }

    /// `None`: it has not failed within two hours.
    pub(crate) fn last_failure(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
    ) -> Option<LastFailure> {
        let key = (endpoint.clone(), model.clone());
        self.lock().last_failures.get(&key).copied()
    }

    /// It timed out recently: a timeout opened its breaker, or it reached the longest timeout. Shorter timeouts do not extend
    /// this period, so that a slow but healthy model gets its usual timeout again.
    pub(crate) fn has_recent_timeout(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
    ) -> bool {
        let key = (endpoint.clone(), model.clone());
        let memory = self.lock();
        let breaker = memory.breakers.get(&key);
        breaker.is_some_and(|breaker| breaker.has_recent_timeout(now))
    }

    /// A probe of the watch failed: it counts like a request's failure, but does not extend an open breaker.
    pub(crate) fn probe_failed(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
        trip: &Trip,
    ) -> Option<BreakerChange> {
        let key = (endpoint.clone(), model.clone());
        self.lock().failed(&key, now, trip, false)
    }

    /// Every breaker with a failure.
    pub(crate) fn views(&self, now: DateTime<Utc>) -> Vec<BreakerView> {
        self.lock().forget_unused(now);
        let view = |((endpoint, model), breaker): (&Key, &Breaker)| BreakerView {
            endpoint: endpoint.clone(),
            model: model.clone(),
            standing: breaker.standing(now),
            failures: breaker.failures,
            class: breaker.class,
            resets_at: breaker.resets_at,
            reason: breaker.reason.clone(),
        };
        self.lock().breakers.iter().map(view).collect()
    }

    /// Its attempt ended with a timeout.
    pub(crate) fn timed_out(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
        trip: &Trip,
    ) -> Option<BreakerChange> {
        let key = (endpoint.clone(), model.clone());
        self.lock().failed(&key, now, trip, false)
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
