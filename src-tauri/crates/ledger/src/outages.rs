//! The effects of incidents, the last outage, and the review items of an incident.

use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, TimeDelta, Utc};

use crate::affected::{self, Met, hit};
use crate::column::maybe;
use crate::incidents::IncidentRow;
use crate::{Ledger, LedgerError};
use crate::{figures, impact_items, interruptions, items, marks};

/// How many ended incidents are searched for the last one that affected requests.
const SEARCHED: u32 = 50;
/// An outage without open items is shown this long after its end.
pub const OUTAGE_SHOWN: TimeDelta = TimeDelta::hours(24);

/// An incident with its effects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    pub incident: i64,
    pub row: IncidentRow,
    pub met: Met,
    /// Providers of the fallbacks that answered its requests, most requests first.
    pub carried_by: Vec<ProviderId>,
    /// Cost of those fallbacks, estimated.
    pub cost: MicroDollars,
}

impl Ledger {
    /// `None`: there is no such incident. The figures of a closed one are stored; of any other they are counted here.
    pub fn met(&self, incident: i64) -> Result<Option<Met>, LedgerError> {
        let met = match figures::read(&self.conn, incident)? {
            Some(stored) => Some(stored),
            None => items::counted(&self.conn, incident)?.map(|(met, _)| met),
        };
        let Some(met) = met else {
            return Ok(None);
        };
        Ok(Some(Met {
            earlier: impact_items::earlier(&self.conn, incident)?,
            peaks: marks::peaks(&self.conn, incident)?,
            interrupted: interruptions::open(&self.conn, incident)?,
            ..met
        }))
    }

    /// The last ended outage, if it has open items or ended within [`OUTAGE_SHOWN`].
    pub fn last_outage(&self, now: DateTime<Utc>) -> Result<Option<Outage>, LedgerError> {
        let ended: Vec<(i64, Option<u64>)> = self
            .conn
            .prepare_cached(ENDED)?
            .query_map([SEARCHED], |row| Ok((row.get("id")?, maybe(row, "hit")?)))?
            .collect::<Result<_, _>>()?;
        for (incident, hit) in ended {
            if hit == Some(0) {
                continue;
            }
            let Some(met) = self.met(incident)?.filter(|met| met.traffic.hit > 0) else {
                continue;
            };
            let Some(incident_with_timeline) = self.incident(incident)? else {
                continue;
            };
            let fresh = incident_with_timeline
                .incident
                .closed
                .is_some_and(|at| now - at < OUTAGE_SHOWN);
            if !fresh && met.waiting == 0 {
                return Ok(None);
            }
            return Ok(Some(self.with_fallbacks(
                incident,
                incident_with_timeline.incident,
                met,
            )?));
        }
        Ok(None)
    }

    /// `None`: there is no such incident.
    pub fn outage(&self, incident: i64) -> Result<Option<Outage>, LedgerError> {
        let (Some(found), Some(met)) = (self.incident(incident)?, self.met(incident)?) else {
            return Ok(None);
        };
        Ok(Some(self.with_fallbacks(incident, found.incident, met)?))
    }

    fn with_fallbacks(
        &self,
        incident: i64,
        row: IncidentRow,
        met: Met,
    ) -> Result<Outage, LedgerError> {
        let (carried_by, cost) = self.carried_by(incident)?;
        Ok(Outage {
            incident,
            row,
            met,
            carried_by,
            cost,
        })
    }

    fn carried_by(&self, incident: i64) -> Result<(Vec<ProviderId>, MicroDollars), LedgerError> {
        let rows = match figures::read(&self.conn, incident)? {
            Some(_) => figures::carried_by(&self.conn, incident)?,
            None => affected::carried_by(&self.conn, incident)?,
        };
        let cost = rows.iter().map(|row| row.cost).sum();
        let answered = rows.into_iter().filter(|row| row.answered > 0);
        Ok((answered.map(|row| row.provider).collect(), cost))
    }

    /// Open review items whose request is kept, oldest first: those that wait of this incident, of this pipeline,
    /// of both, or all.
    pub fn retriable_reviews(
        &self,
        incident: Option<i64>,
        pipeline: Option<&str>,
    ) -> Result<Vec<String>, LedgerError> {
        let of_pipeline: Vec<String> = self
            .conn
            .prepare_cached(RETRIABLE)?
            .query_map([pipeline], |row| row.get("id"))?
            .collect::<Result<_, _>>()?;
        let Some(incident) = incident else {
            return Ok(of_pipeline);
        };
        let of_incident = impact_items::waiting(&self.conn, incident)?;
        Ok(of_pipeline
            .into_iter()
            .filter(|id| of_incident.contains(id))
            .collect())
    }
}

pub(crate) const PARKED: &str = concat!(
    "WITH ",
    hit!(),
    "SELECT DISTINCT e.parked AS parked
       FROM hit CROSS JOIN exchanges e ON e.id = hit.id
      WHERE e.parked IS NOT NULL"
);

pub(crate) const ENDED: &str =
    "SELECT id, hit FROM incidents WHERE closed_at IS NOT NULL AND NOT past
      ORDER BY closed_at DESC, id DESC LIMIT ?1";

const RETRIABLE: &str = "SELECT id FROM review_items
      WHERE state = 'open' AND body IS NOT NULL AND (?1 IS NULL OR pipeline = ?1)
      ORDER BY n";
