//! Breakers outside the gateway: restored after a restart, probed while not closed, shown in the UIs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catalog::{EndpointId, ModelId, ProviderId, REHEARSAL};
use chrono::{DateTime, Utc};
use gateway::{BreakerView, KeptBreaker, Standing};
use health::{Basis, Finding, Level, Verdict};
use ledger::BreakerRow;
use wire::FailureClass;

use super::{Desk, Effect, Record};
use crate::routing;
use crate::state::State;

impl Desk {
    /// Handles the present state of the gateway's circuit breakers.
    pub(super) fn see_breakers(
        &mut self,
        now: DateTime<Utc>,
        views: Vec<BreakerView>,
        kept: Vec<KeptBreaker>,
    ) {
        self.state.breakers = views;
        self.see_logins(now);
        self.keep_breakers(kept);
        self.watch_failing(now);
    }

    /// Schedules probes for failing models until they recover.
    pub(super) fn watch_failing(&mut self, now: DateTime<Utc>) {
        let mut wanted = to_probe(&self.state);
        // Their last response predates the outage: one probe shows whether they are affected.
        wanted.extend(self.book.doubtful(now));
        if wanted != self.probed {
            self.probed = wanted;
            self.watch_targets();
        }
    }

    /// Sends the watch its list of status pages and probes.
    pub(super) fn watch_targets(&mut self) {
        let state = &self.state;
        let targets = routing::targets(&state.settings, &state.catalog, &state.keys, &self.probed);
        self.effect(Effect::Watch(Arc::new(targets)));
    }

    /// Stores changed breakers in the ledger.
    fn keep_breakers(&mut self, kept: Vec<KeptBreaker>) {
        let now: BTreeMap<_, _> = kept
            .into_iter()
            .filter(|kept| kept.endpoint.as_str() != REHEARSAL)
            .map(|kept| ((kept.endpoint.clone(), kept.model.clone()), kept))
            .collect();
        let before = std::mem::take(&mut self.kept_breakers);
        for (key, kept) in &now {
            if before.get(key) != Some(kept) {
                self.effect(Effect::Record(Record::Breaker(BreakerRow {
                    endpoint: kept.endpoint.clone(),
                    model: kept.model.clone(),
                    state: kept.state.clone(),
                    until: kept.until,
                })));
            }
        }
        for (endpoint, model) in before.keys().filter(|key| !now.contains_key(key)) {
            let forget = Record::ForgetBreaker(endpoint.clone(), model.clone());
            self.effect(Effect::Record(forget));
        }
        self.kept_breakers = now;
    }

    /// When the first open breaker becomes half-open.
    pub(super) fn next_half_open(&self) -> Option<DateTime<Utc>> {
        let open = self.state.breakers.iter().filter_map(|b| match b.standing {
            Standing::Open { until } => Some(until),
            Standing::Closed | Standing::HalfOpen | Standing::Probing => None,
        });
        open.min()
    }

    /// Closes the provider's breakers after its recovery.
    pub(super) fn breakers_recover(&mut self, provider: &ProviderId) {
        for breaker in &self.state.breakers {
            let endpoint = self.state.catalog.endpoint(&breaker.endpoint);
            if endpoint.is_some_and(|endpoint| endpoint.provider == *provider) {
                let (endpoint, model) = (breaker.endpoint.clone(), breaker.model.clone());
                self.effects.push(Effect::Recovered(endpoint, model));
            }
        }
    }

    /// Breakers that opened because of a key become half-open with the new key.
    pub(super) fn try_new_keys(&mut self) {
        for breaker in &self.state.breakers {
            if breaker.class == Some(FailureClass::Credential) {
                let (endpoint, model) = (breaker.endpoint.clone(), breaker.model.clone());
                self.effects.push(Effect::TryNow(endpoint, model));
            }
        }
    }
}

/// Models whose breaker opened through the provider's own failure, or whose verdict is failing. A probe detects the recovery
/// even without traffic. A retry does not fix quota and key failures.
fn to_probe(state: &State) -> BTreeSet<(EndpointId, ModelId)> {
    let kept_away = state.breakers.iter().filter(|breaker| {
        let failing = matches!(
            breaker.class,
            Some(FailureClass::Transient | FailureClass::Timeout)
        );
        failing && breaker.standing != Standing::Closed
    });
    let kept_away = kept_away.map(|breaker| (breaker.endpoint.clone(), breaker.model.clone()));
    let models = state.verdicts.providers.values().flat_map(|p| &p.models);
    let failing_models = models.filter(|(_, finding)| is_failing(finding));
    let failing_models = failing_models.map(|(at, _)| at.clone());
    kept_away
        .chain(failing_models)
        .filter(|(endpoint, _)| endpoint.as_str() != REHEARSAL)
        .collect()
}

fn is_failing(finding: &Finding) -> bool {
    match finding.verdict {
        Verdict::Known(level) => level >= Level::Degraded && finding.basis == Basis::Measured,
        Verdict::Unknown(_) => false,
    }
}
