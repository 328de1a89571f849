//! Daily sums within the slots of a chart.

use std::collections::BTreeMap;

use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::{LatencyMeasure, Slots, slots};
use crate::column::{Col, get};
use crate::daily::in_slot;

/// Sums of one provider within one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DailySums {
    pub(super) provider: ProviderId,
    pub(super) slot: u32,
    pub(super) calls: u64,
    pub(super) failed: u64,
    pub(super) uncarried: u64,
    pub(super) carried: u64,
    pub(super) limits: u64,
    pub(super) local: u64,
    pub(super) own: MicroDollars,
    pub(super) fallback: MicroDollars,
    pub(super) probes: MicroDollars,
    pub(super) estimated: MicroDollars,
    pub(super) unpriced: u64,
}

/// A response time of one provider within one slot, and how many responses had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DailyTime {
    pub(super) provider: ProviderId,
    pub(super) slot: u32,
    pub(super) measure: LatencyMeasure,
    pub(super) ms: u64,
    pub(super) responses: u64,
}

pub(super) fn sums(conn: &Connection, slots: &Slots) -> rusqlite::Result<Vec<DailySums>> {
    let mut select = conn.prepare_cached(SUMS)?;
    let rows = select.query_map([slots.json()], |row| {
        Ok(DailySums {
            provider: get(row, "provider")?,
            slot: row.get("slot")?,
            calls: get(row, "calls")?,
            failed: get(row, "failed")?,
            uncarried: get(row, "uncarried")?,
            carried: get(row, "carried")?,
            limits: get(row, "limits")?,
            local: get(row, "local")?,
            own: get(row, "own")?,
            fallback: get(row, "fallback")?,
            probes: get(row, "probes")?,
            estimated: get(row, "estimated")?,
            unpriced: get(row, "unpriced")?,
        })
    })?;
    rows.collect()
}

pub(super) fn times(conn: &Connection, slots: &Slots) -> rusqlite::Result<Vec<DailyTime>> {
    let mut select = conn.prepare_cached(TIMES)?;
    let rows = select.query_map([slots.json()], |row| {
        Ok(DailyTime {
            provider: get(row, "provider")?,
            slot: row.get("slot")?,
            measure: get(row, "measure")?,
            ms: get(row, "ms")?,
            responses: get(row, "responses")?,
        })
    })?;
    rows.collect()
}

/// How many rows the sums of each day contain, by its begin and its end in ms.
pub(super) fn summed_rows(
    conn: &Connection,
    since: DateTime<Utc>,
) -> rusqlite::Result<BTreeMap<(i64, i64), i64>> {
    let mut select = conn.prepare_cached(
        "SELECT begins, max(ends) AS ends, sum(attempts + probes + tests) AS rows FROM daily
          WHERE ends > ?1 GROUP BY begins",
    )?;
    let rows = select.query_map([Col(since)], |row| {
        Ok(((row.get("begins")?, row.get("ends")?), row.get("rows")?))
    })?;
    rows.collect()
}

const SUMS: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT d.provider AS provider, s.slot AS slot, sum(d.calls) AS calls, sum(d.calls_failed) AS failed,
            sum(d.calls_failed - d.calls_carried) AS uncarried, sum(d.carried) AS carried, sum(d.limits) AS limits,
            sum(d.local) AS local,
            CAST(total(d.cost_measured) + total(d.cost_estimated) - total(d.cost_fallback) - total(d.cost_probes) AS INTEGER)
                AS own,
            CAST(total(d.cost_fallback) AS INTEGER) AS fallback,
            CAST(total(d.cost_probes) AS INTEGER) AS probes,
            CAST(total(d.cost_estimated) AS INTEGER) AS estimated,
            sum(d.unpriced) AS unpriced
       FROM slots s
      CROSS JOIN daily d
      WHERE d.provider <> '' AND ",
    in_slot!(),
    " GROUP BY d.provider, s.slot"
);

const TIMES: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT d.provider AS provider, s.slot AS slot, l.measure AS measure, l.ms AS ms, sum(l.responses) AS responses
       FROM slots s
      CROSS JOIN daily d
      CROSS JOIN daily_latency l
      WHERE l.daily = d.id AND ",
    in_slot!(),
    " GROUP BY d.provider, s.slot, l.measure, l.ms"
);
