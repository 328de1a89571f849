//! Sources of breaker states other than requests: the watch's probes, the owner, and the ledger across a restart.

use catalog::{EndpointId, ModelId, ProviderId};
use health::{CallOutcome, FailureKind};
use wire::FailureClass;

use super::Gateway;
use crate::attempt::breaker::{BreakerChange, Trip};
use crate::{BreakerView, KeptBreaker, log};

impl Gateway {
    /// Every breaker with a failure.
    pub fn breakers(&self) -> Vec<BreakerView> {
        self.0.breakers().views(self.0.now())
    }

    /// The same in a form for storage.
    pub fn kept_breakers(&self) -> Vec<KeptBreaker> {
        self.0.breakers().kept()
    }

    /// Restores the states of an earlier process. Call before the first request.
    pub fn restore_breakers(&self, kept: Vec<KeptBreaker>) {
        self.0.breakers().restore(kept, self.0.now());
    }

    /// Lets the next request through an open breaker, by the owner's command.
    pub fn try_now(&self, endpoint: &EndpointId, model: &ModelId) {
        let change = self.0.breakers().half_open(endpoint, model, self.0.now());
        log_change(endpoint, model, change);
    }

    /// The verdict reports a recovery: the provider's open breakers let the next request through, its half-open ones close.
    pub fn recovered(&self, endpoint: &EndpointId, model: &ModelId) {
        let change = self.0.breakers().recovered(endpoint, model, self.0.now());
        log_change(endpoint, model, change);
    }

    /// A probe of this endpoint's model has ended. A success sets an open breaker to half-open, so that the next request uses
    /// the model with its fallback behind it, and closes a half-open one; a failure counts like a request's.
    pub fn probed(
        &self,
        provider: &ProviderId,
        endpoint: &EndpointId,
        model: &ModelId,
        outcome: &CallOutcome,
    ) {
        match outcome {
            CallOutcome::Ok { .. } => {
                let now = self.0.now();
                let change = self.0.breakers().probe_answered(endpoint, model, now);
                log_change(endpoint, model, change);
            }
            CallOutcome::Failed { kind, detail } => {
                let is_timeout = *kind == FailureKind::Timeout;
                let trip = Trip {
                    class: if is_timeout {
                        FailureClass::Timeout
                    } else {
                        FailureClass::Transient
                    },
                    slow: is_timeout || *kind == FailureKind::Stalled,
                    // No client has waited.
                    timeout_length: None,
                    retry_after: None,
                    resets_at: None,
                    reason: detail.clone(),
                    threshold: self.0.threshold_of(provider, endpoint),
                    cooldown: self.0.config().timers.cooldown,
                };
                let now = self.0.now();
                let breakers = self.0.breakers();
                let change = breakers.probe_failed(endpoint, model, now, &trip);
                log_change(endpoint, model, change);
            }
            // A fault of this machine, or no evidence.
            CallOutcome::Ours(_) | CallOutcome::Neutral => {}
        }
    }
}

/// No exchange caused it.
fn log_change(endpoint: &EndpointId, model: &ModelId, change: Option<BreakerChange>) {
    if let Some(change) = change {
        log::breaker(&tracing::Span::none(), endpoint, model, change);
    }
}
