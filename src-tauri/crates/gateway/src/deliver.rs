//! After the commit: bytes are released unchanged and in order while a reader observes them. A failure here aborts the body.

mod announce;
pub(crate) mod client_response;
mod current;
mod failure;
pub(crate) mod headers;
pub(crate) mod hold;
pub(crate) mod outage;
pub(crate) mod outlet;
pub(crate) mod park;
pub(crate) mod rescue;
pub(crate) mod respond;

mod restart;

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use scopeguard::ScopeGuard;
use tokio::time::{Instant, Sleep, sleep_until};
use wire::{Broken, Completion, ReleasedResponse};

use crate::attempt::answer::{Answer, Arrival};
use crate::attempt::breaker::Permit;
use crate::attempt::failed_attempt::FailedAttempt;
use crate::attempt::fallback::Fallback;
use crate::deliver::announce::{Announcing, announcement};
use crate::deliver::current::Current;
use crate::deliver::hold::Gate;
use crate::deliver::outlet::{Gone, Outlet};
use crate::kept::Keeper;
use crate::{Candidate, End, Outcome};

/// How long a client receives nothing before it gets a keep-alive.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The delivery of a committed response. Dropping it cancels the upstream request.
pub(crate) struct Delivery {
    fallback: Fallback,
    outlet: Outlet,
    keeper: Keeper,
    /// The released part; `None`: bytes are forwarded without a reader.
    released: Option<ReleasedResponse>,
    /// Only events of the response keep its client waiting.
    heeds_no_pings: bool,
    /// `None`: no announcement, or it was written.
    announcing: Option<Announcing>,
    current: Current,
    /// The time of the last bytes to the client.
    last_bytes_at: Instant,
    /// Wakes at the next deadline or earlier; reset only when it fires.
    timer: Pin<Box<Sleep>>,
}

/// How the release of a response ended.
enum Passed {
    Complete(Completion),
    Broken(Box<FailedAttempt>),
}

/// Result of one poll of the provider.
enum Look {
    Arrival(Arrival),
    /// Nothing arrived before the timeout.
    IdleTimeout,
    /// Nothing has arrived yet, and the client has waited for some time.
    Quiet,
}

impl Delivery {
    pub(crate) fn new(
        fallback: Fallback,
        candidate: Candidate,
        permit: Option<Permit>,
        answer: Box<Answer>,
        ended: Option<Completion>,
        outlet: Outlet,
    ) -> Self {
        let dialect = fallback.admitted.plan.dialect;
        let heeds_no_pings = fallback.admitted.behaviour.waits_through_pings.is_some();
        let released = match fallback.admitted.passing.gate {
            Gate::Nothing if !heeds_no_pings => None,
            Gate::Nothing | Gate::Closings | Gate::Calls => Some(ReleasedResponse::new(dialect)),
        };
        let timers = &fallback.admitted.config.timers;
        let announcing = announcement(&fallback, &candidate);
        let announcing = announcing.map(|line| line.into_stream(&fallback));
        let current = Current::new(candidate, permit, answer, ended, timers);
        Self {
            keeper: Keeper::of(&fallback.services, &fallback.admitted),
            released,
            announcing,
            heeds_no_pings,
            last_bytes_at: Instant::now(),
            timer: Box::pin(sleep_until(current.deadline)),
            fallback,
            outlet,
            current,
        }
    }

