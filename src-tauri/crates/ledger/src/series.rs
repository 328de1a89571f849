//! Figures over time, for charts. All of them exclude rehearsals, except the cost of drills; and none of them writes.

mod cost;
mod daily;
mod incident;
mod lanes;
mod latency;
mod quarters;
mod ribbon;
mod uptime;

use chrono::{DateTime, Utc};

pub use cost::CostPoint;
pub use incident::{IncidentPoint, IncidentSeries};
pub use lanes::{IncidentLanes, LANE_REQUESTS, Lane, LaneCount, LaneOf, LaneOutcome, LaneRequest};
pub use latency::{LatencyMeasure, LatencyPoint};
pub use quarters::Quarters;
#[cfg(test)]
pub(crate) use quarters::SOURCES;
pub use ribbon::{CallPoint, PagePoint, Ribbon};
pub use uptime::UptimePoint;

/// Maximum number of slots in a series. No chart shows more than a quarter of a year by day.
pub const SLOTS: usize = 100;

/// Slots of a series, oldest first: slot `n` begins at bound `n` and ends before bound `n + 1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots(Vec<DateTime<Utc>>);

impl Slots {
    /// If there are more, only the last [`SLOTS`] are used.
    pub fn new(mut bounds: Vec<DateTime<Utc>>) -> Slots {
        bounds.sort_unstable();
        bounds.dedup();
        let surplus = bounds.len().saturating_sub(SLOTS + 1);
        bounds.drain(..surplus);
        Slots(bounds)
    }

    pub fn bounds(&self) -> &[DateTime<Utc>] {
        &self.0
    }

    /// A JSON array of milliseconds, in the form that `slots!` reads.
    pub(crate) fn json(&self) -> String {
        let ms: Vec<String> = self
            .0
            .iter()
            .map(|at| at.timestamp_millis().to_string())
            .collect();
        format!("[{}]", ms.join(","))
    }
}

/// A table of slots, from the JSON array in `?1`.
macro_rules! slots {
    () => {
        "slots AS MATERIALIZED (
            SELECT * FROM (
                SELECT key AS slot, value AS begins, lead(value) OVER (ORDER BY key) AS ends FROM json_each(?1)
            ) WHERE ends IS NOT NULL
        )"
    };
}
pub(crate) use slots;

#[cfg(test)]
pub(crate) mod tests;
