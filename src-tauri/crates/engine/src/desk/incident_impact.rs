//! Impact of incidents on requests. It is read from the ledger again only after a change, not for every request.

mod refresh;

use chrono::{DateTime, Utc};
use ledger::{Met, Outage, Peak};

use super::{Desk, Effect, Record};
use crate::view;
use crate::view::impact::Subject;

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
    pub(super) fn impact_read(
        &mut self,
        now: DateTime<Utc>,
        mut impact: Vec<(i64, Met)>,
        mut last: Option<Outage>,
    ) {
        // A value grows with time, and falls with the figures that are read now.
        let raised = self.record_peaks(now);
        let read = impact.iter_mut().map(|(id, met)| (*id, met));
        let last_met = last.iter_mut().map(|last| (last.incident, &mut last.met));
        for (id, met) in read.chain(last_met) {
            let of_it = raised.iter().filter(|(incident, _)| *incident == id);
            of_it.for_each(|(_, peak)| met.raise(peak));
        }
        self.state.open.met(impact);
        self.state.last_outage = last;
        self.record_peaks(now);
    }

    /// The highest value at risk of each open incident, and of the last outage.
    fn record_peaks(&mut self, now: DateTime<Utc>) -> Vec<(i64, Peak)> {
        let mut peaks: Vec<(i64, Peak)> = Vec::new();
        let open = self.state.open.iter();
        for (provider, incident) in open.filter(|(_, incident)| incident.id > 0) {
            let subject = Subject {
                provider,
                met: &incident.met,
                opened: incident.opened,
                closed: None,
            };
            peaks.extend(self.higher(incident.id, subject, now));
        }
        if let Some(outage) = &self.state.last_outage {
            let subject = Subject {
                provider: &outage.row.provider,
                met: &outage.met,
                opened: outage.row.opened,
                closed: outage.row.closed,
            };
            peaks.extend(self.higher(outage.incident, subject, now));
        }
        for (incident, peak) in peaks.clone() {
            self.effect(Effect::Record(Record::Peak { incident, peak }));
        }
        peaks
    }

    /// The present values that are above the stored ones.
    fn higher(&self, incident: i64, subject: Subject<'_>, now: DateTime<Utc>) -> Vec<(i64, Peak)> {
        let impact = view::impact::impact(&self.state, subject, now);
        let present = view::impact::peaks(&impact, now).into_iter();
        let above = present.filter(|peak| {
            let mut stored = subject.met.peaks.iter();
            let stored = stored.find(|stored| stored.currency == peak.currency);
            stored.is_none_or(|stored| peak.low > stored.low || peak.high > stored.high)
        });
        above.map(|peak| (incident, peak)).collect()
    }
}
