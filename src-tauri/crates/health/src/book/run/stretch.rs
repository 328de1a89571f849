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

/// Calls of one sort, and what became of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) failures: Failures,
    /// At least one failure came from the provider itself.
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

    /// All failed: it is down. Some came through in between: partly.
    pub(super) fn level(&self) -> Level {
        let all = self.evidence().all();
        if all.failed == all.total {
            Level::MajorOutage
        } else {
            Level::PartialOutage
        }
    }

    /// Nothing came from the provider itself, and nobody has looked at our network since it began.
    pub(super) fn in_doubt(&self, network: &Network) -> bool {
        network.unheard_since(self.since) && !self.answered()
    }

    /// Was there anything but failures to connect?
    pub(super) fn was_heard(&self) -> bool {
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

    /// Did the provider itself tell of a fault? Then our network was up.
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
            | FailureKind::Silent
            | FailureKind::Cut
            | FailureKind::Stalled => false,
        };
    }
}
