//! Groups many events of one kind into few notifications: the first at once, later ones together. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// Events within this time after the first are reported together at its end.
const TOGETHER: TimeDelta = TimeDelta::minutes(10);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Grouping {
    /// When the last notification was due.
    notified: Option<DateTime<Utc>>,
    /// Events happened since the last notification.
    more: bool,
}

impl Grouping {
    /// Records an event. True: send a notification now.
    pub(crate) fn happened(&mut self, now: DateTime<Utc>) -> bool {
        self.more = true;
        self.due(now)
    }

    /// True: send a notification now for all events since the last one.
    pub(crate) fn due(&mut self, now: DateTime<Utc>) -> bool {
        let rested = self
            .notified
            .is_none_or(|notified| now - notified >= TOGETHER);
        let due = self.more && rested;
        if due {
            self.notified = Some(now);
            self.more = false;
        }
        due
    }

    /// When to call [`Grouping::due`] next.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.notified
            .filter(|_| self.more)
            .map(|notified| notified + TOGETHER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    #[test]
    fn the_first_is_notified_at_once_and_later_ones_together() {
        let mut grouping = Grouping::default();
        assert!(!grouping.due(at(0)), "nothing happened");
        assert!(grouping.happened(at(1)));
        assert_eq!(grouping.next_due(), None);
        for minute in 2..11 {
            assert!(!grouping.happened(at(minute)));
            assert_eq!(grouping.next_due(), Some(at(11)));
        }
        assert!(grouping.due(at(11)));
        assert!(!grouping.due(at(30)), "nothing since");
        assert!(grouping.happened(at(31)), "rested");
    }
}
