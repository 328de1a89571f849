//! After the commit: bytes pass unchanged and in order; understanding observes. What breaks here ends in an aborted body.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use health::FailureKind;
use tokio::time::{Instant, Sleep};
use wire::{BodyEnd, Broken, Class, Completion};

use crate::answer::{Answer, Arrival};
use crate::attempt::kind_of;
use crate::breaker::{Permit, Trip};
use crate::open::OpenExchange;
use crate::{Aborted, Clock, End, Outcome, Timers};

/// A committed answer on its way to the client. Dropped early, the upstream is cancelled with it.
#[derive(Debug)]
pub(crate) struct Delivery {
    answer: Answer,
    exchange: OpenExchange,
    breaker: Option<(Permit, u32)>,
    clock: ClockBox,
    idle: Duration,
    grace: Duration,
    /// When the provider has been silent for too long.
    deadline: Instant,
    /// Wakes at the deadline or before it; moved only when it fires.
    timer: Pin<Box<Sleep>>,
    /// Since when the client has had the turn: its slowness is not the provider's.
    handed: Option<Instant>,
    state: State,
}

struct ClockBox(Clock);

impl std::fmt::Debug for ClockBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

#[derive(Debug)]
enum State {
    Passing,
    /// The answer ended; what is ready is still to be passed on.
    Ended(Completion),
    /// `flushed`: the server has had one turn to write what it was given before.
    Aborting {
        why: String,
        flushed: bool,
    },
    Settled,
}

impl Delivery {
    /// `breaker`: the permit, with the number of failures that opens it; None where the breaker is not concerned.
    pub(crate) fn new(
        answer: Answer,
        ended: Option<Completion>,
        exchange: OpenExchange,
        breaker: Option<(Permit, u32)>,
        timers: &Timers,
        clock: Clock,
    ) -> Self {
        let wait = if answer.proven().is_some() {
            timers.grace
        } else {
            timers.idle
        };
        let deadline = Instant::now() + wait;
        Self {
            answer,
            exchange,
            breaker,
            clock: ClockBox(clock),
            idle: timers.idle,
            grace: timers.grace,
            deadline,
            timer: Box::pin(tokio::time::sleep_until(deadline)),
            handed: None,
            state: ended.map_or(State::Passing, State::Ended),
        }
    }

    pub(crate) fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Aborted>>> {
        if let Some(since) = self.handed.take() {
            self.deadline += since.elapsed();
        }
        loop {
            if let Some(bytes) = self.answer.next_ready() {
                self.exchange.handed(bytes.len());
                self.handed = Some(Instant::now());
                return Poll::Ready(Some(Ok(bytes)));
            }
            match std::mem::replace(&mut self.state, State::Settled) {
                State::Settled => return Poll::Ready(None),
                State::Ended(completion) => {
                    self.settle(completion);
                    return Poll::Ready(None);
                }
                State::Aborting { why, flushed: true } => {
                    return Poll::Ready(Some(Err(Aborted(why))));
                }
                State::Aborting {
                    why,
                    flushed: false,
                } => {
                    // An error now would make the server drop what it has not written yet.
                    self.state = State::Aborting { why, flushed: true };
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                State::Passing => self.state = State::Passing,
            }
            match self.answer.poll_arrival(cx) {
                Poll::Ready(Arrival::More { progress: false }) => {}
                Poll::Ready(Arrival::More { progress: true }) => {
                    if self.answer.has_content() {
                        self.exchange.attempt_content();
                    }
                    let wait = match self.answer.proven() {
                        Some(_) => self.grace,
                        None => self.idle,
                    };
                    self.deadline = Instant::now() + wait;
                }
                Poll::Ready(Arrival::Ended(completion)) => self.ended(completion),
                Poll::Pending if Instant::now() >= self.deadline => self.silent(),
                Poll::Pending => {
                    if self.timer.is_elapsed() || self.timer.deadline() > self.deadline {
                        self.timer.as_mut().reset(self.deadline);
                    }
                    if self.timer.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    fn ended(&mut self, completion: Completion) {
        self.state = match completion {
            // It was said cleanly and cannot be unsaid: the client's own judgement takes over.
            Completion::Broken(Broken::Empty) => State::Ended(completion),
            Completion::Broken(broken) => self.abort(kind_of(&broken), broken.to_string()),
            Completion::Complete
            | Completion::Continues
            | Completion::Truncated
            | Completion::Refused => State::Ended(completion),
        };
    }

    fn silent(&mut self) {
        self.state = match self.answer.proven().cloned() {
            Some(proven) => {
                self.answer.finish(BodyEnd::Cut);
                State::Ended(proven)
            }
            None => {
                let seconds = self.idle.as_secs();
                let why = format!("nothing came for {seconds} s in the middle of the answer");
                self.abort(FailureKind::Stalled, why)
            }
        };
    }

    fn abort(&mut self, kind: FailureKind, message: String) -> State {
        if let Some((permit, threshold)) = self.breaker.take() {
            let trip = Trip {
                class: Class::Transient,
                slow: kind == FailureKind::Stalled,
                retry_after: None,
                reason: message.clone(),
                threshold,
            };
            permit.failed((self.clock.0)(), &trip);
        }
        let outcome = Outcome::Failed {
            class: Class::Transient,
            kind: Some(kind),
            message: message.clone(),
        };
        let report = self.answer.report().clone();
        self.exchange.attempt_ended(outcome, report);
        self.exchange.ended(End::Cut);
        State::Aborting {
            why: message,
            flushed: false,
        }
    }

    fn settle(&mut self, completion: Completion) {
        if let Some((permit, _)) = self.breaker.take()
            && completion.is_answer()
        {
            permit.succeeded();
        }
        let end = end_of(&completion);
        let report = self.answer.report().clone();
        self.exchange
            .attempt_ended(Outcome::Answered(completion), report);
        self.exchange.ended(end);
    }
}

impl Drop for Delivery {
    /// A client that closes after the end of the answer's meaning has had it all: that is no leaving.
    fn drop(&mut self) {
        let all_passed = self.answer.nothing_ready() && !std::thread::panicking();
        match (&self.state, self.answer.proven().cloned()) {
            (State::Passing | State::Ended(_), Some(proven)) if all_passed => self.settle(proven),
            (State::Ended(completion), None) if all_passed => self.settle(completion.clone()),
            (State::Passing | State::Ended(_), _) => {
                let report = self.answer.report().clone();
                self.exchange.attempt_ended(Outcome::ClientLeft, report);
            }
            (State::Aborting { .. } | State::Settled, _) => {}
        }
    }
}

/// What an answer that was passed on makes of its exchange.
pub(crate) fn end_of(completion: &Completion) -> End {
    match completion {
        Completion::Complete | Completion::Continues | Completion::Broken(_) => End::Complete,
        Completion::Truncated => End::Truncated,
        Completion::Refused => End::Refused,
    }
}
