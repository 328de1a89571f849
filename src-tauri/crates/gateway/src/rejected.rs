//! Requests that were rejected before their sender showed the token, or while too many were open: counted by reason, with a sample a
//! minute in the log. No more is kept of them, because any web page and any local program can send them without limit.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// One sample of each reason is logged in this time.
const SAMPLE_EVERY: TimeDelta = TimeDelta::seconds(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RejectReason {
    /// No token, or a wrong one.
    Token,
    /// A foreign host name: DNS rebinding.
    Host,
    /// A web page of another origin.
    Origin,
    /// As many requests were open as are allowed.
    Full,
}

impl RejectReason {
    pub fn as_str(self) -> &'static str {
        match self {
            RejectReason::Token => "token",
            RejectReason::Host => "host",
            RejectReason::Origin => "origin",
            RejectReason::Full => "full",
        }
    }
}

/// The requests that were rejected for one reason since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    pub reason: RejectReason,
    pub count: u64,
    /// When the sample was taken, which is at most a minute before the latest of them.
    pub at: DateTime<Utc>,
    /// One of them, in at most a few hundred characters without control characters.
    pub sample: String,
}

#[derive(Debug, Default)]
pub(crate) struct Rejections(Mutex<BTreeMap<RejectReason, Entry>>);

#[derive(Debug)]
struct Entry {
    count: u64,
    /// The count at the last sample.
    logged: u64,
    at: DateTime<Utc>,
    sample: String,
}

impl Rejections {
    /// Counts a request. `Some`: its sample is due for the log, with the number of requests since the last sample.
    pub(crate) fn count(
        &self,
        reason: RejectReason,
        now: DateTime<Utc>,
        sample: impl FnOnce() -> String,
    ) -> Option<(u64, String)> {
        let mut all = self.entries();
        let entry = all.entry(reason).or_insert_with(|| Entry {
            count: 0,
            logged: 0,
            at: DateTime::<Utc>::MIN_UTC,
            sample: String::new(),
        });
        entry.count += 1;
        // Also after the clock was set back.
        let is_recent = entry.at <= now && now - entry.at < SAMPLE_EVERY;
        if is_recent {
            return None;
        }
        let since = entry.count - entry.logged;
        entry.logged = entry.count;
        entry.at = now;
        entry.sample = sample();
        Some((since, entry.sample.clone()))
    }

    pub(crate) fn all(&self) -> Vec<Rejected> {
        let all = self.entries();
        let shown = all.iter().map(|(reason, entry)| Rejected {
            reason: *reason,
            count: entry.count,
            at: entry.at,
            sample: entry.sample.clone(),
        });
        shown.collect()
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<RejectReason, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_a_count_and_a_sample_a_minute() {
        let rejections = Rejections::default();
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let count = |reason, seconds: i64| {
            rejections.count(reason, at(seconds), || format!("at {seconds}"))
        };
        let first = Some((1, "at 0".to_owned()));
        assert_eq!(count(RejectReason::Token, 0), first);
        assert_eq!(count(RejectReason::Host, 0), first);
        for second in 1..60 {
            assert_eq!(count(RejectReason::Token, second), None);
        }
        assert_eq!(count(RejectReason::Token, 60), Some((60, "at 60".into())));
        // The clock was set back.
        assert_eq!(count(RejectReason::Token, 5), Some((1, "at 5".into())));
        let [token, host] = &rejections.all()[..] else {
            panic!("two reasons");
        };
        assert_eq!((token.count, token.sample.as_str()), (62, "at 5"));
        assert_eq!((host.reason, host.count), (RejectReason::Host, 1));
    }
}
