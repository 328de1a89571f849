//! The requests that an incident affected, one by one, in a lane for each pipeline or client.

use chrono::{DateTime, Utc};

use super::Slots;
use super::incident::{between, slot_of};
use crate::affected::hit;
use crate::column::{get, maybe};
use crate::{End, Ledger, LedgerError};

/// More lanes are one: the others.
const LANES: usize = 8;
/// A lane with more requests has counts by slot.
pub const LANE_REQUESTS: u64 = 400;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentLanes {
    /// Of the lanes that have counts; they cover the incident.
    pub slots: Slots,
    /// Most requests first; the others are last.
    pub lanes: Vec<Lane>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    pub of: LaneOf,
    pub requests: u64,
    /// In the order in which they were recorded; empty if there are more than [`LANE_REQUESTS`].
    pub bars: Vec<LaneRequest>,
    /// Else, by slot and outcome.
    pub counts: Vec<LaneCount>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaneOf {
    Pipeline(String),
    Client(String),
    Others,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneRequest {
    pub exchange: i64,
    pub began: DateTime<Utc>,
    pub ended: DateTime<Utc>,
    pub outcome: LaneOutcome,
    /// When its review item was closed. `None`: it is open, or there was none.
    pub closed: Option<DateTime<Utc>>,
}

/// Requests that ended within one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneCount {
    pub slot: u32,
    pub outcome: LaneOutcome,
    pub requests: u64,
}

/// Each request has one. The first three are requests that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LaneOutcome {
    Failed,
    /// The response ended in the middle.
    Interrupted,
    /// Failed, and was put in the review queue.
    Waiting,
    /// Answered by a fallback.
    Carried,
    /// Answered by its provider, after a failure.
    Answered,
    /// The client disconnected, or the request was rejected.
    Other,
}

impl LaneOutcome {
    fn of(end: End, carried: bool, parked: bool) -> LaneOutcome {
        match end {
            End::Cut | End::Exhausted | End::OurFault if parked => LaneOutcome::Waiting,
            End::Cut => LaneOutcome::Interrupted,
            End::Exhausted | End::OurFault => LaneOutcome::Failed,
            _ if carried => LaneOutcome::Carried,
            End::Complete | End::Replayed | End::Truncated | End::Refused => LaneOutcome::Answered,
            End::CallersFault | End::ClientLeft | End::TurnedAway => LaneOutcome::Other,
        }
    }
}

impl Ledger {
    /// `now`: the end of an incident that is open. `None`: there is no such incident.
    pub fn incident_lanes(
        &self,
        id: i64,
        now: DateTime<Utc>,
    ) -> Result<Option<IncidentLanes>, LedgerError> {
        let Some(found) = self.incident(id)? else {
            return Ok(None);
        };
        let incident = found.incident;
        let slots = between(incident.opened, incident.closed.unwrap_or(now));
        let mut lanes: Vec<Lane> = self
            .conn
            .prepare_cached(COUNTED)?
            .query_map([id], |row| {
                let name = row.get("name")?;
                Ok(Lane {
                    of: match row.get("of_pipeline")? {
                        true => LaneOf::Pipeline(name),
                        false => LaneOf::Client(name),
                    },
                    requests: get(row, "requests")?,
                    bars: Vec::new(),
                    counts: Vec::new(),
                })
            })?
            .collect::<Result<_, _>>()?;
        if lanes.len() > LANES {
            let others = lanes.split_off(LANES - 1);
            lanes.push(Lane {
                of: LaneOf::Others,
                requests: others.iter().map(|lane| lane.requests).sum(),
                bars: Vec::new(),
                counts: Vec::new(),
            });
        }
        let mut select = self.conn.prepare_cached(REQUESTS)?;
        let mut rows = select.query([id])?;
        while let Some(row) = rows.next()? {
            let name = row.get("name")?;
            let of = match row.get("of_pipeline")? {
                true => LaneOf::Pipeline(name),
                false => LaneOf::Client(name),
            };
            let own = lanes.iter().position(|lane| lane.of == of);
            let Some(lane) = lanes.len().checked_sub(1).map(|last| own.unwrap_or(last)) else {
                continue;
            };
            let request = LaneRequest {
                exchange: row.get("id")?,
                began: get(row, "began")?,
                ended: get(row, "ended_at")?,
                outcome: LaneOutcome::of(
                    get(row, "ended")?,
                    row.get("carried")?,
                    row.get("parked")?,
                ),
                closed: maybe(row, "closed_at")?,
            };
            lanes[lane].add(request, &slots);
        }
        Ok(Some(IncidentLanes { slots, lanes }))
    }
}

impl Lane {
    fn add(&mut self, request: LaneRequest, slots: &Slots) {
        if self.requests <= LANE_REQUESTS {
            self.bars.push(request);
            return;
        }
        let slot = slot_of(slots, request.ended);
        let outcome = request.outcome;
        let same = |count: &&mut LaneCount| (count.slot, count.outcome) == (slot, outcome);
        match self.counts.iter_mut().find(same) {
            Some(count) => count.requests += 1,
            None => self.counts.push(LaneCount {
                slot,
                outcome,
                requests: 1,
            }),
        }
    }
}

pub(crate) const COUNTED: &str = concat!(
    "WITH ",
    hit!(),
    "SELECT e.pipeline IS NOT NULL AS of_pipeline, coalesce(e.pipeline, e.client) AS name, count(*) AS requests
       FROM hit CROSS JOIN exchanges e ON e.id = hit.id
      GROUP BY of_pipeline, name
      ORDER BY requests DESC, name"
);

pub(crate) const REQUESTS: &str = concat!(
    "WITH ",
    hit!(),
    "SELECT e.id AS id, e.started_at AS began, e.started_at + e.total_ms AS ended_at, e.ended AS ended, e.carried AS carried,
            e.parked IS NOT NULL AS parked, r.closed_at AS closed_at,
            e.pipeline IS NOT NULL AS of_pipeline, coalesce(e.pipeline, e.client) AS name
       FROM hit CROSS JOIN exchanges e ON e.id = hit.id
       LEFT JOIN review_items r ON r.id = e.parked
      ORDER BY e.id"
);
