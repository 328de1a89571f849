//! The open incidents.

use std::collections::BTreeMap;
use std::ops::Deref;

use catalog::ProviderId;
use chrono::{DateTime, Utc};
use health::Level;
use ledger::{ExchangeRow, Met};

#[derive(Debug, Default)]
pub(crate) struct Incidents(BTreeMap<ProviderId, OpenIncident>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenIncident {
    /// Zero: the ledger did not log it.
    pub id: i64,
    pub opened: DateTime<Utc>,
    pub level: Level,
    pub peak: Level,
    pub exchanges_hit: u64,
    pub carried: u64,
    /// The ledger's last count.
    pub met: Met,
}

impl OpenIncident {
    pub(crate) fn new(opened: DateTime<Utc>, level: Level) -> OpenIncident {
        OpenIncident {
            id: 0,
            opened,
            level,
            peak: level,
            exchanges_hit: 0,
            carried: 0,
            met: Met::default(),
        }
    }
}

impl Incidents {
    pub(crate) fn opened(&mut self, provider: ProviderId, incident: OpenIncident) {
        self.0.insert(provider, incident);
    }

    /// The incident is logged. It begins at its first evidence, and has affected requests since then.
    pub(crate) fn logged(&mut self, provider: &ProviderId, id: i64, met: Met) {
        if let Some(incident) = self.0.get_mut(provider) {
            incident.id = id;
            incident.exchanges_hit += met.traffic.hit;
            incident.carried += met.traffic.carried_by_fallback;
            incident.met = met;
        }
    }

    /// Sets the ledger's counts by incident.
    pub(crate) fn met(&mut self, counted: Vec<(i64, Met)>) {
        for (id, met) in counted {
            if let Some(incident) = self.0.values_mut().find(|incident| incident.id == id) {
                incident.met = met;
            }
        }
    }

    pub(crate) fn changed(&mut self, provider: &ProviderId, to: Level) {
        if let Some(incident) = self.0.get_mut(provider) {
            incident.level = to;
            incident.peak = incident.peak.max(to);
        }
    }

    pub(crate) fn closed(&mut self, provider: &ProviderId) {
        self.0.remove(provider);
    }

    /// The ledger counts in the same way when the incident closes. True: the exchange was affected.
    pub(crate) fn count(&mut self, row: &ExchangeRow, carried: bool) -> bool {
        if row.end == ledger::End::TurnedAway {
            return false;
        }
        let mut met = false;
        let primary = row.primary.as_ref().map(|primary| &primary.provider);
        for (provider, incident) in &mut self.0 {
            let mut attempts = row.attempts.iter();
            let failed = attempts.any(|a| a.provider == *provider && a.provider_failed);
            if failed || carried && primary == Some(provider) {
                incident.exchanges_hit += 1;
                incident.carried += u64::from(carried);
                met = true;
            }
        }
        met
    }
}

impl Deref for Incidents {
    type Target = BTreeMap<ProviderId, OpenIncident>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
