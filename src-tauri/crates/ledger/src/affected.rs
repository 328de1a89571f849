//! The effects of an incident, counted from its exchanges, attempts and probes.

use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, Utc};
use health::Level;
use rusqlite::Connection;

use crate::IncidentTraffic;
use crate::column::{Col, get};
use crate::incidents::{self, IncidentWithTimeline};
use crate::interruptions::OpenInterruptions;
use crate::marks::Peak;
use crate::sums::{failed_ends, judged_probes, shows_health};

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
    /// Recorded before this one, and not over before its week.
    pub earlier: Vec<EarlierIncident>,
    pub peaks: Vec<Peak>,
    /// Agent sessions that it interrupted.
    pub interrupted: OpenInterruptions,
}

impl Met {
    /// Keeps the highest values at risk, as the ledger does.
    pub fn raise(&mut self, peak: &Peak) {
        let mut stored = self.peaks.iter_mut();
        match stored.find(|stored| stored.currency == peak.currency) {
            Some(stored) => {
                if peak.high > stored.high {
                    stored.at = peak.at;
                }
                stored.low = stored.low.max(peak.low);
                stored.high = stored.high.max(peak.high);
            }
            None => self.peaks.push(peak.clone()),
        }
    }
}

/// An incident that was recorded before another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierIncident {
    pub provider: ProviderId,
    pub stretches: Vec<LevelStretch>,
}

/// The requests of one pipeline that an incident affected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PipelineMet {
    pub pipeline: String,
    pub hit: u64,
    pub carried: u64,
    /// Items that were answered, or marked as recovered. An item of several incidents counts in the first that hit it, as in the
    /// next four.
    pub safe: u64,
    /// Of the safe ones: failed first.
    pub recovered: u64,
    /// Items in the review queue.
    pub waiting: u64,
    /// Items that failed, are not in the queue and did not succeed later.
    pub failed: u64,
    /// Of the failed ones: marked as lost.
    pub lost: u64,
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

/// The requests, without their items. `None`: there is no such incident.
pub(crate) fn count(conn: &Connection, incident: i64) -> rusqlite::Result<Option<Met>> {
    let Some(found) = incidents::read(conn, incident)? else {
        return Ok(None);
    };
    let mut met = Met::default();
    let mut select = conn.prepare_cached(PIPELINES)?;
    let mut rows = select.query([incident])?;
    while let Some(row) = rows.next()? {
        let hit: u64 = get(row, "hit")?;
        let carried: u64 = get(row, "carried")?;
        met.traffic.hit += hit;
        met.traffic.carried_by_fallback += carried;
        met.traffic.failed += get::<u64>(row, "failed")?;
        met.failed += get::<u64>(row, "not_kept")?;
        if let Some(pipeline) = row.get("pipeline")? {
            met.pipelines.push(PipelineMet {
                pipeline,
                hit,
                carried,
                ..PipelineMet::default()
            });
        }
    }
    met.stretches = stretches(conn, &found)?;
    Ok(Some(met))
}

pub(crate) fn stretches_of(
    conn: &Connection,
    incident: i64,
) -> rusqlite::Result<Vec<LevelStretch>> {
    match incidents::read(conn, incident)? {
        Some(found) => stretches(conn, &found),
        None => Ok(Vec::new()),
    }
}

fn stretches(
    conn: &Connection,
    found: &IncidentWithTimeline,
) -> rusqlite::Result<Vec<LevelStretch>> {
    let incident = &found.incident;
    let first = incident.peak.map(|peak| (incident.opened, peak));
    let entries = found.timeline.iter();
    let mut levels: Vec<(DateTime<Utc>, Level)> = entries
        .filter_map(|entry| Some((entry.at, entry.level?)))
        .collect();
    if levels.is_empty() {
        levels.extend(first);
    }
    if let Some(opening) = levels.first_mut() {
        opening.0 = incident.opened;
    }
    levels.dedup_by_key(|(_, level)| *level);
    let mut stretches = Vec::new();
    for (index, (from, level)) in levels.iter().enumerate() {
        let next = levels.get(index + 1).map(|(next, _)| *next);
        let to = next.or(incident.closed);
        if to.is_some_and(|to| to <= *from) {
            continue;
        }
        let (calls, calls_failed) = calls(conn, &incident.provider, *from, to)?;
        stretches.push(LevelStretch {
            from: *from,
            to,
            level: *level,
            calls,
            calls_failed,
        });
    }
    Ok(stretches)
}

fn calls(
    conn: &Connection,
    provider: &ProviderId,
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
) -> rusqlite::Result<(u64, u64)> {
    let to = to.map_or(i64::MAX, |to| to.timestamp_millis());
    conn.prepare_cached(CALLS)?
        .query_row((Col(provider), Col(from), to), |row| {
            Ok((get(row, "calls")?, get(row, "failed")?))
        })
}

