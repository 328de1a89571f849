//! When old rows are deleted. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use ledger::{Expired, FileSize, Progress};

/// Time from the notification to the first deletion.
const ANNOUNCED_FOR: TimeDelta = TimeDelta::days(7);
/// A longer time since the last check, or a negative one, may be a wrong clock.
const LEAP: TimeDelta = TimeDelta::days(30);
/// After a leap of the clock, nothing is deleted for this long.
const SETTLED: TimeDelta = TimeDelta::days(1);

#[derive(Debug, Default)]
pub(crate) struct Retention {
    pub(crate) stored: Stored,
    /// Beyond the owner's limits at the last check.
    pub(crate) expired: Expired,
    /// At the last check; `None`: not read yet.
    pub(crate) size: Option<FileSize>,
    /// The next step of a deletion, and its time.
    pub(in crate::desk) next: Option<(DateTime<Utc>, Step)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::desk) enum Step {
    Delete(Progress),
    /// Return free pages to the disk.
    Shrink,
}

/// What survives a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The owner was notified of the first deletion.
    pub(crate) announced: Option<DateTime<Utc>>,
    pub(crate) clock: Option<Clock>,
}

/// Guards against a wrong clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    checked: DateTime<Utc>,
    /// Since then it has not leaped.
    steady: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    Nothing,
    /// Notify the owner of the first deletion.
    Announce,
    /// The first deletion is at this time.
    Wait(DateTime<Utc>),
    /// The clock has leaped.
    Hold,
    Delete,
}

impl Stored {
    pub(crate) fn due(&self, now: DateTime<Utc>, expired: Expired) -> Due {
        match self.first_deletion(now) {
            None if expired.is_empty() => Due::Nothing,
            None => Due::Announce,
            Some(first) if now < first => Due::Wait(first),
            Some(_) if !self.is_settled(now) => Due::Hold,
            Some(_) => Due::Delete,
        }
    }

    /// The clock has not leaped for a day.
    pub(crate) fn is_settled(&self, now: DateTime<Utc>) -> bool {
        self.clock
            .is_some_and(|clock| now - clock.steady >= SETTLED)
    }

    /// `None`: not announced. An announcement in the future is of a wrong clock.
    pub(crate) fn first_deletion(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let announced = self.announced.filter(|at| *at <= now);
        announced.map(first_deletion)
    }
}

pub(crate) fn first_deletion(announced: DateTime<Utc>) -> DateTime<Utc> {
    announced + ANNOUNCED_FOR
}

impl Clock {
    /// The clock at a check, after an earlier one.
    pub(crate) fn seen(earlier: Option<Clock>, now: DateTime<Utc>) -> Clock {
        let steady = match earlier {
            Some(clock) if (clock.checked..clock.checked + LEAP).contains(&now) => clock.steady,
            Some(_) | None => now,
        };
        Clock {
            checked: now,
            steady,
        }
    }

    pub(crate) fn written(self) -> String {
        format!("{} {}", self.checked.to_rfc3339(), self.steady.to_rfc3339())
    }

    pub(crate) fn parse(text: &str) -> Option<Clock> {
        let mut times = text.split(' ').map(str::parse);
        Some(Clock {
            checked: times.next()?.ok()?,
            steady: times.next()?.ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + day)
    }

    fn expired(exchanges: u64) -> Expired {
        Expired {
            exchanges,
            incidents: 0,
        }
    }

    /// The clock after a check on each of these days.
    fn clock_after(days: &[i64]) -> Option<Clock> {
        days.iter()
            .fold(None, |clock, at| Some(Clock::seen(clock, day(*at))))
    }

    #[test]
    fn the_first_deletion_waits_a_week_after_its_notification() {
        let mut stored = Stored {
            announced: None,
            clock: clock_after(&[0, 1, 2]),
        };
        assert_eq!(stored.due(day(2), expired(0)), Due::Nothing);
        assert_eq!(stored.due(day(2), expired(5)), Due::Announce);
        stored.announced = Some(day(2));
        assert_eq!(stored.due(day(2), expired(5)), Due::Wait(day(9)));
        assert_eq!(stored.due(day(8), expired(5)), Due::Wait(day(9)));
        assert_eq!(stored.due(day(9), expired(5)), Due::Delete);
        assert_eq!(
            stored.due(day(400), expired(0)),
            Due::Delete,
            "no second notification"
        );
    }

    #[test]
    fn a_leap_of_the_clock_holds_deletions_for_a_day() {
        let at = |days: &[i64], now| {
            let stored = Stored {
                announced: Some(day(-100)),
                clock: clock_after(days),
            };
            stored.due(day(now), expired(5))
        };
        assert_eq!(at(&[], 0), Due::Hold);
        assert_eq!(at(&[0], 0), Due::Hold, "the first check");
        assert_eq!(at(&[0, 1], 1), Due::Delete);
        assert_eq!(at(&[0, 20], 20), Due::Delete, "a machine that was off");
        assert_eq!(at(&[0, 1, 4_000], 4_000), Due::Hold);
        assert_eq!(at(&[0, 1, 4_000, 2], 2), Due::Hold, "back again");
        assert_eq!(at(&[0, 1, 4_000, 2, 3], 3), Due::Delete);
    }

    #[test]
    fn an_announcement_of_a_wrong_clock_is_made_again() {
        let stored = Stored {
            announced: Some(day(4_000)),
            clock: clock_after(&[0, 1]),
        };
        assert_eq!(stored.due(day(1), expired(5)), Due::Announce);
    }

    #[test]
    fn the_clock_survives_a_restart() {
        let clock = clock_after(&[0, 1, 3]).unwrap();
        assert_eq!(Clock::parse(&clock.written()), Some(clock));
        assert_eq!(Clock::parse(""), None);
    }
}
