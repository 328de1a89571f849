//! Stop sequence of the engine: open requests and promised writes get a grace period, then the remaining ones are cut off, then
//! the port closes, and then the loop ends. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// Reports of ended requests need this time to reach the loop.
const SETTLE: TimeDelta = TimeDelta::milliseconds(100);
/// Requests that are cut off at the limit are recorded within this time, and so are the last ones before the port closed.
const LAST_WRITES: TimeDelta = TimeDelta::seconds(3);

#[derive(Debug, Default)]
pub(super) struct Stop {
    phase: Phase,
    /// Nothing is open; all reports arrive by this time.
    settled_at: Option<DateTime<Utc>>,
    /// Something is open; its end may cause no event, so it is checked again.
    check_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Running,
    /// Open requests may end by this time.
    Draining(DateTime<Utc>),
    /// Open requests have received the signal to end by this time.
    CutOff(DateTime<Utc>),
    /// The port is closing; requests that arrived until then are still answered.
    Closing,
    /// The port is closed; the last writes are made by this time.
    Closed(DateTime<Utc>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Wait,
    CutOff,
    Close,
    End,
}

impl Stop {
    pub(super) fn begin(&mut self, by: DateTime<Utc>) {
        self.phase = match self.phase {
            Phase::Running => Phase::Draining(by),
            Phase::Draining(earlier) => Phase::Draining(earlier.min(by)),
            later @ (Phase::CutOff(_) | Phase::Closing | Phase::Closed(_)) => later,
        };
    }

    pub(super) fn port_closed(&mut self, now: DateTime<Utc>) {
        self.phase = Phase::Closed(now + LAST_WRITES);
        self.settled_at = None;
    }

    pub(super) fn is_in_progress(&self) -> bool {
        self.phase != Phase::Running
    }

    /// `open`: number of open requests and promised writes.
    pub(super) fn step(&mut self, now: DateTime<Utc>, open: usize) -> Step {
        let (by, step) = match self.phase {
            Phase::Running | Phase::Closing => return Step::Wait,
            Phase::Draining(by) => (by, Step::CutOff),
            Phase::CutOff(by) => (by, Step::Close),
            Phase::Closed(by) => (by, Step::End),
        };
        let step = if self.is_settled(now, open) && step != Step::End {
            Step::Close
        } else if self.is_settled(now, open) || now >= by {
            step
        } else {
            return Step::Wait;
        };
        match step {
            Step::CutOff => self.phase = Phase::CutOff(now + LAST_WRITES),
            Step::Close => self.phase = Phase::Closing,
            Step::End | Step::Wait => {}
        }
        step
    }

    fn is_settled(&mut self, now: DateTime<Utc>, open: usize) -> bool {
        if open > 0 {
            self.settled_at = None;
            self.check_at = Some(now + SETTLE);
            return false;
        }
        self.check_at = None;
        now >= *self.settled_at.get_or_insert(now + SETTLE)
    }

    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        let by = match self.phase {
            Phase::Running | Phase::Closing => return None,
            Phase::Draining(by) | Phase::CutOff(by) | Phase::Closed(by) => by,
        };
        let times = [Some(by), self.settled_at, self.check_at];
        times.into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn the_port_closes_shortly_after_the_last_request_and_the_loop_ends_after_the_port() {
        let mut stop = Stop::default();
        assert_eq!(stop.step(at(0), 1), Step::Wait, "nothing stops");
        stop.begin(at(60));
        stop.begin(at(90));
        assert_eq!(stop.next_due(), Some(at(60)), "the earlier limit stands");
        assert_eq!(stop.step(at(1), 1), Step::Wait);
        assert_eq!(stop.step(at(2), 0), Step::Wait, "its report is on its way");
        assert_eq!(stop.step(at(3), 0), Step::Close);
        assert_eq!(stop.step(at(4), 0), Step::Wait, "clients still read");
        stop.port_closed(at(5));
        assert_eq!(stop.step(at(5), 1), Step::Wait, "a write is not finished");
        assert_eq!(stop.step(at(6), 0), Step::Wait);
        assert_eq!(stop.step(at(7), 0), Step::End);
    }

    #[test]
    fn at_the_limit_requests_are_aborted_and_recorded_within_three_seconds() {
        let mut stop = Stop::default();
        stop.begin(at(60));
        assert_eq!(stop.step(at(60), 2), Step::CutOff);
        assert_eq!(stop.step(at(61), 1), Step::Wait);
        let again = at(61) + SETTLE;
        assert_eq!(
            stop.next_due(),
            Some(again),
            "no event reports the last write"
        );
        assert_eq!(stop.step(at(63), 1), Step::Close);
        stop.port_closed(at(64));
        assert_eq!(stop.step(at(67), 1), Step::End);
    }
}
