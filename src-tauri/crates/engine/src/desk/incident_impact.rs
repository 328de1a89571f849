//! Impact of incidents on requests. It is read from the ledger again only after a change, not for every request.

mod refresh;

use chrono::{DateTime, Utc};
use ledger::{Met, Outage};

use super::{Desk, Effect, Record};

pub(super) use refresh::ImpactRefresh;

impl Desk {
    pub(super) fn refresh_impact(&mut self, now: DateTime<Utc>) {
        if !self.impact_refresh.starts(now) {
            return;
        }
        let open = self.state.open.values().map(|incident| incident.id);
        let open = open.filter(|id| *id > 0).collect();
        self.effect(Effect::Record(Record::ReadImpact { open, now }));
    }

    /// `impact`: affected exchanges by incident.
    pub(super) fn impact_read(&mut self, impact: Vec<(i64, Met)>, last: Option<Outage>) {
        self.state.open.met(impact);
        self.state.last_outage = last;
    }
}
