mod kept;
mod recovery;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use catalog::{EndpointId, ModelId};
use chrono::{DateTime, TimeDelta, Utc};
use wire::Class;

pub use kept::KeptBreaker;

/// Consecutive failures that open a breaker, and the number where the provider's page declares an outage.
pub(crate) const FAILURES: u32 = 3;
pub(crate) const FAILURES_IN_DECLARED_OUTAGE: u32 = 1;
/// The same where each failure was a full timeout.
const SILENCES: u32 = 2;
/// How long a model with a full timeout gets the short one.
const SILENCE_KNOWN: TimeDelta = TimeDelta::minutes(5);
/// A `retry-after` up to here is waited for; a longer one opens the breaker.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

const OPEN_MOST: Duration = Duration::from_secs(5 * 60);
const OPEN_OURS: Duration = Duration::from_secs(5 * 60);
const OPEN_OURS_MOST: Duration = Duration::from_secs(60 * 60);
const RETRY_AFTER_MOST: Duration = Duration::from_secs(60 * 60);
/// Clients choose model names freely: no more breakers than this are remembered.
const REMEMBERED: usize = 1024;
/// Longer than anything that is decided by how long a model has been healthy.
const FAILURE_REMEMBERED: TimeDelta = TimeDelta::hours(2);

/// A breaker as faces show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerView {
    pub endpoint: EndpointId,
    pub model: ModelId,
    pub standing: Standing,
    /// Consecutive failures.
    pub failures: u32,
    /// What kind of failure the last one was.
    pub class: Option<Class>,
    /// Reset time, if the last failure was a [`Class::Limit`] that states one.
    pub resets_at: Option<DateTime<Utc>>,
    /// The last failure, in words.
    pub reason: String,
}

/// May a request go there?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Closed,
    /// Only where nothing better is left.
    Open {
        until: DateTime<Utc>,
    },
    /// The time is up: the next request is the probe.
    HalfOpen,
    /// One request is finding out; others go elsewhere.
    Probing,
}

impl Standing {
    /// A request may go there now without being a last resort.
    pub fn admits(self) -> bool {
        match self {
            Standing::Closed | Standing::HalfOpen => true,
            Standing::Open { .. } | Standing::Probing => false,
        }
    }
}

/// A failure as the breaker counts it.
#[derive(Clone, Debug)]
pub(crate) struct Trip {
    pub(crate) class: Class,
    /// It cost the user a timeout, so the next attempt costs one too.
    pub(crate) slow: bool,
    pub(crate) silence: Option<Silence>,
    pub(crate) retry_after: Option<Duration>,
    /// Of [`Class::Limit`].
    pub(crate) resets_at: Option<DateTime<Utc>>,
    pub(crate) reason: String,
    /// [`FAILURES`] or [`FAILURES_IN_DECLARED_OUTAGE`].
    pub(crate) threshold: u32,
    /// How long a breaker stays open at first.
    pub(crate) cooldown: Duration,
}

impl Trip {
    /// The reset time of a limit, if it is in the future.
    fn rests_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let told = self.resets_at.filter(|at| *at > now);
        told.filter(|_| self.class == Class::Limit)
    }
}

/// What a request or a probe did to a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BreakerChange {
    Opened {
        until: DateTime<Utc>,
        failures: u32,
        class: Class,
    },
    HalfOpened,
    /// It is half-open, and this request finds out whether the endpoint is back.
    Probed,
    Closed,
}

/// The length of a stream's timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// The timeout where another candidate is left.
    Usual,
    /// The longest timeout, of the last candidate.
    Long,
}

/// One endpoint's model. Pure: time is an argument.
#[derive(Clone, Debug, Default)]
struct Breaker {
    state: State,
    failures: u32,
    /// How long it was last opened for; None after a success.
    spell: Option<Duration>,
    /// The last failure's.
    class: Option<Class>,
    resets_at: Option<DateTime<Utc>>,
    reason: String,
    /// When a timeout opened it, or when it last used up the longest timeout.
    silent_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    Open {
        until: DateTime<Utc>,
    },
    Probing,
}

impl Breaker {
    fn standing(&self, now: DateTime<Utc>) -> Standing {
        match self.state {
            State::Closed => Standing::Closed,
            State::Open { .. } if self.is_unused(now) => Standing::Closed,
            State::Open { until } if now >= until => Standing::HalfOpen,
            State::Open { until } => Standing::Open { until },
            State::Probing => Standing::Probing,
        }
    }

    /// True: the caller is the probe.
    fn enter(&mut self, now: DateTime<Utc>) -> bool {
        let probe = self.standing(now) == Standing::HalfOpen;
        if probe {
            self.state = State::Probing;
        }
        probe
    }

