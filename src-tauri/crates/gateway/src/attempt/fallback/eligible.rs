//! Selection of the candidate for the next request.

use wire::FailureClass;

use super::{ATTEMPTS, Fallback};
use crate::admitted::Admitted;
use crate::plan::fallback_model;
use crate::{Candidate, EndpointConfig, Role};

impl Fallback {
    /// The candidate that gets the next request.
    pub(super) async fn candidate<'a>(
        &mut self,
        admitted: &'a Admitted,
    ) -> Option<(Candidate, &'a EndpointConfig)> {
        while !self.queue.is_closed() && self.exchange.attempts() < ATTEMPTS {
            if !self.queue.is_first() {
                self.queue.settle().await;
            }
            // The last allowed request of an exchange goes to the primary if it was put after its fallbacks.
            if self.exchange.attempts() + 1 == ATTEMPTS && self.failure.of_primary().is_none() {
                self.queue.skip_to_primary();
            }
            let candidate = self.queue.next()?.clone();
            let endpoint = admitted.config.endpoints.get(&candidate.endpoint);
            if let Some(endpoint) = endpoint
                && self.may_ask(&candidate, endpoint)
            {
                return Some((candidate, endpoint));
            }
            self.queue.advance();
        }
        None
    }

    pub(super) fn may_ask(&self, candidate: &Candidate, endpoint: &EndpointConfig) -> bool {
        let known = endpoint.context(&candidate.model);
        let too_small = !candidate.is_primary()
            && self
                .window
                .is_some_and(|window| known.is_some_and(|known| known <= window));
        // Another request may have become the probe since the plan was made.
        let gone_bad = candidate.standing.admits() && !self.services.standing(candidate).admits();
        let skipped =
            gone_bad && !self.empty_before && (self.queue.was_tried() || !self.queue.is_last());
        let paid = fallback_model::costs(endpoint, candidate.credential) && !candidate.is_primary();
        // The owner's choice also applies while a plan is used up; consent and cap were checked before.
        let by_choice = self.admitted.plan.chosen && self.queue.is_first();
        let too_dear = paid
            && !by_choice
            && self.is_for_a_limit()
            && !self.admitted.config.spending.for_limits;
        let of_use = candidate.role != Role::Sibling || self.may_ask_sibling(candidate);
        !too_small && self.queue.has_attempts_left() && !skipped && !too_dear && of_use
    }

    /// The primary cannot answer because a plan or a quota is used up: by its response, or because its breaker is open until
    /// the reset.
    fn is_for_a_limit(&self) -> bool {
        let class = match self.failure.of_primary() {
            Some((_, failed_attempt)) => Some(failed_attempt.class),
            None => {
                let primary = self.queue.primary();
                let open = primary.filter(|primary| !self.services.standing(primary).admits());
                open.and_then(|primary| self.services.failing(primary))
            }
        };
        class == Some(FailureClass::Limit)
    }

    /// Only if the primary's model alone fails, by this attempt or its breaker, and the sibling has not failed recently.
    fn may_ask_sibling(&self, sibling: &Candidate) -> bool {
        let failing = match self.failure.of_primary() {
            Some((_, failed_attempt)) => failed_attempt.is_of_the_model(),
            None => self
                .queue
                .primary()
                .and_then(|primary| self.services.failing(primary))
                .is_some_and(|class| {
                    matches!(class, FailureClass::Transient | FailureClass::Timeout)
                }),
        };
        let stays = self.admitted.plan.stays && self.queue.is_first();
        stays || failing && !self.services.failed_lately(sibling)
    }
}
