//! State of a candidate: its breaker and the verdict on its provider.

use catalog::{EndpointId, ProviderId};
use health::{Level, Verdict};
use tracing::Span;
use wire::{FailureClass, Kind};

use super::Services;
use crate::attempt::breaker::{FAILURES, FAILURES_IN_DECLARED_OUTAGE, Permit, Trip};
use crate::attempt::failed_attempt::FailedAttempt;
use crate::log::{self, Follows};
use crate::plan::session::HEALTHY_FOR;
use crate::{Candidate, Fault, Standing};

impl Services {
    /// It failed within the last five minutes, or its provider is not known to be healthy.
    pub(crate) fn is_suspect(&self, candidate: &Candidate) -> bool {
        self.failed_lately(candidate) || self.is_reported_failing(candidate)
    }

    /// Its page or its probes report a failure.
    fn is_reported_failing(&self, candidate: &Candidate) -> bool {
        match self.verdict_on(&candidate.provider, &candidate.endpoint) {
            Some(Verdict::Known(Level::Degraded | Level::PartialOutage | Level::MajorOutage)) => {
                true
            }
            Some(Verdict::Known(Level::Operational | Level::Maintenance) | Verdict::Unknown(_))
            | None => false,
        }
    }

    pub(crate) fn standing(&self, candidate: &Candidate) -> Standing {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        self.0.breakers.standing(endpoint, model, self.now())
    }

    /// The class of the failures that its breaker counts.
    pub(crate) fn failing(&self, candidate: &Candidate) -> Option<FailureClass> {
        self.0
            .breakers
            .failing(&candidate.endpoint, &candidate.model)
    }

    pub(crate) fn failed_lately(&self, candidate: &Candidate) -> bool {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        let last = self.0.breakers.last_failure(endpoint, model);
        last.is_some_and(|failure| self.now() - failure.at < HEALTHY_FOR)
    }

    pub(crate) fn has_recent_timeout(&self, candidate: &Candidate) -> bool {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        let now = self.now();
        self.0.breakers.has_recent_timeout(endpoint, model, now)
    }

    /// `None`: a count of tokens is no evidence about the model.
    pub(crate) fn permit(&self, candidate: &Candidate, kind: Kind) -> Option<Permit> {
        let Candidate {
            endpoint, model, ..
        } = candidate;
        match kind {
            Kind::Generate => Some(self.0.breakers.enter(endpoint, model, self.now())),
            Kind::CountTokens => None,
        }
    }

    pub(crate) fn trip(&self, candidate: &Candidate, failed_attempt: &FailedAttempt) -> Trip {
        Trip {
            class: failed_attempt.class,
            slow: failed_attempt.fault == Fault::Theirs(health::FailureKind::Stalled),
            timeout_length: failed_attempt.timeout_length,
            retry_after: failed_attempt.retry_after,
            resets_at: failed_attempt.resets_at,
            reason: failed_attempt.message.clone(),
            threshold: self.threshold(candidate),
            cooldown: self.0.config.borrow().timers.cooldown,
        }
    }

    /// Its client disconnected after a wait of the timeout's length.
    pub(crate) fn timed_out(
        &self,
        exchange: &Span,
        candidate: &Candidate,
        failed_attempt: &FailedAttempt,
    ) {
        let trip = self.trip(candidate, failed_attempt);
        let Candidate {
            endpoint, model, ..
        } = candidate;
        let change = self
            .0
            .breakers
            .timed_out(endpoint, model, self.now(), &trip);
        log::attempt_failed(exchange, candidate, failed_attempt, Follows::ClientLeft);
        if let Some(change) = change {
            log::breaker(exchange, endpoint, model, change);
        }
    }

    /// This candidate's response was complete.
    pub(crate) fn succeeded(&self, exchange: &Span, candidate: &Candidate, permit: Permit) {
        if let Some(change) = permit.succeeded(self.now()) {
            log::breaker(exchange, &candidate.endpoint, &candidate.model, change);
        }
    }

    pub(crate) fn threshold(&self, candidate: &Candidate) -> u32 {
        self.threshold_of(&candidate.provider, &candidate.endpoint)
    }

    /// A declared outage alone never opens a breaker; it makes one failure enough.
    pub(crate) fn threshold_of(&self, provider: &ProviderId, endpoint: &EndpointId) -> u32 {
        match self.verdict_on(provider, endpoint) {
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

    /// The verdict for the surface of this endpoint.
    fn verdict_on(&self, provider: &ProviderId, endpoint: &EndpointId) -> Option<Verdict> {
        let config = self.0.config.borrow();
        let surface = config.endpoints.get(endpoint)?.endpoint.surface.as_ref()?;
        let verdicts = self.0.verdicts.borrow();
        let finding = verdicts.providers.get(provider)?.surfaces.get(surface)?;
        Some(finding.verdict)
    }
}
