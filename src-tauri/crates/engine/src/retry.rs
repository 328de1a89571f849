//! "Retry all" of the review queue: its progress, and when it stops early. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// After this many failures in a row the provider counts as still down, and the other items stay parked.
const FAILURES: u32 = 3;
/// How long the result is shown.
const SHOWN: TimeDelta = TimeDelta::minutes(10);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Retry {
    total: u64,
    done: u64,
    answered: u64,
    /// Consecutive failures.
    failures: u32,
    stopped: bool,
    ended: Option<DateTime<Utc>>,
}

impl Retry {
    pub(crate) fn of(total: usize) -> Self {
        Self {
            total: total as u64,
            done: 0,
            answered: 0,
            failures: 0,
            stopped: false,
            ended: None,
        }
    }

    pub(crate) fn is_at_work(&self) -> bool {
        self.ended.is_none()
    }

    /// `None`: the item has left the queue. True: run the next one.
    pub(crate) fn ran(&mut self, answered: Option<bool>) -> bool {
        self.done += 1;
        match answered {
            Some(false) => self.failures += 1,
            Some(true) | None => {
                self.answered += 1;
                self.failures = 0;
            }
        }
        !self.stopped && self.failures < FAILURES && self.done < self.total
    }

    pub(crate) fn stop(&mut self) {
        self.stopped = true;
    }

    pub(crate) fn end(&mut self, now: DateTime<Utc>) {
        self.ended.get_or_insert(now);
    }

    /// `None` if the result was already shown for its full time.
    pub(crate) fn shown(&self, now: DateTime<Utc>) -> Option<api::ReviewRetry> {
        if self.ended.is_some_and(|at| now - at >= SHOWN) {
            return None;
        }
        Some(api::ReviewRetry {
            total: self.total,
            done: self.done,
            answered: self.answered,
            ended: self.ended.map(|_| self.message()),
        })
    }

    fn message(&self) -> String {
        let failed = self.done - self.answered;
        let mut parts = Vec::new();
        if self.answered > 0 || failed == 0 {
            parts.push(format!("{} answered", self.answered));
        }
        if failed > 0 {
            parts.push(format!("{failed} failed"));
        }
        let ran = match self.done {
            1 => "1 request was run again".to_owned(),
            done => format!("{done} requests were run again"),
        };
        let why = match (self.total - self.done, self.failures) {
            (0, _) => String::new(),
            (left, FAILURES..) => {
                format!(" It stopped after {FAILURES} failures in a row; {left} not run yet.")
            }
            (left, _) => format!(" It was stopped; {left} not run yet."),
        };
        format!("{ran}: {}.{why}", parts.join(", "))
    }
}

#[cfg(test)]
mod tests;
