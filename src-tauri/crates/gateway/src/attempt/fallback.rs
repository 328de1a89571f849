//! Uses the candidates in the plan's order until one answers or none is left, also after a truncated response.

mod eligible;
mod failed;
mod next;
mod queue;
mod reported_failure;
mod send;

use std::sync::Arc;

use tokio::time::{Instant, sleep};
use wire::Kind;

use crate::admitted::Admitted;
use crate::attempt::attempt_response::AttemptResponse;
use crate::attempt::breaker::{BreakerChange, Permit};
use crate::attempt::count;
use crate::attempt::request::{Kept, Outgoing, request};
use crate::deliver::hold::Hold;
use crate::kept::{SignatureSink, kept_signatures};
use crate::log::{self, OneLine};
use crate::open::OpenExchange;
use crate::plan::lineup::Lineup;
use crate::services::Services;
use crate::{Candidate, Credential};
use queue::Queue;
use reported_failure::ReportedFailure;

/// Maximum number of requests of one exchange.
const ATTEMPTS: usize = 6;

/// The progress of one exchange through its candidates.
pub(crate) struct Fallback {
    pub(crate) services: Services,
    pub(crate) admitted: Arc<Admitted>,
    pub(crate) exchange: OpenExchange,
    pub(crate) queue: Queue,
    pub(crate) failure: ReportedFailure,
    /// The candidate of the last attempt.
    last_candidate: Option<Candidate>,
    /// After a context-length error, fallbacks whose context window is known and not larger than this many tokens are
    /// skipped.
    window: Option<u64>,
    empty_before: bool,
    hold: Hold,
    /// The time since which the client has received nothing; `None`: it gets keep-alives.
    waits: Option<Instant>,
}

/// A candidate's response that can be released.
pub(crate) struct Answered {
    pub(crate) candidate: Candidate,
    /// `None`: it does not affect the breaker.
    pub(crate) permit: Option<Permit>,
    pub(crate) response: AttemptResponse,
}

/// No candidate is left.
#[derive(Debug)]
pub(crate) enum NoResponse {
    /// All eligible candidates have failed, or there were none.
    Exhausted,
    /// A request could not be built.
    OurFault,
    /// The engine stops; the current attempt is still recorded as open.
    Stopped,
}

impl Fallback {
    pub(crate) fn new(services: Services, admitted: Admitted, mut exchange: OpenExchange) -> Self {
        let admitted = Arc::new(admitted);
        let lineup = Lineup::of(&admitted);
        exchange.passed_over(lineup.passed_over());
        Self {
            hold: admitted.passing.hold,
            waits: Some(admitted.began),
            services,
            admitted,
            exchange,
            queue: Queue::new(lineup),
            failure: ReportedFailure::default(),
            last_candidate: None,
            window: None,
            empty_before: false,
        }
    }

    /// The next response that can be released, after any number of attempts.
    pub(crate) async fn next(&mut self) -> Result<Answered, NoResponse> {
        let services = self.services.clone();
        tokio::select! {
            biased;
            found = self.search() => found,
            () = services.cut_off() => Err(NoResponse::Stopped),
        }
    }

    async fn search(&mut self) -> Result<Answered, NoResponse> {
        let admitted = Arc::clone(&self.admitted);
        loop {
            let Some((candidate, endpoint)) = self.candidate(&admitted).await else {
                return Err(NoResponse::Exhausted);
            };
            if let Some(wait) = self.queue.take_backoff() {
                sleep(wait).await;
            }
            let counts = admitted.kind == Kind::CountTokens;
            if counts && candidate.is_translated() {
                return estimated(&admitted, &candidate);
            }
            let admits = self.services.standing(&candidate).admits();
            // A made failure is no evidence about the candidate.
            let permit = match candidate.made_failure {
                None => self.services.permit(&candidate, admitted.kind),
                Some(_) => None,
            };
            self.queue.count_try();
            self.exchange.attempt_began(
                candidate.provider.clone(),
                candidate.endpoint.clone(),
                candidate.model.clone(),
            );
            self.log_failover(&candidate);
            if permit.as_ref().is_some_and(Permit::is_probe) {
                let span = self.exchange.attempt_span();
                let (endpoint, model) = (&candidate.endpoint, &candidate.model);
                log::breaker(span, endpoint, model, BreakerChange::Probed);
            }
            if candidate.credential == Credential::ClientLogin && admitted.plan.subscription {
                self.exchange.attempt_by_subscription();
            }
            let now = self.services.now();
            let seconds = now.timestamp().try_into().unwrap_or(0);
            let kept = Kept {
                signatures: kept_signatures(&self.services, &admitted, &candidate, endpoint).await,
                sink: SignatureSink::of(&self.services, &admitted, endpoint),
            };
            let outgoing = match request(&admitted, &candidate, endpoint, kept, seconds) {
                Ok(outgoing) => outgoing,
                Err(error) => {
                    let model = &admitted.plan.model;
                    self.exchange.attempt_span().in_scope(|| {
                        tracing::error!(%error, model = %OneLine(model), "a request could not be built");
                    });
                    return Err(NoResponse::OurFault);
                }
            };
            let Outgoing {
                mut request,
                translation,
                left_out,
                wanted,
            } = outgoing;
            let (client, server) = (&admitted.head.headers, &endpoint.endpoint);
            self.services
                .hops()
                .mark(client, server, request.headers_mut());
            let spoken = (candidate.dialect != admitted.plan.dialect).then_some(candidate.dialect);
            self.exchange.attempt_translated(spoken, left_out);
            let response = self.send(&candidate, request, (translation, wanted), now);
            match response.await {
                Ok(response) => {
                    return Ok(Answered {
                        candidate,
                        permit,
                        response,
                    });
                }
                Err(failed_attempt) => {
                    let passing = admitted.config.paused || admitted.config.draining;
                    let probe = permit.as_ref().is_some_and(Permit::is_probe);
                    let cannot_count = counts && failed_attempt.has_no_such_call();
                    // An empty response shows that the provider works: only a second one is released.
                    let single_attempt = (!admits || probe) && !failed_attempt.empty;
                    self.failed(
                        &candidate,
                        permit,
                        failed_attempt,
                        passing || single_attempt,
                    );
                    if cannot_count {
                        return estimated(&admitted, &candidate);
                    }
                }
            }
        }
    }

    fn log_failover(&mut self, to: &Candidate) {
        let from = self.last_candidate.replace(to.clone());
        let moved = match &from {
            Some(from) => from.answerer() != to.answerer(),
            None => !to.is_primary() && !self.admitted.plan.chosen,
        };
        if moved {
            log::failover(self.exchange.attempt_span(), from.as_ref(), to);
        }
    }

    /// The next response continues a truncated one, for a client that gets keep-alive bytes in the meantime. `checked`: nothing
    /// is released before the completion check.
    pub(crate) async fn resume(&mut self, checked: bool) -> Result<Answered, NoResponse> {
        // A candidate that truncated a response does not continue it while another is left.
        if self.queue.was_tried() && !self.queue.is_last() {
            self.queue.advance();
        }
        self.waits = None;
        self.hold = if checked {
            Hold::UntilChecked { at_most: None }
        } else {
            Hold::UntilContent
        };
        self.next().await
    }
}

/// An estimated token count for a candidate without such a call.
fn estimated(admitted: &Admitted, candidate: &Candidate) -> Result<Answered, NoResponse> {
    let Some(response) = count::estimate(admitted.plan.dialect, &admitted.body) else {
        return Err(NoResponse::OurFault);
    };
    Ok(Answered {
        candidate: candidate.clone(),
        permit: None,
        response,
    })
}
