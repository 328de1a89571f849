//! Record of a failed attempt, and the step that follows.

use std::sync::Arc;
use std::time::Duration;

use catalog::is_beyond_this_network;
use health::FailureKind;
use tokio::time::Instant;

use super::next::{Next, bears_on_breaker, may_repeat, next};
use super::{ATTEMPTS, Fallback};
use crate::attempt::breaker::Permit;
use crate::attempt::deadlines::stream_wait;
use crate::attempt::failed_attempt::FailedAttempt;
use crate::attempt::local_cause::LocalCause;
use crate::log::{self, Follows};
use crate::{Candidate, Carriage, Fault, Outcome};

impl Fallback {
    /// Handles a failed attempt, before or after the commit. `single_attempt`: no retry.
    pub(crate) fn failed(
        &mut self,
        candidate: &Candidate,
        permit: Option<Permit>,
        mut failed_attempt: FailedAttempt,
        single_attempt: bool,
    ) {
        let admitted = Arc::clone(&self.admitted);
        let took = self.exchange.attempt_lasted();
        if candidate.made_failure.is_some() {
            failed_attempt = failed_attempt.made_by_drill();
        }
        let endpoint = admitted.config.endpoints.get(&candidate.endpoint);
        if let Some(key) = endpoint.and_then(|endpoint| endpoint.key.as_ref()) {
            failed_attempt.conceal(key);
        }
        failed_attempt.date(self.services.now());
        let beyond = endpoint.is_some_and(|found| is_beyond_this_network(&found.endpoint.base));
        if failed_attempt.fault == Fault::Theirs(FailureKind::Connect)
            && beyond
            && self.services.is_offline()
        {
            failed_attempt = FailedAttempt::local(LocalCause::Offline, failed_attempt.message);
        }
        let outcome = match failed_attempt.fault.local() {
            Some(cause) => Outcome::Local {
                cause,
                message: failed_attempt.message.clone(),
            },
            None => Outcome::Failed {
                class: failed_attempt.class,
                fault: failed_attempt.fault,
                message: failed_attempt.message.clone(),
                resets_at: failed_attempt.resets_at,
            },
        };
        let span = self.exchange.attempt_span().clone();
        self.exchange
            .attempt_ended(outcome, failed_attempt.report.clone());
        let permit = permit.filter(|_| bears_on_breaker(&failed_attempt, candidate));
        let change = permit.and_then(|permit| {
            let trip = self.services.trip(candidate, &failed_attempt);
            permit.failed(self.services.now(), &trip)
        });
        self.empty_before |= failed_attempt.empty;
        let context = endpoint.and_then(|endpoint| endpoint.context(&candidate.model));
        let translated = candidate.carriage != Carriage::Own;
        let for_limits = admitted.config.spending.for_limits;
        match next(&failed_attempt, candidate, context, translated, for_limits) {
            // A retry after an empty response is usually empty too, and would be released.
            Next::Again(_) if failed_attempt.empty && !self.queue.is_last() => {
                self.queue.leave(candidate)
            }
            // The provider did not cause the wait, and a new connection is fast.
            Next::Again(wait)
                if failed_attempt.fault.local() == Some(LocalCause::DeadConnection)
                    && self.time_left().is_none_or(|left| left > wait) =>
            {
                self.queue.retry_after(wait);
            }
            Next::Again(_) if !may_repeat(took, self.queue.is_last(), self.time_left()) => {
                self.queue.leave(candidate);
            }
            Next::Again(wait) => self.queue.retry_after(wait),
            Next::Other => self.queue.leave(candidate),
            Next::Larger(than) => {
                self.window = Some(self.window.unwrap_or(0).max(than));
                self.queue.leave(candidate);
            }
            Next::Stop => self.queue.close(),
        }
        if single_attempt {
            self.queue.leave(candidate);
        }
        log::attempt_failed(&span, candidate, &failed_attempt, self.follows(candidate));
        if let Some(change) = change {
            log::breaker(&span, &candidate.endpoint, &candidate.model, change);
        }
        self.failure.record(candidate, failed_attempt);
    }

    /// The next step after this candidate's failure.
    fn follows(&self, failed: &Candidate) -> Follows {
        if self.exchange.has_released() {
            return Follows::RestartOrCut;
        }
        if self.queue.is_closed() || self.exchange.attempts() >= ATTEMPTS {
            return Follows::Nothing;
        }
        let stays = self.queue.next() == Some(failed);
        let endpoint = self.admitted.config.endpoints.get(&failed.endpoint);
        match self.queue.backoff() {
            Some(wait) if stays && endpoint.is_some_and(|e| self.may_ask(failed, e)) => {
                Follows::Retry(wait)
            }
            Some(_) | None => match self.queue.next_after(failed) {
                Some(_) => Follows::NextCandidate,
                None => Follows::Nothing,
            },
        }
    }

    /// How long the client still waits; `None`: it gets keep-alives.
    fn time_left(&self) -> Option<Duration> {
        let since = self.waits?;
        let patience = if self.admitted.streamed() {
            stream_wait(self.admitted.behaviour.waits)
        } else {
            let total = self.admitted.config.timers.total;
            self.admitted.behaviour.waits.unwrap_or(total)
        };
        Some((since + patience).saturating_duration_since(Instant::now()))
    }
}
