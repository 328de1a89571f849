//! The response that is being released, with its idle timeout and a tool call that is held.

use std::time::Duration;

use tokio::time::Instant;
use wire::{Completion, Splice};

use crate::attempt::answer::Answer;
use crate::attempt::breaker::Permit;
use crate::{Candidate, Timers, late};

/// How long a tool call is held from its start. A client that waits for an event can be kept alive only with the open block;
/// the closing event stays held.
const SHOW_CALL_AFTER: Duration = Duration::from_secs(120);

/// The response that is being released.
pub(super) struct Current {
    pub(super) candidate: Candidate,
    /// `None`: it does not affect the breaker.
    pub(super) permit: Option<Permit>,
    pub(super) answer: Box<Answer>,
    /// It continues a truncated response.
    pub(super) splice: Option<Splice>,
    /// Set when all of it has arrived.
    pub(super) ended: Option<Completion>,
    /// It broke, and is recorded.
    pub(super) broken: bool,
    /// Since when a tool call has been held from its start.
    pub(super) call_held: Option<Instant>,
    /// The provider's idle timeout.
    pub(super) deadline: Instant,
    /// The timeout fired late, and was extended once.
    pub(super) extended: bool,
}

impl Current {
    pub(super) fn new(
        candidate: Candidate,
        permit: Option<Permit>,
        answer: Box<Answer>,
        ended: Option<Completion>,
        timers: &Timers,
    ) -> Self {
        let wait = match answer.checked() {
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
            extended: false,
        }
    }

    /// A timeout that fires late, since the process was stopped, is extended once.
    pub(super) fn is_extended(&mut self, now: Instant) -> bool {
        match late::second_look(self.deadline, now).filter(|_| !self.extended) {
            Some(until) => {
                (self.deadline, self.extended) = (until, true);
                true
            }
            None => false,
        }
    }

    pub(super) fn is_call_due(&self) -> bool {
        let held = self.call_held.filter(|_| self.answer.holds_call());
        held.is_some_and(|since| since.elapsed() >= SHOW_CALL_AFTER)
    }
}
