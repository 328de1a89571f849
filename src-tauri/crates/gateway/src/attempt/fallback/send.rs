//! One attempt's request and its terms.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Request;
use http_body_util::Full;
use tokio::time::Instant;
use wire::Kind;

use super::Fallback;
use crate::admitted::Admitted;
use crate::attempt::attempt;
use crate::attempt::attempt_response::AttemptResponse;
use crate::attempt::breaker::TimeoutLength;
use crate::attempt::deadlines::{ClientWait, Deadlines, Left, Patience};
use crate::attempt::failed_attempt::FailedAttempt;
use crate::attempt::made_failure;
use crate::attempt::terms::Terms;
use crate::attempt::translation::Translation;
use crate::attempt::upstream::Line;
use crate::deliver::hold::Hold;
use crate::plan::patience::{self, Turn};
use crate::{Candidate, Demand};

impl Fallback {
    /// The request is sent while the other candidates, and so its timeout, are computed.
    pub(super) async fn send(
        &mut self,
        candidate: &Candidate,
        request: Request<Full<Bytes>>,
        (translation, wanted): (Option<Translation>, Option<Demand>),
        now: DateTime<Utc>,
    ) -> Result<AttemptResponse, FailedAttempt> {
        let admitted = Arc::clone(&self.admitted);
        let (services, queue) = (&self.services, &mut self.queue);
        let began = Instant::now();
        // The request's demand is checked on the complete response.
        let hold = match (&wanted, self.hold) {
            (Some(_), Hold::UntilContent) => Hold::UntilChecked { at_most: None },
            (_, hold) => hold,
        };
        let waits = self.waits;
        let passing = admitted.config.paused || admitted.config.draining;
        let empty_before = self.empty_before || passing;
        let unanswered_after =
            unanswered_after(&admitted).filter(|_| candidate.made_failure.is_none());
        if let Some(after) = unanswered_after {
            let (services, candidate) = (services.clone(), candidate.clone());
            let span = self.exchange.attempt_span().clone();
            let timed_out = move |why: String| {
                let failed_attempt = FailedAttempt::timed_out(why, Some(TimeoutLength::Usual));
                services.timed_out(&span, &candidate, &failed_attempt);
            };
            self.exchange.attempt_without_response(after, timed_out);
        }
        if !wire::has_prompt_elsewhere(&admitted.body) {
            self.exchange.attempt_prompt_is_text();
        }
        let line = Line::default();
        let terms = async {
            queue.settle().await;
            let last = queue.is_last();
            let alone = admitted.plan.candidates.len() == 1;
            let patience = match (services.has_recent_timeout(candidate), last) {
                (true, _) if !alone => Patience::Brief,
                (true, _) | (false, false) => Patience::Usual,
                (false, true) => Patience::LastCandidate,
            };
            let (timers, streamed) = (admitted.config.timers, admitted.streamed());
            let turn = match (candidate.is_primary(), last) {
                (_, true) => Turn::Last,
                (true, false) => Turn::Primary {
                    suspect: services.is_suspect(candidate),
                    p95: services.p95(candidate, admitted.body.len()),
                },
                (false, false) => Turn::Fallback,
            };
            let wait = admitted.behaviour.waits;
            let client = ClientWait {
                since: waits,
                waits: wait,
                until: patience::until(admitted.began, wait, turn, began),
            };
            let left = admitted
                .left
                .clone()
                .zip(unanswered_after)
                .filter(|_| !last);
            let left = left.map(|(gone, unanswered_after)| Left {
                gone,
                unanswered_after,
            });
            Terms {
                dialect: admitted.plan.dialect,
                translation,
                kind: admitted.kind,
                streamed,
                hold,
                gate: admitted.passing.gate,
                strict: admitted.plan.strict,
                demand: admitted.plan.demand.clone(),
                wanted,
                empty_before,
                deadlines: Deadlines::new(began, client, streamed, patience, left, &timers),
                line: line.clone(),
                grace: timers.grace,
                idle: timers.idle,
                rules: Arc::clone(&admitted.config.rules),
                most_held: admitted.config.limits.answers,
                keep_arguments: admitted.config.keep_tool_arguments,
            }
        };
        let held = services.answers_held();
        let upstream = services.upstream();
        let exchange = &mut self.exchange;
        let response = match candidate.made_failure {
            None => attempt(upstream, request, &line, terms, held, now, exchange).await,
            Some(failure) => {
                line.has_no_connection();
                let made = made_failure::response(failure, candidate, &admitted);
                made_failure::attempt(made, terms, held, now, exchange).await
            }
        };
        let passed_over = self.queue.lineup().passed_over();
        self.exchange.passed_over(passed_over);
        response
    }
}

/// The shortest wait after which a client's disconnect counts as a timeout of the provider; `None`: it is no evidence. Only a
/// wait as long as this client's known timeout was not the client's own decision.
fn unanswered_after(admitted: &Admitted) -> Option<Duration> {
    const EQUAL: Duration = Duration::from_secs(2);
    if admitted.kind != Kind::Generate {
        None
    } else if admitted.streamed() {
        Some(admitted.config.timers.headers)
    } else {
        let waits = admitted.behaviour.waits?;
        Some(waits.saturating_sub(EQUAL))
    }
}
