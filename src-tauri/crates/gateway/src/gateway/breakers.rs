//! What others than requests know of breakers: the watch's probes, the owner, and the ledger over a restart.

use catalog::{EndpointId, ModelId, ProviderId};
use health::{CallOutcome, FailureKind, Level, Verdict};
use wire::Class;

use super::Gateway;
use crate::breaker::{FAILURES, FAILURES_IN_DECLARED_OUTAGE, Trip};
use crate::{BreakerView, KeptBreaker};

impl Gateway {
    /// Every breaker that remembers a failure.
    pub fn breakers(&self) -> Vec<BreakerView> {
        self.0.breakers.views(self.now())
    }

    /// The same, to be kept over a restart.
    pub fn kept_breakers(&self) -> Vec<KeptBreaker> {
        self.0.breakers.kept()
    }

    /// What an earlier process kept. To be called before the first request.
    pub fn restore_breakers(&self, kept: Vec<KeptBreaker>) {
        self.0.breakers.restore(kept);
    }

    /// An open breaker lets the next request through: the owner wants it tried now.
    pub fn try_now(&self, endpoint: &EndpointId, model: &ModelId) {
        self.0.breakers.half_open(endpoint, model, self.now());
    }

    /// A synthetic probe of this endpoint's model has ended. A success half-opens an open breaker, so that the next request
    /// goes there with its fallback behind it; a failure counts as a request's does.
    pub fn probed(
        &self,
        provider: &ProviderId,
        endpoint: &EndpointId,
        model: &ModelId,
        outcome: &CallOutcome,
    ) {
        match outcome {
            CallOutcome::Ok { .. } => self.try_now(endpoint, model),
            CallOutcome::Failed { kind, detail } => {
                let silent = *kind == FailureKind::Silent;
                let trip = Trip {
                    class: if silent {
                        Class::Silent
                    } else {
                        Class::Transient
                    },
                    slow: silent || *kind == FailureKind::Stalled,
                    // Nobody has waited.
                    silence: None,
                    retry_after: None,
                    reason: detail.clone(),
                    threshold: self.threshold_of(provider, endpoint),
                    cooldown: self.0.config.borrow().timers.cooldown,
                };
                let now = self.now();
                self.0.breakers.probe_failed(endpoint, model, now, &trip);
            }
            // A problem of ours, or nothing that can be told.
            CallOutcome::Ours(_) | CallOutcome::Neutral => {}
        }
    }

    /// A declared outage never opens a breaker by itself; it makes one failure enough.
    pub(crate) fn threshold_of(&self, provider: &ProviderId, endpoint: &EndpointId) -> u32 {
        let config = self.0.config.borrow();
        let verdicts = self.0.verdicts.borrow();
        let finding = config
            .endpoints
            .get(endpoint)
            .and_then(|found| found.endpoint.surface.as_ref())
            .and_then(|surface| verdicts.providers.get(provider)?.surfaces.get(surface));
        match finding.map(|finding| finding.verdict) {
            Some(Verdict::Known(Level::PartialOutage | Level::MajorOutage)) => {
                FAILURES_IN_DECLARED_OUTAGE
            }
            Some(
                Verdict::Known(Level::Operational | Level::Maintenance | Level::Degraded)
                | Verdict::Unknown(_),
            )
            | None => FAILURES,
        }
    }
}
