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

/// By client and session.
#[derive(Debug, Default)]
pub(crate) struct Sessions(BTreeMap<(String, String), SessionSeen>);

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
        let seen = self.0.entry(key).or_insert(SessionSeen {
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
        let Some(seen) = self.0.get_mut(&key).filter(|_| !exchange.rehearsal) else {
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
        self.0.retain(|_, seen| {
            let shown = if seen.open > 0 { SHOWN_OPEN } else { SHOWN };
            now - seen.last < shown
        });
    }
}

impl Deref for Sessions {
    type Target = BTreeMap<(String, String), SessionSeen>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use gateway::ExchangeId;

    use super::*;

    #[test]
    fn a_session_whose_end_was_not_reported_is_removed() {
        let mut sessions = Sessions::default();
        let began = |name: &str| Began {
            id: ExchangeId::new(1),
            started: DateTime::UNIX_EPOCH,
            client: wire::Client {
                name: name.into(),
                ..wire::Client::default()
            },
            dialect: Dialect::Anthropic,
            model: "m".into(),
            rehearsal: false,
        };
        let at = |hours| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        sessions.began(at(0), began("Claude Code"));
        sessions.forget_old(at(5));
        assert_eq!(sessions.len(), 1);
        sessions.forget_old(at(6));
        assert!(sessions.is_empty());
    }
}
