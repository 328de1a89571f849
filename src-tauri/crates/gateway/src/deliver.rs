//! After the commit: bytes pass unchanged and in order; understanding observes. What breaks here ends in an aborted body.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};
use wire::{BodyEnd, Broken, CannotRestart, Completion, Splice, Told};

use crate::answer::{Answer, Arrival, Gate};
use crate::attempt::Won;
use crate::breaker::Permit;
use crate::fallback::{Answered, Fallback};
use crate::lost::Lost;
use crate::outlet::{Gone, Outlet};
use crate::{Candidate, End, Outcome, Restart, Timers};

/// How long a client is shown nothing before it gets a sign of life.
pub(crate) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a tool call is held from its beginning on. A client that waits for an event cannot be kept alive without the
/// open block; the closing stays held.
const SHOW_CALL_AFTER: Duration = Duration::from_secs(120);

/// A committed answer on its way to the client. Dropped early, the upstream is cancelled with it.
pub(crate) struct Delivery {
    fallback: Fallback,
    outlet: Outlet,
    /// What the client has been given; None: bytes pass as they come, and nobody looks.
    told: Option<Told>,
    current: Current,
    /// When the client was last given anything.
    given: Instant,
    /// Wakes at the next deadline or before it; moved only when it fires.
    timer: Pin<Box<Sleep>>,
    settled: bool,
}

/// The answer that is being passed on.
struct Current {
    candidate: Candidate,
    /// None: the breaker is not concerned.
    permit: Option<Permit>,
    answer: Box<Answer>,
    /// It goes on where another answer broke off.
    splice: Option<Splice>,
    /// The whole of it has arrived.
    ended: Option<Completion>,
    /// It broke, and is booked.
    broken: bool,
    /// Since when a tool call is held from its beginning on.
    call_held: Option<Instant>,
    /// When the provider has been silent for too long.
    deadline: Instant,
}

/// How passing an answer on came to an end.
enum Passed {
    Whole(Completion),
    Broken(Box<Lost>),
}