    /// Runs until the response has ended, or until no candidate is left to continue it. Dropping the future records that the
    /// client disconnected.
    pub(crate) fn run(self) -> impl Future<Output = ()> + Send {
        let mut delivery = scopeguard::guard(self, Delivery::left);
        async move {
            let services = delivery.fallback.services.clone();
            loop {
                let passed = tokio::select! {
                    biased;
                    passed = delivery.pass() => passed,
                    () = services.cut_off() => {
                        return ScopeGuard::into_inner(delivery).stop().await;
                    }
                };
                let Ok(passed) = passed else { return };
                match passed {
                    Passed::Complete(completion) => {
                        return ScopeGuard::into_inner(delivery).settle(completion);
                    }
                    Passed::Broken(failed_attempt) => {
                        let failed_attempt = delivery.current.answer.line().judge(*failed_attempt);
                        match delivery.continue_with_next(failed_attempt).await {
                            Ok(Ok(())) => {}
                            Ok(Err(why)) => {
                                return ScopeGuard::into_inner(delivery).abort(why).await;
                            }
                            Err(Gone) => return,
                        }
                    }
                }
            }
        }
    }

    async fn pass(&mut self) -> Result<Passed, Gone> {
        loop {
            while let Some(bytes) = self.current.answer.next_ready() {
                let (bytes, refused) = self.spliced(bytes);
                let bytes = self.announced(bytes);
                if !bytes.is_empty() {
                    self.give(bytes).await?;
                }
                if let Some(why) = refused {
                    return Ok(Passed::Broken(Box::new(self.cannot_continue(&why))));
                }
            }
            if let Some(completion) = self.current.ended.take() {
                if let Some(mut announcing) = self.announcing.take() {
                    let rest = announcing.rest();
                    if !rest.is_empty() {
                        self.give(rest).await?;
                    }
                }
                return Ok(self.judged(completion));
            }
            match poll_fn(|cx| self.poll_look(cx)).await {
                Look::Arrival(Arrival::More { progress }) if progress => self.continued(),
                Look::Arrival(Arrival::More { .. }) => {}
                Look::Arrival(Arrival::Ended(completion)) => self.current.ended = Some(completion),
                Look::Arrival(Arrival::Unsayable(what)) => {
                    let failed_attempt =
                        FailedAttempt::unsayable(&what, &self.current.answer.report());
                    return Ok(Passed::Broken(Box::new(failed_attempt)));
                }
                Look::Quiet if self.current.is_call_due() => self.current.answer.show_call(),
                Look::Quiet => {
                    let sign = self.usage_keep_alive();
                    self.give_aside(sign).await?;
                }
                Look::IdleTimeout => match self.current.answer.checked() {
                    Some(checked) => {
                        self.current.answer.finish();
                        self.current.ended = Some(checked);
                    }
                    None => {
                        let idle = self.fallback.admitted.config.timers.idle;
                        let failed_attempt =
                            FailedAttempt::stalled(idle, &self.current.answer.report());
                        return Ok(Passed::Broken(Box::new(failed_attempt)));
                    }
                },
            }
        }
    }

    /// Adds the line that announces the provider.
    fn announced(&mut self, bytes: Bytes) -> Bytes {
        let Some(announcing) = &mut self.announcing else {
            return bytes;
        };
        let released = announcing.pass(&bytes);
        if announcing.is_finished() {
            self.announcing = None;
        }
        released
    }

    async fn give(&mut self, bytes: Bytes) -> Result<(), Gone> {
        if let Some(released) = &mut self.released {
            released.push(&bytes);
        }
        let Current {
            candidate, splice, ..
        } = &self.current;
        self.keeper.observe(&bytes, candidate, splice.is_some());
        self.give_aside(bytes).await
    }

    /// Sends bytes that are not part of the response.
    async fn give_aside(&mut self, bytes: Bytes) -> Result<(), Gone> {
        self.fallback.exchange.handed(bytes.len());
        // The client's slowness does not count against the provider.
        self.current.deadline += self.outlet.give(bytes).await?;
        self.last_bytes_at = Instant::now();
        Ok(())
    }

