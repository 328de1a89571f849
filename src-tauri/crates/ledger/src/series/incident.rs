use chrono::{DateTime, TimeDelta, Utc};

use super::Slots;
use crate::affected::hit;
use crate::sums::failed_ends;
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
        let mut counted = Counted::new(&slots);
        let mut select = self.conn.prepare_cached(REQUESTS)?;
        let mut rows = select.query([id])?;
        while let Some(row) = rows.next()? {
            let at = counted.slot_of(row.get("at")?);
            counted.points[at].failed += u64::from(row.get::<_, bool>("failed")?);
            counted.points[at].carried += u64::from(row.get::<_, bool>("carried")?);
        }
        let mut select = self.conn.prepare_cached(QUEUED)?;
        let mut rows = select.query([id])?;
        while let Some(row) = rows.next()? {
            counted.wait(row.get("at")?, row.get("closed_at")?);
        }
        let points = counted.points.into_iter();
        let points = points
            .filter(|point| point.failed + point.carried + point.waiting > 0)
            .collect();
        Ok(Some(IncidentSeries { slots, points }))
    }
}

/// A request that ended before or after the incident counts in the first or the last slot.
struct Counted {
    /// Milliseconds.
    ends: Vec<i64>,
    points: Vec<IncidentPoint>,
}

impl Counted {
    fn new(slots: &Slots) -> Counted {
        let ends: Vec<i64> = slots
            .bounds()
            .iter()
            .skip(1)
            .map(DateTime::timestamp_millis)
            .collect();
        let points = (0..).take(ends.len()).map(|slot| IncidentPoint {
            slot,
            failed: 0,
            carried: 0,
            waiting: 0,
        });
        Counted {
            points: points.collect(),
            ends,
        }
    }

    fn slot_of(&self, at: i64) -> usize {
        let slot = self.ends.partition_point(|end| *end <= at);
        slot.min(self.ends.len() - 1)
    }

    /// It waits at the end of each slot from its failure until it is closed.
    fn wait(&mut self, at: i64, closed: Option<i64>) {
        let first = self.slot_of(at);
        for (end, point) in self.ends.iter().zip(&mut self.points).skip(first) {
            if closed.is_some_and(|closed| closed < *end) {
                return;
            }
            point.waiting += 1;
        }
    }
}

/// The slot of an instant; before or after all of them, the first or the last.
pub(super) fn slot_of(slots: &Slots, at: DateTime<Utc>) -> u32 {
    let ends = slots.bounds().get(1..).unwrap_or_default();
    let slot = ends.partition_point(|end| *end <= at);
    u32::try_from(slot.min(ends.len().saturating_sub(1))).unwrap_or(0)
}

/// Slots of equal length that cover the time.
pub(super) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Slots {
    let seconds = (to - from).num_seconds().max(1);
    let longest = STEPS[STEPS.len() - 1];
    let step = STEPS.into_iter().find(|step| seconds <= step * MOST);
    let step = step.unwrap_or(longest);
    let count = (seconds + step - 1) / step;
    let bounds = (0..=count).map(|n| from + TimeDelta::seconds(n * step));
    Slots::new(bounds.collect())
}

pub(crate) const REQUESTS: &str = concat!(
    "WITH ",
    hit!(),
    "SELECT e.started_at + e.total_ms AS at, e.carried AS carried, e.parked IS NULL AND e.ended IN ",
    failed_ends!(),
    " AS failed
       FROM hit CROSS JOIN exchanges e ON e.id = hit.id"
);

pub(crate) const QUEUED: &str = concat!(
    "WITH ",
    hit!(),
    "SELECT min(e.started_at + e.total_ms) AS at, r.closed_at AS closed_at
       FROM hit CROSS JOIN exchanges e ON e.id = hit.id
       JOIN review_items r ON r.id = e.parked
      GROUP BY r.id"
);
