//! Stop sequence of the engine: open requests get a grace period, then the remaining ones are cut off, then the engine ends.
//! Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// Grace period for open requests after a signal; at most `drain_s`.
pub(super) const QUIT_WITHIN: TimeDelta = TimeDelta::seconds(30);
/// Reports of ended requests need this time to reach the loop.
const SETTLE: TimeDelta = TimeDelta::milliseconds(100);
/// Requests that are cut off at the limit are recorded within this time.
const LAST_WRITES: TimeDelta = TimeDelta::seconds(3);

#[derive(Debug, Default)]
pub(super) struct Stop {
    /// Latest time at which the port closes. None: no stop is in progress.
    by: Option<DateTime<Utc>>,
    /// No request is open; all reports arrive by this time.
    settled_at: Option<DateTime<Utc>>,
    /// Requests that continue without their client have received the signal to end.
    cut_off: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Wait,
    CutOff,
    End,
}

impl Stop {
    pub(super) fn begin(&mut self, by: DateTime<Utc>) {
        self.by = Some(self.by.map_or(by, |earlier| earlier.min(by)));
    }

    /// `open`: number of open requests.
    pub(super) fn step(&mut self, now: DateTime<Utc>, open: usize) -> Step {
        let Some(by) = self.by else {
            return Step::Wait;
        };
        if open > 0 {
            self.settled_at = None;
        } else if self.settled_at.is_none_or(|at| now < at) {
            self.settled_at.get_or_insert(now + SETTLE);
            return Step::Wait;
        }
        if open == 0 || now >= by && self.cut_off {
            Step::End
        } else if now >= by {
            self.cut_off = true;
            self.by = Some(now + LAST_WRITES);
            Step::CutOff
        } else {
            Step::Wait
        }
    }

    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        [self.by, self.settled_at].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn it_ends_shortly_after_the_last_request() {
        let mut stop = Stop::default();
        assert_eq!(stop.step(at(0), 1), Step::Wait, "nothing stops");
        stop.begin(at(60));
        stop.begin(at(90));
        assert_eq!(stop.next_due(), Some(at(60)), "the earlier limit stands");
        assert_eq!(stop.step(at(1), 1), Step::Wait);
        assert_eq!(stop.step(at(2), 0), Step::Wait, "its report is on its way");
        assert_eq!(stop.step(at(3), 0), Step::End);
    }

    #[test]
    fn at_the_limit_requests_are_aborted_and_recorded_within_three_seconds() {
        let mut stop = Stop::default();
        stop.begin(at(60));
        assert_eq!(stop.step(at(60), 2), Step::CutOff);
        assert_eq!(stop.step(at(61), 1), Step::Wait);
        assert_eq!(stop.next_due(), Some(at(63)));
        assert_eq!(stop.step(at(63), 1), Step::End);
    }
}
