//! The requests that an incident affected, by pipeline, its stretches, and its open items.

use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, TimeDelta, Utc};
use health::Level;

use crate::column::{Col, get};
use crate::incidents::IncidentRow;
use crate::sums::{failed_ends, met, shows_health};
use crate::{IncidentTraffic, Ledger, LedgerError};

/// How many ended incidents are searched for the last one that affected requests.
const SEARCHED: u32 = 50;
/// An outage without open items is shown this long after its end.
pub const OUTAGE_SHOWN: TimeDelta = TimeDelta::hours(24);

/// The effects of an incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Met {
    pub traffic: IncidentTraffic,
    /// Open review items of its requests.
    pub waiting: u64,
    /// Requests that failed and were not kept for review.
    pub failed: u64,
    /// Affected requests with a pipeline.
    pub pipelines: Vec<PipelineMet>,
    /// From its opening on, oldest first.
    pub stretches: Vec<LevelStretch>,
}

/// The requests of one pipeline that an incident affected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipelineMet {
    pub pipeline: String,
    pub hit: u64,
    pub carried: u64,
    /// Items in the review queue.
    pub waiting: u64,
    /// Items that failed, are not in the queue and did not succeed later.
    pub failed: u64,
}

/// A stretch of an incident at one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LevelStretch {
    pub from: DateTime<Utc>,
    /// `None`: not over.
    pub to: Option<DateTime<Utc>>,
    pub level: Level,
    /// Attempts and probes at the provider that show whether it works, and how many of them failed.
    pub calls: u64,
    pub calls_failed: u64,
}

/// The last ended incident that affected requests.
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
    /// `None`: there is no such incident.
    pub fn met(&self, incident: i64) -> Result<Option<Met>, LedgerError> {
        let Some(incident_with_timeline) = self.incident(incident)? else {
            return Ok(None);
        };
        let mut met = Met::default();
        let mut select = self.conn.prepare_cached(PIPELINES)?;
        let mut rows = select.query([incident])?;
        while let Some(row) = rows.next()? {
            let hit: u64 = get(row, "hit")?;
            let carried: u64 = get(row, "carried")?;
            let waiting: u64 = get(row, "waiting")?;
            met.traffic.hit += hit;
            met.traffic.carried_by_fallback += carried;
            met.traffic.failed += get::<u64>(row, "failed")?;
            met.waiting += waiting;
            met.failed += get::<u64>(row, "not_kept")?;
            if let Some(pipeline) = row.get("pipeline")? {
                met.pipelines.push(PipelineMet {
                    pipeline,
                    hit,
                    carried,
                    waiting,
                    failed: get(row, "failed_items")?,
                });
            }
        }
        let incident = &incident_with_timeline.incident;
        let first = incident.peak.map(|peak| (incident.opened, peak));
        let text = incident_with_timeline
            .timeline
            .iter()
            .filter_map(|t| Some((t.at, t.level?)));
        let mut levels: Vec<(DateTime<Utc>, Level)> = text.collect();
        if levels.is_empty() {
            levels.extend(first);
        }
        if let Some(opening) = levels.first_mut() {
            opening.0 = incident.opened;
        }
        levels.dedup_by_key(|(_, level)| *level);
        for (index, (from, level)) in levels.iter().enumerate() {
            let to = levels
                .get(index + 1)
                .map(|(next, _)| *next)
                .or(incident.closed);
            if to.is_some_and(|to| to <= *from) {
                continue;
            }
            let (calls, calls_failed) = self.calls(&incident.provider, *from, to)?;
            met.stretches.push(LevelStretch {
                from: *from,
                to,
                level: *level,
                calls,
                calls_failed,
            });
        }
        Ok(Some(met))
    }

    fn calls(
        &self,
        provider: &ProviderId,
        from: DateTime<Utc>,
        to: Option<DateTime<Utc>>,
    ) -> Result<(u64, u64), LedgerError> {
        let to = to.map_or(i64::MAX, |to| to.timestamp_millis());
        let counted = self
            .conn
            .prepare_cached(CALLS)?
            .query_row((Col(provider), Col(from), to), |row| {
                Ok((get(row, "calls")?, get(row, "failed")?))
            })?;
        Ok(counted)
    }

    /// The last ended outage, if it has open items or ended within [`OUTAGE_SHOWN`].
    pub fn last_outage(&self, now: DateTime<Utc>) -> Result<Option<Outage>, LedgerError> {
        let ended: Vec<i64> = self
            .conn
            .prepare_cached(ENDED)?
            .query_map([SEARCHED], |row| row.get("id"))?
            .collect::<Result<_, _>>()?;
        for incident in ended {
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
            let (carried_by, cost) = self.carried_by(incident)?;
            return Ok(Some(Outage {
                incident,
                row: incident_with_timeline.incident,
                met,
                carried_by,
                cost,
            }));
        }
        Ok(None)
    }

    fn carried_by(&self, incident: i64) -> Result<(Vec<ProviderId>, MicroDollars), LedgerError> {
        let mut select = self.conn.prepare_cached(CARRIED_BY)?;
        let rows = select.query_map([incident], |row| {
            let answered: u64 = get(row, "answered")?;
            Ok((get(row, "provider")?, answered, get(row, "cost")?))
        })?;
        let rows: Vec<(ProviderId, u64, MicroDollars)> = rows.collect::<Result<_, _>>()?;
        let cost = rows.iter().map(|(_, _, cost)| *cost).sum();
        let answered = rows.into_iter().filter(|(_, answered, _)| *answered > 0);
        Ok((answered.map(|(provider, ..)| provider).collect(), cost))
    }

    /// Open review items whose request is kept, oldest first: those of this incident, of this pipeline, of both, or
    /// all.
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
        let of_incident: std::collections::BTreeSet<String> = self
            .conn
            .prepare_cached(PARKED)?
            .query_map([incident], |row| row.get("parked"))?
            .collect::<Result<_, _>>()?;
        Ok(of_pipeline
            .into_iter()
            .filter(|id| of_incident.contains(id))
            .collect())
    }
}

