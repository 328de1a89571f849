//! Keys and logins that are rejected, without quota or at a limit. These are states of the login, not outages of a provider.

use std::collections::BTreeMap;
use std::ops::Deref;

use catalog::{EndpointId, REHEARSAL};
use chrono::{DateTime, Utc};
use gateway::{BreakerView, Standing};
use ledger::{NoticeKind, NoticeRow, Urgency};
use wire::Class;

use super::{Desk, Weight};
use crate::view;

/// By endpoint; a healthy login has no entry.
#[derive(Debug, Default)]
pub(crate) struct Logins(BTreeMap<EndpointId, LoginTrouble>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoginTrouble {
    pub kind: Trouble,
    pub since: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// An exhausted plan or window, until its reset.
    Limit {
        resets_at: Option<DateTime<Utc>>,
    },
    /// No credit or allowance is left.
    Quota,
    Refused,
}

impl Trouble {
    fn of(breaker: &BreakerView) -> Option<Trouble> {
        if breaker.standing == Standing::Closed {
            return None;
        }
        match breaker.class? {
            Class::Credential => Some(Trouble::Refused),
            Class::Quota => Some(Trouble::Quota),
            Class::Limit => Some(Trouble::Limit {
                resets_at: breaker.resets_at,
            }),
            Class::Transient
            | Class::Silent
            | Class::RateLimit
            | Class::ModelGone
            | Class::Caller
            | Class::ContextTooLong
            | Class::ContentPolicy => None,
        }
    }
}

impl Logins {
    /// Returns the new ones.
    fn see(&mut self, now: DateTime<Utc>, breakers: &[BreakerView]) -> Vec<(EndpointId, Trouble)> {
        let mut seen: BTreeMap<EndpointId, Trouble> = BTreeMap::new();
        for breaker in breakers.iter().filter(|b| b.endpoint.as_str() != REHEARSAL) {
            if let Some(trouble) = Trouble::of(breaker) {
                let worst = seen.entry(breaker.endpoint.clone()).or_insert(trouble);
                *worst = trouble.max(*worst);
            }
        }
        self.0.retain(|endpoint, _| seen.contains_key(endpoint));
        let mut new = Vec::new();
        for (endpoint, kind) in seen {
            let known = self.0.get(&endpoint).map(|known| (known.kind, known.since));
            let since = known.map_or(now, |(_, since)| since);
            let same =
                |known: Trouble| std::mem::discriminant(&known) == std::mem::discriminant(&kind);
            if !known.is_some_and(|(known, _)| same(known)) {
                new.push((endpoint.clone(), kind));
            }
            self.0.insert(endpoint, LoginTrouble { kind, since });
        }
        new
    }
}

impl Deref for Logins {
    type Target = BTreeMap<EndpointId, LoginTrouble>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Desk {
    /// A rejected key or an exhausted quota is notified at once, even if a fallback works. A rate limit ends without action.
    pub(super) fn see_logins(&mut self, now: DateTime<Utc>) {
        let new = self.state.logins.see(now, &self.state.breakers);
        for (endpoint, kind) in new {
            if let Trouble::Limit { .. } = kind {
                continue;
            }
            let Some(problem) = view::login::problem(&self.state, &endpoint) else {
                continue;
            };
            let row = NoticeRow {
                at: now,
                kind: NoticeKind::Own,
                thread: format!("login/{endpoint}"),
                title: problem.what.trim_end_matches('.').to_owned(),
                body: problem.fix,
                urgency: Urgency::Normal,
                incident: None,
            };
            self.notify(now, Weight::Act, row, Vec::new());
        }
    }
}
