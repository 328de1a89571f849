//! The problems of keys and logins, by endpoint.

use std::collections::BTreeMap;
use std::ops::Deref;

use catalog::{EndpointId, REHEARSAL};
use chrono::{DateTime, Utc};
use gateway::{BreakerView, Standing};
use wire::FailureClass;

/// By endpoint; a healthy login has no entry.
#[derive(Debug, Default)]
pub(crate) struct Logins(BTreeMap<EndpointId, OpenProblem>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpenProblem {
    pub kind: LoginProblem,
    pub since: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LoginProblem {
    /// An exhausted plan or window, until its reset.
    Limit {
        resets_at: Option<DateTime<Utc>>,
    },
    /// No credit or allowance is left.
    Quota,
    Refused,
}

impl LoginProblem {
    fn of(breaker: &BreakerView) -> Option<LoginProblem> {
        if breaker.standing == Standing::Closed {
            return None;
        }
        match breaker.class? {
            FailureClass::Credential => Some(LoginProblem::Refused),
            FailureClass::Quota => Some(LoginProblem::Quota),
            FailureClass::Limit => Some(LoginProblem::Limit {
                resets_at: breaker.resets_at,
            }),
            FailureClass::Transient
            | FailureClass::Timeout
            | FailureClass::RateLimit
            | FailureClass::ModelGone
            | FailureClass::Caller
            | FailureClass::ContextTooLong
            | FailureClass::ContentPolicy => None,
        }
    }
}

impl Logins {
    /// Returns the new ones.
    pub(super) fn update(
        &mut self,
        now: DateTime<Utc>,
        breakers: &[BreakerView],
    ) -> Vec<(EndpointId, LoginProblem)> {
        let mut seen: BTreeMap<EndpointId, LoginProblem> = BTreeMap::new();
        for breaker in breakers.iter().filter(|b| b.endpoint.as_str() != REHEARSAL) {
            if let Some(problem) = LoginProblem::of(breaker) {
                let worst = seen.entry(breaker.endpoint.clone()).or_insert(problem);
                *worst = problem.max(*worst);
            }
        }
        self.0.retain(|endpoint, _| seen.contains_key(endpoint));
        let mut new = Vec::new();
        for (endpoint, kind) in seen {
            let known = self.0.get(&endpoint).map(|known| (known.kind, known.since));
            let since = known.map_or(now, |(_, since)| since);
            let same = |known: LoginProblem| {
                std::mem::discriminant(&known) == std::mem::discriminant(&kind)
            };
            if !known.is_some_and(|(known, _)| same(known)) {
                new.push((endpoint.clone(), kind));
            }
            self.0.insert(endpoint, OpenProblem { kind, since });
        }
        new
    }
}

impl Deref for Logins {
    type Target = BTreeMap<EndpointId, OpenProblem>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
