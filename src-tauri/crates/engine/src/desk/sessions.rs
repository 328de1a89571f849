//! Clients with requests now or within the last hour.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use catalog::Dialect;
use chrono::{DateTime, TimeDelta, Utc};
use gateway::{Began, Exchange};

/// A session is shown this long after its last request.
const SHOWN: TimeDelta = TimeDelta::hours(1);
/// The same with a request that seems open: after this time its end was not reported.
const SHOWN_OPEN: TimeDelta = TimeDelta::hours(6);

/// Most sessions that are followed: more than the requests that may be open by default.
const FOLLOWED: usize = 4096;
/// Number of sessions that are removed together when there are too many.
const REMOVED: usize = 1024;

/// By client and session.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    followed: BTreeMap<(String, String), SessionSeen>,
    /// Number of sessions that were removed because of [`FOLLOWED`], by the minute of their last request. One that returns later
    /// is counted twice.
    removed: BTreeMap<i64, RemovedSessions>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RemovedSessions {
    pub sessions: u64,
    /// Their requests that were open then.
    pub open: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionSeen {
    pub last: DateTime<Utc>,
    /// Open requests.
    pub open: u32,
    pub dialect: Dialect,
    /// The routes of its requests, each with its dialect.
    pub routes: BTreeSet<(String, Dialect)>,
    /// Its requests belong to a pipeline, which has a separate line.
    pub of_pipeline: bool,
}

impl Sessions {
    pub(crate) fn began(&mut self, now: DateTime<Utc>, began: Began) {
        if began.rehearsal || began.client.name.is_empty() {
            return;
        }
        let key = (began.client.name, began.client.session.unwrap_or_default());
        self.make_room(&key);
        let seen = self.followed.entry(key).or_insert(SessionSeen {
            last: now,
            open: 0,
            dialect: began.dialect,
            routes: BTreeSet::new(),
            of_pipeline: false,
        });
        seen.last = now;
        seen.open += 1;
    }

    pub(crate) fn ended(&mut self, now: DateTime<Utc>, exchange: &Exchange) {
        let client = &exchange.client;
        let key = (
            client.name.clone(),
            client.session.clone().unwrap_or_default(),
        );
        let Some(seen) = self.followed.get_mut(&key).filter(|_| !exchange.rehearsal) else {
            return;
        };
        seen.last = now;
        seen.open = seen.open.saturating_sub(1);
        seen.of_pipeline = exchange.pipeline.is_some();
        if !exchange.attempts.is_empty() {
            seen.routes
                .insert((exchange.route.clone(), exchange.dialect));
        }
    }

    pub(crate) fn forget_old(&mut self, now: DateTime<Utc>) {
        self.followed.retain(|_, seen| {
            let shown = if seen.open > 0 { SHOWN_OPEN } else { SHOWN };
            now - seen.last < shown
        });
        let minute = (now - SHOWN).timestamp() / 60;
        self.removed.retain(|last, _| *last > minute);
    }

    /// The sessions of the last hour that are not followed.
    pub(crate) fn removed(&self) -> RemovedSessions {
        let mut all = RemovedSessions::default();
        for removed in self.removed.values() {
            all.sessions += removed.sessions;
            all.open += removed.open;
        }
        all
    }

    /// Removes the sessions with the oldest requests, those with open requests last.
    fn make_room(&mut self, new: &(String, String)) {
        if self.followed.len() < FOLLOWED || self.followed.contains_key(new) {
            return;
        }
        let mut all: Vec<_> = std::mem::take(&mut self.followed).into_iter().collect();
        all.sort_by_key(|(_, seen)| (seen.open > 0, seen.last));
        for (_, seen) in all.drain(..REMOVED) {
            let minute = self.removed.entry(seen.last.timestamp() / 60).or_default();
            minute.sessions += 1;
            minute.open += u64::from(seen.open);
        }
        self.followed = all.into_iter().collect();
    }
}

impl Deref for Sessions {
    type Target = BTreeMap<(String, String), SessionSeen>;

    fn deref(&self) -> &Self::Target {
        &self.followed
    }
}

#[cfg(test)]
mod tests {
    use gateway::ExchangeId;

    use super::*;

    fn began(name: &str) -> Began {
        Began {
            id: ExchangeId::new(1),
            started: DateTime::UNIX_EPOCH,
            client: wire::Client {
                name: name.into(),
                ..wire::Client::default()
            },
            dialect: Dialect::Anthropic,
            model: "m".into(),
            rehearsal: false,
        }
    }

    #[test]
    fn a_limited_number_is_followed_and_the_others_are_counted_for_an_hour() {
        let mut sessions = Sessions::default();
        let at = |second: i64| DateTime::UNIX_EPOCH + TimeDelta::milliseconds(second * 100);
        for second in 0..20_000 {
            sessions.began(at(second), began(&format!("client {second}")));
            assert!(sessions.len() <= FOLLOWED);
        }
        let removed = sessions.removed();
        assert_eq!(sessions.len() as u64 + removed.sessions, 20_000);
        assert_eq!(removed.open, removed.sessions);
        assert!(sessions.removed.len() <= 61);
        sessions.forget_old(at(20_000) + SHOWN);
        assert_eq!(sessions.removed(), RemovedSessions::default());
    }

    #[test]
    fn a_session_whose_end_was_not_reported_is_removed() {
        let mut sessions = Sessions::default();
        let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        sessions.began(at(0), began("Claude Code"));
        sessions.forget_old(at(5));
        assert_eq!(sessions.len(), 1);
        sessions.forget_old(at(6));
        assert!(sessions.is_empty());
    }
}
