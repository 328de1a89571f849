//! The time of the next check of the ledger. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// Interval of the checks, and of the attempts to end a trouble.
const EVERY: TimeDelta = TimeDelta::seconds(10);

#[derive(Debug)]
pub(super) struct CheckTimer {
    next: DateTime<Utc>,
}

impl CheckTimer {
    pub(super) fn new(now: DateTime<Utc>) -> CheckTimer {
        CheckTimer { next: now + EVERY }
    }

    pub(super) fn next_due(&self) -> DateTime<Utc> {
        self.next
    }

    /// True once in each interval. A clock that was set back does not delay the next check.
    pub(super) fn is_due(&mut self, now: DateTime<Utc>) -> bool {
        let due = now >= self.next || self.next - now > EVERY;
        if due {
            self.next = now + EVERY;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_once_in_each_interval_whatever_the_clock_does() {
        let at = |s: i64| DateTime::UNIX_EPOCH + TimeDelta::seconds(s);
        let mut timer = CheckTimer::new(at(1_000));
        let due = [1_009, 1_010, 1_011, 1_020, 500, 501, 510].map(|s| timer.is_due(at(s)));
        assert_eq!(due, [false, true, false, true, true, false, true]);
    }
}
