//! The failures of a run that count now, and what they show.

use chrono::{DateTime, Utc};

use crate::book::network::Network;
use crate::{CallSource, FailedCalls, FailureKind, Failures, Level};

#[derive(Clone, Debug)]
pub(in crate::book) struct Stretch {
    pub(in crate::book) since: DateTime<Utc>,
    pub(super) last: DateTime<Utc>,
    pub(super) probes: Tally,
    requests: Tally,
}

/// Calls of one source, and their results.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) failures: Failures,
    /// At least one failure was a response of the provider.
    answered: bool,
}

impl Stretch {
    pub(super) fn new(since: DateTime<Utc>) -> Self {
        Self {
            since,
            last: since,
            probes: Tally::default(),
            requests: Tally::default(),
        }
    }

    pub(super) fn tally(&mut self, source: CallSource) -> &mut Tally {
        match source {
            CallSource::Probe => &mut self.probes,
            CallSource::Traffic => &mut self.requests,
        }
    }

    /// All calls failed: a major outage. Some succeeded: a partial one.
    pub(super) fn level(&self) -> Level {
        let all = self.evidence().all();
        if all.failed == all.total {
            Level::MajorOutage
        } else {
            Level::PartialOutage
        }
    }

    /// No failure was a response of the provider, and the network has not been checked since the first one.
    pub(super) fn in_doubt(&self, network: &Network) -> bool {
        network.unchecked_since(self.since) && !self.answered()
    }

    /// Whether any failure was something other than a failure to connect.
    pub(super) fn failed_after_connecting(&self) -> bool {
        self.evidence().all().kind != Some(FailureKind::Connect)
    }

    pub(in crate::book) fn evidence(&self) -> FailedCalls {
        FailedCalls {
            probes: self.probes.failures,
            requests: self.requests.failures,
            since: self.since,
            last: self.last,
        }
    }

    /// Whether the provider itself reported a fault. Then the local network was up.
    pub(in crate::book) fn answered(&self) -> bool {
        self.probes.answered || self.requests.answered
    }
}

impl Tally {
    pub(super) fn add(&mut self, kind: FailureKind) {
        self.failures = self.failures.and(Failures {
            failed: 1,
            total: 1,
            kind: Some(kind),
        });
        self.answered |= match kind {
            FailureKind::Status(_) | FailureKind::ErrorEvent | FailureKind::Malformed => true,
            FailureKind::Connect
            | FailureKind::Timeout
            | FailureKind::Cut
            | FailureKind::Stalled => false,
        };
    }
}
