//! Breakers beyond the gateway: kept over a restart, tried by probes while they are not closed, shown to the faces.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use catalog::{EndpointId, ModelId, ProviderId, REHEARSAL};
use chrono::{DateTime, Utc};
use gateway::{Gateway, KeptBreaker, Standing};
use health::{Basis, Finding, Level, Verdict};
use ledger::{BreakerRow, Ledger};
use wire::Class;

use super::MainLoop;
use crate::routing;
use crate::state::State;

/// What of breakers is known outside the gateway.
#[derive(Debug, Default)]
pub(super) struct Outside {
    /// As the ledger has them.
    kept: BTreeMap<(EndpointId, ModelId), KeptBreaker>,
    /// Those that the watch probes to find out when they are well.
    probed: BTreeSet<(EndpointId, ModelId)>,
}

/// Hands the gateway what an earlier process kept. To be called before the port opens.
pub(super) fn restore(ledger: &Ledger, gateway: &Gateway) -> Outside {
    let mut outside = Outside::default();
    let rows = ledger.breakers().unwrap_or_else(|error| {
        tracing::error!(%error, "what was known of failing endpoints cannot be read");
        Vec::new()
    });
    for row in rows {
        let kept = KeptBreaker {
            endpoint: row.endpoint,
            model: row.model,
            state: row.state,
            until: row.until,
        };
        let key = (kept.endpoint.clone(), kept.model.clone());
        outside.kept.insert(key, kept);
    }
    gateway.restore_breakers(outside.kept.values().cloned().collect());
    outside
}

impl MainLoop {
    /// Whatever happened may have changed a breaker.
    pub(super) fn look_at_breakers(&mut self) {
        self.state.breakers = self.outlets.gateway.breakers();
        self.keep_breakers();
        let wanted = to_probe(&self.state);
        if wanted != self.breakers.probed {
            self.breakers.probed = wanted;
            self.send_targets();
        }
    }

    /// Tells the watch what to look at.
    pub(super) fn send_targets(&self) {
        let targets = routing::targets(
            &self.state.settings,
            &self.state.catalog,
            &self.state.keys,
            &self.breakers.probed,
        );
        self.outlets.targets.send_replace(Arc::new(targets));
    }

    /// Writes what has changed since the last time.
    fn keep_breakers(&mut self) {
        let now: BTreeMap<_, _> = self
            .outlets
            .gateway
            .kept_breakers()
            .into_iter()
            .filter(|kept| kept.endpoint.as_str() != REHEARSAL)
            .map(|kept| ((kept.endpoint.clone(), kept.model.clone()), kept))
            .collect();
        let before = std::mem::take(&mut self.breakers.kept);
        for (key, kept) in &now {
            if before.get(key) != Some(kept) {
                let row = BreakerRow {
                    endpoint: kept.endpoint.clone(),
                    model: kept.model.clone(),
                    state: kept.state.clone(),
                    until: kept.until,
                };
                self.kept("keep a breaker", |ledger| ledger.save_breaker(&row));
            }
        }
        for (endpoint, model) in before.keys().filter(|key| !now.contains_key(key)) {
            self.kept("forget a breaker", |ledger| {
                ledger.forget_breaker(endpoint, model)
            });
        }
        self.breakers.kept = now;
    }

    /// When the first open breaker lets a request through again.
    pub(super) fn next_half_open(&self) -> Option<DateTime<Utc>> {
        let open = self.state.breakers.iter().filter_map(|b| match b.standing {
            Standing::Open { until } => Some(until),
            Standing::Closed | Standing::HalfOpen | Standing::Probing => None,
        });
        open.min()
    }

    /// The provider is believed to work again.
    pub(super) fn recovered(&self, provider: &ProviderId) {
        for breaker in &self.state.breakers {
            let endpoint = self.state.catalog.endpoint(&breaker.endpoint);
            if endpoint.is_some_and(|endpoint| endpoint.provider == *provider) {
                let gateway = &self.outlets.gateway;
                gateway.recovered(&breaker.endpoint, &breaker.model);
            }
        }
    }

    /// What opened for want of a good key is tried with the new one.
    pub(super) fn try_new_keys(&self) {
        for breaker in &self.state.breakers {
            if breaker.class == Some(Class::Credential) {
                self.outlets
                    .gateway
                    .try_now(&breaker.endpoint, &breaker.model);
            }
        }
    }
}

/// Kept away by the provider's own failure, or believed to fail: a probe tells when that is over, also where nobody asks any
/// more. Quota and keys are not mended by asking again.
fn to_probe(state: &State) -> BTreeSet<(EndpointId, ModelId)> {
    let kept_away = state.breakers.iter().filter(|breaker| {
        let failing = matches!(breaker.class, Some(Class::Transient | Class::Silent));
        failing && breaker.standing != Standing::Closed
    });
    let kept_away = kept_away.map(|breaker| (breaker.endpoint.clone(), breaker.model.clone()));
    let models = state.verdicts.providers.values().flat_map(|p| &p.models);
    let believed = models.filter(|(_, finding)| is_failing(finding));
    let believed = believed.map(|(at, _)| at.clone());
    kept_away
        .chain(believed)
        .filter(|(endpoint, _)| endpoint.as_str() != REHEARSAL)
        .collect()
}

fn is_failing(finding: &Finding) -> bool {
    match finding.verdict {
        Verdict::Known(level) => level >= Level::Degraded && finding.basis == Basis::Measured,
        Verdict::Unknown(_) => false,
    }
}
