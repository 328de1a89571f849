//! What outages met and left, read from the ledger again where something has changed it, and not for every request.

use chrono::{DateTime, TimeDelta, Utc};

use super::MainLoop;

/// A busy desk in an outage changes it many times a second.
const REFRESH_EVERY: TimeDelta = TimeDelta::seconds(2);

#[derive(Debug, Default)]
pub(super) struct Outages {
    stale: bool,
    not_before: DateTime<Utc>,
}

impl Outages {
    /// A request met an incident, an incident changed, or an item of the review queue did.
    pub(super) fn changed(&mut self) {
        self.stale = true;
    }

    pub(super) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.stale.then_some(self.not_before)
    }
}

impl MainLoop {
    pub(super) fn refresh_outages(&mut self, now: DateTime<Utc>) {
        if !self.outages.stale || now < self.outages.not_before {
            return;
        }
        self.outages = Outages {
            stale: false,
            not_before: now + REFRESH_EVERY,
        };
        let mut failed = None;
        for story in self.state.open.values_mut() {
            match self.ledger.met(story.id) {
                Ok(met) => story.met = met.unwrap_or_default(),
                Err(error) => failed = Some(error),
            }
        }
        match self.ledger.last_outage(now) {
            Ok(last) => self.state.last_outage = last,
            Err(error) => failed = Some(error),
        }
        if let Some(error) = failed {
            self.ledger_trouble("count what an outage met", &error);
        }
    }
}