    fn failed(&mut self, now: DateTime<Utc>, trip: &Trip, probe: bool) {
        let retry_after = trip.retry_after.unwrap_or_default().min(RETRY_AFTER_MOST);
        let open = trip.cooldown;
        let longest = OPEN_MOST.max(open);
        let (first, most, at_once) = match trip.class {
            Class::Transient => (open, if trip.slow { longest } else { open }, false),
            Class::Silent => (open, longest, false),
            Class::RateLimit => (open, longest, retry_after > PATIENCE),
            // A limit without a reset time is treated like a quota.
            Class::Limit | Class::Quota | Class::Credential | Class::ModelGone => {
                (OPEN_OURS, OPEN_OURS_MOST, true)
            }
            // The provider answered and judged the request: this is no evidence against it.
            Class::Caller | Class::ContextTooLong | Class::ContentPolicy => {
                return self.left(now, probe);
            }
        };
        self.failures = self.failures.saturating_add(1);
        self.class = Some(trip.class);
        self.resets_at = trip.rests_until(now);
        self.reason.clone_from(&trip.reason);
        let threshold = match trip.silence {
            Some(Silence::Long) => 1,
            Some(Silence::Usual) => trip.threshold.min(SILENCES),
            None => trip.threshold,
        };
        let opens = self.state == State::Closed && self.failures >= threshold;
        match trip.silence {
            Some(Silence::Usual) if !opens => {}
            Some(Silence::Long | Silence::Usual) => self.silent_at = Some(now),
            None => {}
        }
        match (self.state, self.resets_at) {
            // Another request is the probe, and decides.
            (State::Probing, _) if !probe => {}
            // The reset time is exact: open until then, not longer and not shorter.
            (State::Closed | State::Open { .. } | State::Probing, Some(until)) => {
                self.state = State::Open { until };
            }
            (State::Closed, None) if !at_once && self.failures < threshold => {}
            // A last resort that failed too: it was open already, and stays so for no longer, save on the provider's word.
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
    fn is_known_silent(&self, now: DateTime<Utc>) -> bool {
        self.silent_at.is_some_and(|at| now - at < SILENCE_KNOWN)
    }

    /// The request ended without telling anything: a probe leaves its place to the next.
    fn left(&mut self, now: DateTime<Utc>, probe: bool) {
        if probe && self.state == State::Probing {
            self.state = State::Open { until: now };
        }
    }
}

/// All breakers of a gateway.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breakers(Arc<Mutex<Memory>>);

#[derive(Debug, Default)]
struct Memory {
    breakers: BTreeMap<Key, Breaker>,
    /// Also of models that have answered since.
    last_failures: BTreeMap<Key, LastFailure>,
}

/// A model's last failure, and what came after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastFailure {
    pub(crate) at: DateTime<Utc>,
    /// The first response or successful probe since then, of any request.
    pub(crate) answered_since: Option<DateTime<Utc>>,
}

type Key = (EndpointId, ModelId);

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

    /// The class of the failures that a breaker counts now; None: the last request was answered.
    pub(crate) fn failing(&self, endpoint: &EndpointId, model: &ModelId) -> Option<Class> {
        let key = (endpoint.clone(), model.clone());
        self.lock().breakers.get(&key)?.class
    }

    /// None: it has not failed within [`FAILURE_REMEMBERED`].
    pub(crate) fn last_failure(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
    ) -> Option<LastFailure> {
        let key = (endpoint.clone(), model.clone());
        self.lock().last_failures.get(&key).copied()
    }

    /// It timed out lately: a timeout opened its breaker, or it used up the longest timeout. Shorter timeouts do not prolong
    /// this, so that a slow but healthy model gets its usual time again.
    pub(crate) fn is_known_silent(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
    ) -> bool {
        let key = (endpoint.clone(), model.clone());
        let memory = self.lock();
        let breaker = memory.breakers.get(&key);
        breaker.is_some_and(|breaker| breaker.is_known_silent(now))
    }

    /// Start a request. It never refuses: whether to go there at all is the plan's decision.
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

    /// A probe of the watch's failed: it counts as a request's failure does, and prolongs nothing that is open.
    pub(crate) fn probe_failed(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
        trip: &Trip,
    ) -> Option<BreakerChange> {
        self.failed(&(endpoint.clone(), model.clone()), now, trip, false)
    }

    /// Every breaker that remembers a failure.
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
    pub(crate) fn silent(
        &self,
        endpoint: &EndpointId,
        model: &ModelId,
        now: DateTime<Utc>,
        trip: &Trip,
    ) -> Option<BreakerChange> {
        self.failed(&(endpoint.clone(), model.clone()), now, trip, false)
    }

    fn failed(
        &self,
        key: &Key,
        now: DateTime<Utc>,
        trip: &Trip,
        probe: bool,
    ) -> Option<BreakerChange> {
        let mut memory = self.lock();
        memory.forget_unused(now);
        memory.make_room(key, now);
        let breaker = memory.breakers.entry(key.clone()).or_default();
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
            memory.breakers.remove(key);
        } else {
            let failure = LastFailure {
                at: now,
                answered_since: None,
            };
            memory.last_failures.insert(key.clone(), failure);
        }
        opened
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn answered(&mut self, key: &Key, now: DateTime<Utc>) {
        if let Some(failure) = self.last_failures.get_mut(key) {
            failure.answered_since.get_or_insert(now);
        }
    }

    /// For one more failure.
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

/// One request on its way. Dropped without a result (the client left), it is no evidence, and a probe's place is free again.
#[derive(Debug)]
pub(crate) struct Permit {
    breakers: Breakers,
    key: Key,
    now: DateTime<Utc>,
    probe: bool,
    settled: bool,
}

impl Permit {
    /// It finds out whether the endpoint is back.
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
        self.breakers.failed(&self.key, now, trip, self.probe)
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

#[cfg(test)]
mod tests;
