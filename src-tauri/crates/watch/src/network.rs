//! Decides if this machine is offline. Pure. A failed check alone is not enough, because a firewall may block only the check.

use std::time::Duration;

use tokio::time::Instant;

/// A response of this age outweighs a failed check.
const LATELY: Duration = Duration::from_secs(60);

/// The state of the network after a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Up,
    /// The check failed, but a recent response arrived: a failed call does not count against its provider yet.
    Unsure,
    Offline,
}

/// State of the local network.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// When a page, a probe or a client's request last got a response.
    answered: Option<Instant>,
    check_failed: bool,
    /// A response arrived while the check failed. The check is ignored until it succeeds again.
    check_is_wrong: bool,
    offline: bool,
}

impl Network {
    pub(crate) fn is_offline(&self) -> bool {
        self.offline
    }

    /// A host beyond this machine responded.
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

    /// The machine was suspended: earlier responses prove nothing now.
    pub(crate) fn woke(&mut self) {
        self.answered = None;
    }
}

#[cfg(test)]
mod tests;
