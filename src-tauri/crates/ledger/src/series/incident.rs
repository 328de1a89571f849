use chrono::{DateTime, TimeDelta, Utc};

use super::{Slots, slots};
use crate::column::get;
use crate::sums::{failed_ends, met};
use crate::{Ledger, LedgerError};

/// Requests that an incident affected, over its duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentSeries {
    pub slots: Slots,
    pub points: Vec<IncidentPoint>,
}

/// Requests that ended within one slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncidentPoint {
    pub slot: u32,
    /// Failed, and not put in the review queue.
    pub failed: u64,
    pub carried: u64,
    /// In the review queue at the end of the slot.
    pub waiting: u64,
}

/// Lengths of a slot, in seconds.
const STEPS: [i64; 9] = [10, 30, 60, 300, 900, 3_600, 14_400, 86_400, 604_800];
/// Most slots of an incident that ended within a year.
const MOST: i64 = 60;

impl Ledger {
    /// `now`: the end of an incident that is open. `None`: there is no such incident.
    pub fn incident_series(
        &self,
        id: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<IncidentSeries>, LedgerError> {
        let Some(found) = self.incident(id)? else {
            return Ok(None);
        };
        let opened = found.incident.opened;
        let slots = between(opened, found.incident.closed.unwrap_or(now));
        let mut select = self.conn.prepare_cached(INCIDENT)?;
        let points = select.query_map((slots.json(), id), |row| {
            Ok(IncidentPoint {
                slot: row.get("slot")?,
                failed: get(row, "failed")?,
                carried: get(row, "carried")?,
                waiting: get(row, "waiting")?,
            })
        })?;
        let points = points.collect::<Result<_, _>>()?;
        Ok(Some(IncidentSeries { slots, points }))
    }
}

/// Slots of equal length that cover the time.
fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Slots {
    let seconds = (to - from).num_seconds().max(1);
    let longest = STEPS[STEPS.len() - 1];
    let step = STEPS.into_iter().find(|step| seconds <= step * MOST);
    let step = step.unwrap_or(longest);
    let count = (seconds + step - 1) / step;
    let bounds = (0..=count).map(|n| from + TimeDelta::seconds(n * step));
    Slots::new(bounds.collect())
}

/// A request that ended after the incident counts in the last slot.
pub(super) const INCIDENT: &str = concat!(
    "WITH ",
    slots!(),
    ", hit AS MATERIALIZED (
        SELECT min(max(e.started_at + e.total_ms, (SELECT min(begins) FROM slots)), (SELECT max(ends) FROM slots) - 1) AS at,
               e.carried AS carried, e.parked AS parked,
               e.parked IS NULL AND e.ended IN ",
    failed_ends!(),
    " AS failed
          FROM incidents i
          JOIN exchanges e
            ON ",
    met!(),
    "
         WHERE i.id = ?2
     ),
     queued AS MATERIALIZED (
        SELECT min(hit.at) AS at, r.closed_at AS closed_at
          FROM hit JOIN review_items r ON r.id = hit.parked
         GROUP BY r.id
     ),
     counted AS (
        SELECT s.slot AS slot,
               (SELECT count(*) FROM hit WHERE failed AND at >= s.begins AND at < s.ends) AS failed,
               (SELECT count(*) FROM hit WHERE carried AND at >= s.begins AND at < s.ends) AS carried,
               (SELECT count(*) FROM queued WHERE at < s.ends AND (closed_at IS NULL OR closed_at >= s.ends)) AS waiting
          FROM slots s
     )
     SELECT * FROM counted WHERE failed + carried + waiting > 0 ORDER BY slot"
);
