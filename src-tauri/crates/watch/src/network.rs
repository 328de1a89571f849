//! Are we offline? Pure. The check alone does not decide: a firewall may block it while everything else passes.

use std::time::Duration;

use tokio::time::Instant;

/// An answer of this age still outweighs a check that failed.
const LATELY: Duration = Duration::from_secs(60);

/// What a check leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Up,
    /// The check failed, though something was answered lately: a failed call is not held against its provider yet.
    Unsure,
    Offline,
}

/// All that is known of our own network.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// When a page, a probe or a client's request was answered last.
    answered: Option<Instant>,
    check_failed: bool,
    /// Something was answered while the check failed. Until the check works again, it is not believed.
    check_is_wrong: bool,
    offline: bool,
}

impl Network {
    pub(crate) fn is_offline(&self) -> bool {
        self.offline
    }

    /// Something beyond this machine was answered.
    pub(crate) fn answered(&mut self, now: Instant) {
        self.answered = Some(now);
        self.check_is_wrong |= self.check_failed;
        self.offline = false;
    }

    pub(crate) fn checked(&mut self, now: Instant, up: bool) -> Standing {
        self.check_failed = !up;
        if up {
            self.check_is_wrong = false;
            self.offline = false;
            return Standing::Up;
        }
        let lately = self.answered.is_some_and(|at| now - at < LATELY);
        self.offline = !lately;
        match (lately, self.check_is_wrong) {
            (false, _) => Standing::Offline,
            (true, true) => Standing::Up,
            (true, false) => Standing::Unsure,
        }
    }

    /// The machine slept: what was answered before says nothing any more.
    pub(crate) fn woke(&mut self) {
        self.answered = None;
    }
}

#[cfg(test)]
mod tests;