/// A provider of fallbacks that answered an incident's requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CarriedBy {
    pub(crate) provider: ProviderId,
    pub(crate) answered: u64,
    /// Estimate.
    pub(crate) cost: MicroDollars,
}

/// Most requests first.
pub(crate) fn carried_by(conn: &Connection, incident: i64) -> rusqlite::Result<Vec<CarriedBy>> {
    let mut select = conn.prepare_cached(CARRIED_BY)?;
    let rows = select.query_map([incident], |row| {
        Ok(CarriedBy {
            provider: get(row, "provider")?,
            answered: get(row, "answered")?,
            cost: get(row, "cost")?,
        })
    })?;
    rows.collect()
}

/// In ms: the engine stamps a failure when it reads it, and an incident begins with the stamp of its first failure. So that
/// failure's own request may have ended this long before the opening.
macro_rules! stamp_delay {
    () => {
        "2000"
    };
}
pub(crate) use stamp_delay;

/// Table `hit`: ids of the exchanges that incident `?1` affected. While it was open, the provider failed an attempt, or a
/// fallback answered the request. An exchange that began earlier may still have failed because of it; the hour bounds the index
/// range, and is four times the default limit of an exchange. Ids bound the range of attempts, which have no time of their own.
macro_rules! hit {
    () => {
        concat!(
            "incident AS MATERIALIZED (
            SELECT provider, opened_at, coalesce(closed_at, 9223372036854775807) AS ends FROM incidents WHERE id = ?1
        ),
        span AS MATERIALIZED (
            SELECT min(e.id) AS low, max(e.id) AS high
              FROM incident i CROSS JOIN exchanges e INDEXED BY exchanges_by_start
             WHERE e.rehearsal = 0 AND e.started_at >= i.opened_at - 3600000 AND e.started_at <= i.ends
        ),
        candidate AS (
            SELECT a.exchange AS id
              FROM incident i CROSS JOIN span CROSS JOIN attempts a
             WHERE a.provider_failed AND a.provider = i.provider AND a.exchange BETWEEN span.low AND span.high
            UNION
            SELECT e.id
              FROM incident i CROSS JOIN exchanges e
             WHERE e.carried AND e.primary_provider = i.provider
               AND e.started_at >= i.opened_at - 3600000 AND e.started_at <= i.ends
        ),
        hit AS MATERIALIZED (
            SELECT e.id AS id
              FROM incident i CROSS JOIN candidate c CROSS JOIN exchanges e
             WHERE e.id = c.id AND e.rehearsal = 0
               AND e.started_at >= i.opened_at - 3600000 AND e.started_at <= i.ends
               AND e.started_at + e.total_ms >= i.opened_at - ",
            crate::affected::stamp_delay!(),
            "
        )"
        )
    };
}
pub(crate) use hit;

pub(crate) const PIPELINES: &str = concat!(
    "WITH ",
    hit!(),
    "SELECT e.pipeline AS pipeline,
            count(*) AS hit,
            count(*) FILTER (WHERE e.carried) AS carried,
            count(*) FILTER (WHERE e.ended IN ",
    failed_ends!(),
    ") AS failed,
            count(*) FILTER (WHERE e.parked IS NULL AND e.ended IN ",
    failed_ends!(),
    ") AS not_kept
       FROM hit CROSS JOIN exchanges e ON e.id = hit.id
      GROUP BY e.pipeline"
);

pub(crate) const CARRIED_BY: &str = concat!(
    "WITH ",
    hit!(),
    "SELECT a.provider AS provider,
            count(*) FILTER (WHERE NOT a.provider_failed) AS answered,
            CAST(total(iif(a.by_subscription, 0, a.cost)) AS INTEGER) AS cost
       FROM hit
      CROSS JOIN exchanges e ON e.id = hit.id
      CROSS JOIN attempts a ON a.exchange = e.id
      WHERE e.carried AND (a.endpoint IS NOT e.primary_endpoint OR a.model IS NOT e.primary_model)
      GROUP BY a.provider
      ORDER BY answered DESC, provider"
);

/// Calls to provider `?1` from `?2` until `?3`. Attempts are read in their order, which is faster than by exchange.
pub(crate) const CALLS: &str = concat!(
    "SELECT count(*) AS calls, coalesce(sum(failed), 0) AS failed FROM (
    SELECT a.provider_failed AS failed
      FROM (SELECT min(id) AS low, max(id) AS high FROM exchanges
             WHERE rehearsal = 0 AND started_at >= ?2 AND started_at < ?3) span
     CROSS JOIN attempts a
     CROSS JOIN exchanges e
     WHERE a.exchange BETWEEN span.low AND span.high AND a.provider = ?1
       AND ",
    shows_health!(),
    "  AND e.id = a.exchange AND e.rehearsal = 0 AND e.started_at >= ?2 AND e.started_at < ?3
    UNION ALL
    SELECT outcome <> 'complete' AS failed
      FROM probes
     WHERE at >= ?2 AND at < ?3 AND provider = ?1
       AND outcome IN ",
    judged_probes!(),
    ")"
);
