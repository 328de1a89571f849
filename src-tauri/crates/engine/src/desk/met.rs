//! Effects of outages. They are read from the ledger again only after a change, not for every request.

use chrono::{DateTime, TimeDelta, Utc};
use ledger::{Met, Outage};

use super::{Desk, Effect, Record};

/// Minimum interval: in an outage, traffic may change these values many times per second.
const ASK_EVERY: TimeDelta = TimeDelta::seconds(2);

#[derive(Debug, Default)]
pub(super) struct MetAsked {
    stale: bool,
    not_before: DateTime<Utc>,
}

impl MetAsked {
    /// Marks the values as changed: an incident, an exchange during one, or the review queue changed.
    pub(super) fn changed(&mut self) {
        self.stale = true;
    }

    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.stale.then_some(self.not_before)
    }
}

impl Desk {
    pub(super) fn ask_what_was_met(&mut self, now: DateTime<Utc>) {
        if !self.met_asked.stale || now < self.met_asked.not_before {
            return;
        }
        self.met_asked = MetAsked {
            stale: false,
            not_before: now + ASK_EVERY,
        };
        let open = self.state.open.values().map(|incident| incident.id);
        let open = open.filter(|id| *id > 0).collect();
        self.effect(Effect::Record(Record::CountMet { open, now }));
    }

    /// `met`: affected exchanges by incident.
    pub(super) fn what_was_met(&mut self, met: Vec<(i64, Met)>, last: Option<Outage>) {
        self.state.open.met(met);
        self.state.last_outage = last;
    }
}
