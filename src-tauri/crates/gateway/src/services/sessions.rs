//! The candidate for a session's next turn.

use std::sync::MutexGuard;

use chrono::{DateTime, Utc};
use health::{Level, Verdict};

use super::{Services, lock};
use crate::Candidate;
use crate::plan::Answerer;
use crate::plan::session::{PrimaryHealth, SessionKey, Sessions};

impl Services {
    /// The fallback that gets this session's next turn first. `primary`: of the plan for it.
    pub(crate) fn stays_with(
        &self,
        key: &SessionKey,
        in_tool_loop: bool,
        primary: &Candidate,
    ) -> Option<Answerer> {
        let (endpoint, model) = (&primary.endpoint, &primary.model);
        let last = self.0.breakers.last_failure(endpoint, model);
        let by_requests = last.and_then(|failure| failure.answered_since);
        let health = PrimaryHealth {
            admits: primary.standing.admits(),
            last_failure: last.map(|failure| failure.at),
            well_since: by_requests.or_else(|| self.operational_since(primary)),
        };
        let sessions = self.sessions();
        sessions
            .stays_with(key, in_tool_loop, health, self.now())
            .cloned()
    }

    /// This candidate answered the session's turn.
    pub(crate) fn answered(&self, key: SessionKey, by: &Candidate) {
        let now = self.now();
        self.sessions()
            .answered(key, by.answerer(), by.is_primary(), now);
    }

    /// The model of this session has changed, and its text has not announced it yet.
    pub(crate) fn is_unannounced(&self, key: &SessionKey) -> bool {
        self.sessions().is_unannounced(key)
    }

    pub(crate) fn announced(&self, key: &SessionKey) {
        self.sessions().announced(key);
    }

    /// From the verdict on its provider, which combines page, probes and traffic.
    fn operational_since(&self, candidate: &Candidate) -> Option<DateTime<Utc>> {
        let verdicts = self.verdicts();
        let known = verdicts.providers.get(&candidate.provider)?;
        // It was healthy at every reading, so since the earliest known time.
        let since = known.since.unwrap_or(DateTime::UNIX_EPOCH);
        (known.verdict == Verdict::Known(Level::Operational)).then_some(since)
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        lock(&self.0.sessions)
    }
}