    fn poll_look(&mut self, cx: &mut Context<'_>) -> Poll<Look> {
        loop {
            let current = &mut self.current;
            if let Poll::Ready(arrival) = current.answer.poll_arrival(cx) {
                return Poll::Ready(Look::Arrival(arrival));
            }
            let quiet = self.last_bytes_at + KEEP_ALIVE;
            let wake = if current.answer.keeps_waiting() {
                current.deadline.min(quiet)
            } else {
                current.deadline
            };
            let now = Instant::now();
            if now >= current.deadline {
                if current.is_extended(now) {
                    continue;
                }
                return Poll::Ready(Look::IdleTimeout);
            }
            if now >= wake {
                return Poll::Ready(Look::Quiet);
            }
            if self.timer.is_elapsed() || self.timer.deadline() > wake {
                self.timer.as_mut().reset(wake);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// The response made progress.
    fn continued(&mut self) {
        let timers = &self.fallback.admitted.config.timers;
        let current = &mut self.current;
        if current.answer.has_begun() {
            self.fallback.exchange.attempt_content();
        }
        let wait = match current.answer.checked() {
            Some(_) => timers.grace,
            None => timers.idle,
        };
        let now = Instant::now();
        (current.deadline, current.extended) = (now + wait, false);
        if current.answer.holds_call() {
            current.call_held.get_or_insert(now);
        }
    }

    fn judged(&self, completion: Completion) -> Passed {
        match completion {
            // It was released with a clean end and cannot be withdrawn: the client decides.
            Completion::Broken(Broken::Empty) => Passed::Complete(completion),
            Completion::Broken(broken) => {
                let rules = &self.fallback.admitted.config.rules;
                let failed_attempt =
                    FailedAttempt::broken(rules, &broken, &self.current.answer.report());
                Passed::Broken(Box::new(failed_attempt))
            }
            Completion::Complete
            | Completion::Continues
            | Completion::Unknown
            | Completion::Truncated
            | Completion::Refused => Passed::Complete(completion),
        }
    }

    /// Aborts the connection: a clean end would count as a complete response, except for a client that retries after an end
    /// without a stop reason.
    async fn abort(self, why: String) {
        self.fallback.exchange.end(End::Cut);
        if !self.fallback.admitted.passing.on_break.ends_cleanly {
            self.outlet.abort(why).await;
        }
    }

    /// The engine stops.
    async fn stop(mut self) {
        let report = self.current.answer.report();
        let exchange = &mut self.fallback.exchange;
        exchange.attempt_ended(Outcome::ClientLeft, report);
        self.abort("the engine is stopping".to_owned()).await;
    }

    fn settle(mut self, completion: Completion) {
        if let Some(permit) = self.current.permit.take()
            && completion.is_answer()
        {
            let span = self.fallback.exchange.span();
            let services = &self.fallback.services;
            services.succeeded(span, &self.current.candidate, permit);
        }
        let end = end_of(&completion);
        let report = self.current.answer.report();
        let mut exchange = self.fallback.exchange;
        exchange.attempt_ended(Outcome::Answered(completion), report);
        exchange.end(end);
    }

    /// Handles a disconnect. A client that closes its connection after the semantic end has received everything.
    fn left(mut self) {
        if self.current.broken {
            return;
        }
        let Current { answer, ended, .. } = &self.current;
        let had_it_all =
            answer.nothing_ready() && self.outlet.is_empty() && !std::thread::panicking();
        let is_full = |completion: &Completion| {
            completion.is_answer() || *completion == Completion::Broken(Broken::Empty)
        };
        match answer.checked().or(ended.clone()).filter(is_full) {
            Some(completion) if had_it_all => self.settle(completion),
            Some(_) | None => {
                let report = self.current.answer.report();
                let exchange = &mut self.fallback.exchange;
                exchange.attempt_ended(Outcome::ClientLeft, report);
            }
        }
    }
}

/// The end of an exchange after the release of a response.
pub(crate) fn end_of(completion: &Completion) -> End {
    match completion {
        Completion::Complete
        | Completion::Continues
        | Completion::Unknown
        | Completion::Broken(_) => End::Complete,
        Completion::Truncated => End::Truncated,
        Completion::Refused => End::Refused,
    }
}