pub(crate) const PIPELINES: &str = concat!(
    "SELECT e.pipeline AS pipeline,
            count(*) AS hit,
            count(*) FILTER (WHERE e.carried) AS carried,
            count(*) FILTER (WHERE e.ended IN ",
    failed_ends!(),
    ") AS failed,
            count(*) FILTER (WHERE e.parked IS NULL AND e.ended IN ",
    failed_ends!(),
    ") AS not_kept,
            count(DISTINCT e.parked) FILTER (WHERE r.state = 'open') AS waiting,
            count(DISTINCT coalesce(e.item, e.id)) FILTER (
                WHERE e.parked IS NULL AND e.ended IN ",
    failed_ends!(),
    "     AND NOT EXISTS (
                    SELECT 1 FROM exchanges later
                     WHERE later.pipeline = e.pipeline AND later.item = e.item AND later.id > e.id
                       AND later.ended IN ('complete', 'replayed', 'truncated', 'refused')
                  )
            ) AS failed_items
       FROM incidents i
       JOIN exchanges e
         ON ",
    met!(),
    "
       LEFT JOIN review_items r ON r.id = e.parked
      WHERE i.id = ?1
      GROUP BY e.pipeline"
);

const PARKED: &str = concat!(
    "SELECT DISTINCT e.parked AS parked
       FROM incidents i
       JOIN exchanges e
         ON ",
    met!(),
    "
      WHERE i.id = ?1 AND e.parked IS NOT NULL"
);

const CARRIED_BY: &str = concat!(
    "SELECT a.provider AS provider,
            count(*) FILTER (WHERE NOT a.provider_failed) AS answered,
            CAST(total(iif(a.by_subscription, 0, a.cost)) AS INTEGER) AS cost
       FROM incidents i
       JOIN exchanges e
         ON ",
    met!(),
    "
       JOIN attempts a ON a.exchange = e.id
      WHERE i.id = ?1 AND e.carried
        AND (a.endpoint IS NOT e.primary_endpoint OR a.model IS NOT e.primary_model)
      GROUP BY a.provider
      ORDER BY answered DESC, provider"
);

pub(crate) const CALLS: &str = concat!(
    "SELECT count(*) AS calls, coalesce(sum(failed), 0) AS failed FROM (
    SELECT a.provider_failed AS failed
      FROM exchanges e JOIN attempts a ON a.exchange = e.id
     WHERE e.rehearsal = 0 AND e.started_at >= ?2 AND e.started_at < ?3 AND a.provider = ?1
       AND ",
    shows_health!(),
    "
    UNION ALL
    SELECT outcome <> 'complete' AS failed
      FROM probes
     WHERE at >= ?2 AND at < ?3 AND provider = ?1
       AND outcome IN ('complete', 'no connection', 'silent', 'error status', 'cut', 'stalled', 'error event', 'malformed')
)"
);

const ENDED: &str = "SELECT id FROM incidents WHERE closed_at IS NOT NULL AND NOT past
      ORDER BY closed_at DESC, id DESC LIMIT ?1";

const RETRIABLE: &str = "SELECT id FROM review_items
      WHERE state = 'open' AND body IS NOT NULL AND (?1 IS NULL OR pipeline = ?1)
      ORDER BY n";