/// What one look at the provider brought.
enum Look {
    Arrival(Arrival),
    /// Nothing came in time.
    Silence,
    /// Nothing came yet, and the client has waited for a while.
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
        let told = match fallback.admitted.gate {
            Gate::Nothing => None,
            Gate::Closings | Gate::Calls => Some(Told::new(dialect)),
        };
        let timers = &fallback.admitted.config.timers;
        let current = Current::new(candidate, permit, answer, ended, timers);
        Self {
            told,
            given: Instant::now(),
            timer: Box::pin(sleep_until(current.deadline)),
            settled: false,
            fallback,
            outlet,
            current,
        }
    }

    /// To the end of the answer, or to the end of all candidates.
    pub(crate) async fn run(mut self) {
        // Where the client has gone, what is to be said of it is said when this is dropped.
        while let Ok(passed) = self.pass().await {
            match passed {
                Passed::Whole(completion) => return self.settle(completion),
                Passed::Broken(lost) => match self.go_on(*lost).await {
                    Ok(Ok(())) => {}
                    Ok(Err(why)) => return self.abort(why).await,
                    Err(Gone) => return,
                },
            }
        }
    }

    async fn pass(&mut self) -> Result<Passed, Gone> {
        loop {
            while let Some(bytes) = self.current.answer.next_ready() {
                let (bytes, refused) = self.spliced(bytes);
                if !bytes.is_empty() {
                    self.give(bytes).await?;
                }
                if let Some(why) = refused {
                    return Ok(Passed::Broken(Box::new(self.cannot_go_on(&why))));
                }
            }
            if let Some(completion) = self.current.ended.take() {
                return Ok(self.judged(completion));
            }
            match poll_fn(|cx| self.poll_look(cx)).await {
                Look::Arrival(Arrival::More { progress }) if progress => self.went_on(),
                Look::Arrival(Arrival::More { .. }) => {}
                Look::Arrival(Arrival::Ended(completion)) => self.current.ended = Some(completion),
                Look::Quiet if self.current.is_call_due() => self.current.answer.show_call(),
                Look::Quiet => {
                    let sign = sign_of_life(self.told.as_ref());
                    self.give_aside(sign).await?;
                }
                Look::Silence => match self.current.answer.proven().cloned() {
                    Some(proven) => {
                        self.current.answer.finish(BodyEnd::Cut);
                        self.current.ended = Some(proven);
                    }
                    None => {
                        let idle = self.fallback.admitted.config.timers.idle;
                        let lost = Lost::stalled(idle, self.current.answer.report());
                        return Ok(Passed::Broken(Box::new(lost)));
                    }
                },
            }
        }
    }

    /// The same bytes, or what they become in a message that another answer began.
    fn spliced(&mut self, bytes: Bytes) -> (Bytes, Option<CannotRestart>) {
        let Some(splice) = &mut self.current.splice else {
            return (bytes, None);
        };
        let mut out = Vec::with_capacity(bytes.len());
        let refused = splice.pass(&bytes, &mut out).err();
        (out.into(), refused)
    }

    fn cannot_go_on(&self, why: &CannotRestart) -> Lost {
        let report = self.current.answer.report();
        match why {
            CannotRestart::Broken(broken) => {
                Lost::broken(&self.fallback.admitted.config.rules, broken, report)
            }
            ours => Lost::unfit(ours.to_string(), report),
        }
    }

    /// The answer broke off in the middle: another one goes on in the same message, where that is possible. The inner
    /// error says why the connection is to be broken off.
    async fn go_on(&mut self, lost: Lost) -> Result<Result<(), String>, Gone> {
        let why = lost.message.clone();
        let restart = self.restart();
        self.current.broken = true;
        let permit = self.current.permit.take();
        self.fallback.failed(&self.current.candidate, permit, lost);
        let Some(restart) = restart else {
            return Ok(Err(why));
        };
        let next = self.fallback.resume(restart.forbids_tool_calls());
        let told = self.told.as_ref();
        let Ok(answered) = while_alive(next, &self.outlet, || sign_of_life(told)).await? else {
            return Ok(Err(why));
        };
        let Won::Stream { answer, ended, .. } = answered.won else {
            return Ok(Err(why));
        };
        let notice = self.notice(&answered.candidate);
        let timers = &self.fallback.admitted.config.timers;
        let Answered {
            candidate, permit, ..
        } = answered;
        self.current = Current::new(candidate, permit, answer, ended, timers);
        let (mut opening, splice) = restart.open(&notice);
        self.current.splice = Some(splice);
        // What cannot go on shows itself at once where all of it has arrived, and then nothing is said of it.
        while let Some(bytes) = self.current.answer.next_ready() {
            let (bytes, refused) = self.spliced(bytes);
            if let Some(refused) = refused {
                let lost = self.cannot_go_on(&refused);
                self.current.broken = true;
                let permit = self.current.permit.take();
                self.fallback.failed(&self.current.candidate, permit, lost);
                return Ok(Err(why));
            }
            opening.extend_from_slice(&bytes);
        }
        self.fallback.exchange.restarted();
        self.give(opening.into()).await?;
        Ok(Ok(()))
    }

    /// May another answer go on in this message?
    fn restart(&self) -> Option<wire::Restart> {
        let told = self.told.as_ref()?;
        match self.fallback.admitted.plan.restart {
            Restart::Never => return None,
            Restart::AfterBlock if !told.has_completed_block() => return None,
            Restart::AfterBlock | Restart::Always => {}
        }
        match told.restart(&self.fallback.admitted.ask) {
            Ok(restart) => Some(restart),
            Err(why) => {
                tracing::info!(%why, "the answer cannot go on with another provider's");
                None
            }
        }
    }

    /// What the person who reads the answer is told.
    fn notice(&self, next: &Candidate) -> String {
        let endpoints = &self.fallback.admitted.config.endpoints;
        let product = |candidate: &Candidate| {
            let endpoint = endpoints.get(&candidate.endpoint);
            endpoint.map_or("the provider", |endpoint| endpoint.product.as_str())
        };
        let (lost, next) = (product(&self.current.candidate), product(next));
        if lost == next {
            format!("[Understudy: {lost} broke off in the middle; its answer begins again.]")
        } else {
            format!("[Understudy: {lost} broke off in the middle; {next} begins again.]")
        }
    }

    async fn give(&mut self, bytes: Bytes) -> Result<(), Gone> {
        if let Some(told) = &mut self.told {
            told.push(&bytes);
        }
        self.give_aside(bytes).await
    }

    /// Give bytes that are no part of the answer.
    async fn give_aside(&mut self, bytes: Bytes) -> Result<(), Gone> {
        self.fallback.exchange.handed(bytes.len());
        // The client's slowness is not the provider's.
        self.current.deadline += self.outlet.give(bytes).await?;
        self.given = Instant::now();
        Ok(())
    }

    fn poll_look(&mut self, cx: &mut Context<'_>) -> Poll<Look> {
        loop {
            let current = &mut self.current;
            if let Poll::Ready(arrival) = current.answer.poll_arrival(cx) {
                return Poll::Ready(Look::Arrival(arrival));
            }
            let quiet = self.given + KEEP_ALIVE;
            let wake = if current.answer.is_gated() {
                current.deadline.min(quiet)
            } else {
                current.deadline
            };
            let now = Instant::now();
            if now >= current.deadline {
                return Poll::Ready(Look::Silence);
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

    /// The answer went on.
    fn went_on(&mut self) {
        let timers = &self.fallback.admitted.config.timers;
        let current = &mut self.current;
        if current.answer.has_content() {
            self.fallback.exchange.attempt_content();
        }
        let wait = match current.answer.proven() {
            Some(_) => timers.grace,
            None => timers.idle,
        };
        let now = Instant::now();
        current.deadline = now + wait;
        if current.answer.holds_call() {
            current.call_held.get_or_insert(now);
        }
    }

    fn judged(&self, completion: Completion) -> Passed {
        match completion {
            // It was said cleanly and cannot be unsaid: the client's own judgement takes over.
            Completion::Broken(Broken::Empty) => Passed::Whole(completion),
            Completion::Broken(broken) => {
                let rules = &self.fallback.admitted.config.rules;
                let lost = Lost::broken(rules, &broken, self.current.answer.report());
                Passed::Broken(Box::new(lost))
            }
            Completion::Complete
            | Completion::Continues
            | Completion::Truncated
            | Completion::Refused => Passed::Whole(completion),
        }
    }

    async fn abort(&mut self, why: String) {
        self.settled = true;
        self.fallback.exchange.ended(End::Cut);
        self.outlet.abort(why).await;
    }

    fn settle(&mut self, completion: Completion) {
        self.settled = true;
        if let Some(permit) = self.current.permit.take()
            && completion.is_answer()
        {
            permit.succeeded();
        }
        let end = end_of(&completion);
        let report = self.current.answer.report().clone();
        let exchange = &mut self.fallback.exchange;
        exchange.attempt_ended(Outcome::Answered(completion), report);
        exchange.ended(end);
    }
}

impl Current {
    fn is_call_due(&self) -> bool {
        let held = self.call_held.filter(|_| self.answer.holds_call());
        held.is_some_and(|since| since.elapsed() >= SHOW_CALL_AFTER)
    }

    fn new(
        candidate: Candidate,
        permit: Option<Permit>,
        answer: Box<Answer>,
        ended: Option<Completion>,
        timers: &Timers,
    ) -> Self {
        let wait = match answer.proven() {
            Some(_) => timers.grace,
            None => timers.idle,
        };
        Self {
            candidate,
            permit,
            answer,
            splice: None,
            ended,
            broken: false,
            call_held: None,
            deadline: Instant::now() + wait,
        }
    }
}

impl Drop for Delivery {
    /// A client that closes after the end of the answer's meaning has had it all: that is no leaving.
    fn drop(&mut self) {
        if self.settled || self.current.broken {
            return;
        }
        let Current { answer, ended, .. } = &self.current;
        let had_it_all =
            answer.nothing_ready() && self.outlet.is_empty() && !std::thread::panicking();
        let whole = |completion: &&Completion| {
            completion.is_answer() || **completion == Completion::Broken(Broken::Empty)
        };
        match answer.proven().or(ended.as_ref()).filter(whole).cloned() {
            Some(completion) if had_it_all => self.settle(completion),
            Some(_) | None => {
                let report = self.current.answer.report().clone();
                let exchange = &mut self.fallback.exchange;
                exchange.attempt_ended(Outcome::ClientLeft, report);
            }
        }
    }
}

/// Waits for something while the client is given signs of life.
///
/// # Errors
/// [`Gone`]: the client has left.
async fn while_alive<T>(
    something: impl Future<Output = T>,
    outlet: &Outlet,
    sign: impl Fn() -> Bytes,
) -> Result<T, Gone> {
    let mut something = std::pin::pin!(something);
    loop {
        match tokio::time::timeout(KEEP_ALIVE, &mut something).await {
            Ok(found) => return Ok(found),
            Err(_) => drop(outlet.give(sign()).await?),
        }
    }
}

/// Bytes that change nothing for the client.
fn sign_of_life(told: Option<&Told>) -> Bytes {
    told.map(Told::keep_alive)
        .filter(|sign| !sign.is_empty())
        .map_or(Bytes::from_static(b": waiting\n\n"), Bytes::from)
}

/// What an answer that was passed on makes of its exchange.
pub(crate) fn end_of(completion: &Completion) -> End {
    match completion {
        Completion::Complete | Completion::Continues | Completion::Broken(_) => End::Complete,
        Completion::Truncated => End::Truncated,
        Completion::Refused => End::Refused,
    }
}
