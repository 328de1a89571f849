//! When to read the impact of incidents again.

use chrono::{DateTime, TimeDelta, Utc};

/// Minimum interval: in an outage, traffic may change these values many times per second.
const READ_EVERY: TimeDelta = TimeDelta::seconds(2);

#[derive(Debug, Default)]
pub(in crate::desk) struct ImpactRefresh {
    stale: bool,
    not_before: DateTime<Utc>,
}

impl ImpactRefresh {
    /// Marks the values as changed: an incident, an exchange during one, or the review queue changed.
    pub(in crate::desk) fn changed(&mut self) {
        self.stale = true;
    }

    /// True: read the values now. The next read is at the earliest [`READ_EVERY`] later.
    pub(super) fn starts(&mut self, now: DateTime<Utc>) -> bool {
        let starts = self.stale && now >= self.not_before;
        if starts {
            *self = ImpactRefresh {
                stale: false,
                not_before: now + READ_EVERY,
            };
        }
        starts
    }

    pub(in crate::desk) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.stale.then_some(self.not_before)
    }
}
