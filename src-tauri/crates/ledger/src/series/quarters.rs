//! The figures of charts in memory, by quarter of an hour. Days and hours of every zone in use begin at such a quarter, so that
//! a chart reads only what was recorded since the last one.

mod sample;

use std::collections::BTreeMap;

use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, Row};

use super::{CostPoint, LatencyMeasure, LatencyPoint, Slots, UptimePoint, daily};
use crate::column::{Col, get, maybe, readable};
use crate::drills::is_drills;
use crate::sums::{judged_probes, shows_health};
use crate::{LedgerError, Reader};
use sample::{Sample, Times};

const QUARTER_MS: i64 = 15 * 60 * 1000;
/// The longest chart has 92 days.
const KEPT: TimeDelta = TimeDelta::days(93);

/// The figures of all charts. A clone of the file's rows: drop it with its file.
#[derive(Debug, Default)]
pub struct Quarters {
    /// Nothing before it is known. `None`: nothing was read yet.
    since: Option<DateTime<Utc>>,
    /// The last id of each of [`SOURCES`].
    last: [i64; 4],
    /// How many rows the sums of each day contain, by the day's begin and end.
    summed: BTreeMap<(i64, i64), i64>,
    /// By the quarter's number since the epoch.
    quarters: BTreeMap<i64, BTreeMap<ProviderId, Quarter>>,
}

#[derive(Debug, Default)]
struct Quarter {
    calls: u64,
    failed: u64,
    measured: MicroDollars,
    estimated: MicroDollars,
    first_token: Sample,
    total: Sample,
}

/// A provider's slot, with its quarters.
type SlotOf<'a> = (ProviderId, u32, Vec<&'a Quarter>);

/// A row of any of the sources.
struct Call {
    id: i64,
    at: DateTime<Utc>,
    provider: ProviderId,
    shows_health: bool,
    failed: bool,
    complete: bool,
    ttft_ms: Option<u64>,
    total_ms: u64,
    cost: Option<MicroDollars>,
    estimated: bool,
}

impl Quarters {
    /// As [`Ledger::uptime`](crate::Ledger::uptime).
    pub fn uptime(
        &mut self,
        reader: &Reader,
        slots: &Slots,
    ) -> Result<Vec<UptimePoint>, LedgerError> {
        if !is_aligned(slots) {
            return reader.ledger().uptime(slots);
        }
        let mut points: BTreeMap<(ProviderId, u32), (u64, u64)> = BTreeMap::new();
        for (provider, slot, quarters) in self.slots(reader, slots)? {
            let point = points.entry((provider, slot)).or_default();
            point.0 += quarters.iter().map(|quarter| quarter.calls).sum::<u64>();
            point.1 += quarters.iter().map(|quarter| quarter.failed).sum::<u64>();
        }
        for day in daily::sums(&reader.ledger().conn, slots)? {
            let point = points.entry((day.provider, day.slot)).or_default();
            point.0 += day.calls;
            point.1 += day.calls_failed;
        }
        let points = points.into_iter().filter(|(_, (calls, _))| *calls > 0);
        Ok(points
            .map(|((provider, slot), (calls, failed))| UptimePoint {
                provider,
                slot,
                calls,
                failed,
            })
            .collect())
    }

    /// As [`Ledger::cost`](crate::Ledger::cost).
    pub fn cost(&mut self, reader: &Reader, slots: &Slots) -> Result<Vec<CostPoint>, LedgerError> {
        if !is_aligned(slots) {
            return reader.ledger().cost(slots);
        }
        type Cost = (MicroDollars, MicroDollars);
        let mut points: BTreeMap<(ProviderId, u32), Cost> = BTreeMap::new();
        for (provider, slot, quarters) in self.slots(reader, slots)? {
            let point = points.entry((provider, slot)).or_default();
            point.0 += quarters.iter().map(|quarter| quarter.measured).sum();
            point.1 += quarters.iter().map(|quarter| quarter.estimated).sum();
        }
        for day in daily::sums(&reader.ledger().conn, slots)? {
            let point = points.entry((day.provider, day.slot)).or_default();
            point.0 += day.cost_measured;
            point.1 += day.cost_estimated;
        }
        let points = points.into_iter();
        Ok(points
            .filter(|(_, (measured, estimated))| *measured + *estimated > MicroDollars::ZERO)
            .map(|((provider, slot), (measured, estimated))| CostPoint {
                provider,
                slot,
                measured,
                estimated,
            })
            .collect())
    }

    /// As [`Ledger::latency`](crate::Ledger::latency). Above 1,024 calls of a provider in a quarter, percentiles are of a sample.
    pub fn latency(
        &mut self,
        reader: &Reader,
        slots: &Slots,
    ) -> Result<Vec<LatencyPoint>, LedgerError> {
        if !is_aligned(slots) {
            return reader.ledger().latency(slots);
        }
        let mut found: BTreeMap<(ProviderId, LatencyMeasure, u32), Times<'_>> = BTreeMap::new();
        for (provider, slot, quarters) in self.slots(reader, slots)? {
            for quarter in quarters {
                for (measure, sample) in [
                    (LatencyMeasure::FirstToken, &quarter.first_token),
                    (LatencyMeasure::Total, &quarter.total),
                ] {
                    let key = (provider.clone(), measure, slot);
                    found.entry(key).or_default().samples.push(sample);
                }
            }
        }
        for time in daily::times(&reader.ledger().conn, slots)? {
            let key = (time.provider, time.measure, time.slot);
            let times = found.entry(key).or_default();
            times.summed.push((time.ms, time.responses));
        }
        let points = found.into_iter();
        let points = points.filter_map(|((provider, measure, slot), times)| {
            let [p50_ms, p95_ms] = times.percentiles([50, 95])?;
            Some(LatencyPoint {
                provider,
                slot,
                measure,
                responses: times.count(),
                p50_ms,
                p95_ms,
                rounded: !times.summed.is_empty(),
            })
        });
        Ok(points.collect())
    }

    /// The quarters of each provider's slots, by provider and slot.
    fn slots(&mut self, reader: &Reader, slots: &Slots) -> Result<Vec<SlotOf<'_>>, LedgerError> {
        self.follow(&reader.ledger().conn, slots)?;
        let mut found: BTreeMap<(&ProviderId, u32), Vec<&Quarter>> = BTreeMap::new();
        for (slot, bounds) in (0..).zip(slots.bounds().windows(2)) {
            let (begin, end) = (number(bounds[0]), number(bounds[1]));
            for (provider, quarter) in self.quarters.range(begin..end).flat_map(|(_, of)| of) {
                found.entry((provider, slot)).or_default().push(quarter);
            }
        }
        let found = found.into_iter();
        Ok(found
            .map(|((provider, slot), quarters)| (provider.clone(), slot, quarters))
            .collect())
    }

    /// Reads what was recorded since the last chart.
    fn follow(&mut self, conn: &Connection, slots: &Slots) -> Result<(), LedgerError> {
        let (Some(first), Some(last)) = (slots.bounds().first(), slots.bounds().last()) else {
            return Ok(());
        };
        let since = (*last - KEPT).min(*first);
        if self.since.is_none_or(|known| *first < known) {
            *self = Quarters {
                since: Some(since),
                ..Quarters::default()
            };
        }
        // The present is the last slot; what is older than a chart can be is no longer needed.
        self.quarters = self.quarters.split_off(&number(since));
        self.since = self.since.max(Some(since));
        self.follow_sums(conn, since)?;
        for (source, sql) in SOURCES.into_iter().enumerate() {
            self.read_source(conn, source, sql, since)?;
        }
        Ok(())
    }

    /// Counts the days again of which rows were summed and deleted since the last chart. A day counts again as long as this does
    /// not end.
    fn follow_sums(&mut self, conn: &Connection, since: DateTime<Utc>) -> Result<(), LedgerError> {
        for (day, rows) in daily::summed_rows(conn, since)? {
            if self.summed.get(&day) == Some(&rows) {
                continue;
            }
            let quarters = day.0.div_euclid(QUARTER_MS)..(day.1 - 1).div_euclid(QUARTER_MS) + 1;
            self.quarters
                .retain(|quarter, _| !quarters.contains(quarter));
            let (from, to) = (quarters.start * QUARTER_MS, quarters.end * QUARTER_MS);
            for (source, sql) in SOURCES_OF_TIME.into_iter().enumerate() {
                let mut select = conn.prepare_cached(sql)?;
                let mut rows = select.query((self.last[source], from, to))?;
                while let Some(row) = rows.next()? {
                    if let Some(call) = readable(read(row))? {
                        self.count(call);
                    }
                }
            }
            self.summed.insert(day, rows);
        }
        Ok(())
    }

    /// A row counts when all rows of its id were read, so that a read that was ended early continues there.
    fn read_source(
        &mut self,
        conn: &Connection,
        source: usize,
        sql: &str,
        since: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut select = conn.prepare_cached(sql)?;
        let mut rows = select.query((self.last[source], Col(since)))?;
        let mut calls: Vec<Call> = Vec::new();
        while let Some(row) = rows.next()? {
            let Some(call) = readable(read(row))? else {
                continue;
            };
            if calls.last().is_some_and(|last| last.id != call.id) {
                self.count_all(source, &mut calls);
            }
            calls.push(call);
        }
        self.count_all(source, &mut calls);
        Ok(())
    }

    fn count_all(&mut self, source: usize, calls: &mut Vec<Call>) {
        for call in calls.drain(..) {
            self.last[source] = call.id;
            self.count(call);
        }
    }

    fn count(&mut self, call: Call) {
        let providers = self.quarters.entry(number(call.at)).or_default();
        let quarter = providers.entry(call.provider).or_default();
        if call.shows_health {
            quarter.calls += 1;
            quarter.failed += u64::from(call.failed);
        }
        let cost = call.cost.unwrap_or_default();
        if call.estimated {
            quarter.estimated += cost;
        } else {
            quarter.measured += cost;
        }
        if call.complete {
            quarter.total.add(call.total_ms);
            if let Some(ttft_ms) = call.ttft_ms {
                quarter.first_token.add(ttft_ms);
            }
        }
    }
}

fn number(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis().div_euclid(QUARTER_MS)
}

fn is_aligned(slots: &Slots) -> bool {
    let mut bounds = slots.bounds().iter();
    bounds.all(|at| at.timestamp_millis().rem_euclid(QUARTER_MS) == 0)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Call> {
    Ok(Call {
        id: row.get("id")?,
        at: get(row, "at")?,
        provider: get(row, "provider")?,
        shows_health: row.get("shows_health")?,
        failed: row.get("failed")?,
        complete: row.get("complete")?,
        ttft_ms: maybe(row, "ttft_ms")?,
        total_ms: get(row, "total_ms")?,
        cost: maybe(row, "cost")?,
        estimated: row.get("estimated")?,
    })
}

macro_rules! of_exchanges {
    () => {
        concat!(
            "SELECT e.id AS id, e.started_at AS at, a.provider AS provider, ",
            shows_health!(),
            " AS shows_health,
                a.provider_failed AS failed, a.outcome = 'complete' AS complete, a.ttft_ms AS ttft_ms, a.total_ms AS total_ms,
                iif(e.ended <> 'turned_away' AND e.cost IS NOT NULL, a.cost, NULL) AS cost, a.tokens_estimated AS estimated
           FROM exchanges e CROSS JOIN attempts a ON a.exchange = e.id
          WHERE e.rehearsal = 0 AND "
        )
    };
}

macro_rules! of_probes {
    () => {
        concat!(
            "SELECT id, at, provider, outcome IN ",
            judged_probes!(),
            " AS shows_health,
            outcome <> 'complete' AS failed, outcome = 'complete' AS complete, ttft_ms, total_ms, cost, 0 AS estimated
       FROM probes WHERE "
        )
    };
}

macro_rules! of_tests {
    () => {
        "SELECT id, at, provider, 0 AS shows_health, 0 AS failed, 0 AS complete, NULL AS ttft_ms, total_ms, cost,
            tokens_estimated AS estimated
       FROM fallback_tests WHERE "
    };
}

/// Rehearsals are few, and have an index by time.
macro_rules! of_drills {
    () => {
        concat!(
            "SELECT e.id AS id, e.started_at AS at, a.provider AS provider, 0 AS shows_health, 0 AS failed, 0 AS complete,
            NULL AS ttft_ms, a.total_ms AS total_ms,
            iif(e.ended <> 'turned_away' AND e.cost IS NOT NULL, a.cost, NULL) AS cost, a.tokens_estimated AS estimated
       FROM exchanges e CROSS JOIN attempts a ON a.exchange = e.id
      WHERE e.rehearsal = 1 AND ",
            is_drills!(),
            " AND "
        )
    };
}

/// The same rows as [`UPTIME`](super::uptime::UPTIME), [`COST`](super::cost::COST) and
/// [`LATENCY`](super::latency::LATENCY), from the row after `?1` and the time `?2` on. The plus keeps SQLite from reading all rows
/// of that time again.
pub(crate) const SOURCES: [&str; 4] = [
    concat!(
        of_exchanges!(),
        "e.id > ?1 AND +e.started_at >= ?2 ORDER BY e.id"
    ),
    concat!(of_probes!(), "id > ?1 AND +at >= ?2 ORDER BY id"),
    concat!(of_tests!(), "id > ?1 AND +at >= ?2 ORDER BY id"),
    concat!(
        of_drills!(),
        "e.id > ?1 AND e.started_at >= ?2 ORDER BY e.id"
    ),
];

/// The same rows up to the row `?1`, from the time `?2` to before `?3`.
pub(crate) const SOURCES_OF_TIME: [&str; 4] = [
    concat!(
        of_exchanges!(),
        "e.started_at >= ?2 AND e.started_at < ?3 AND +e.id <= ?1"
    ),
    concat!(of_probes!(), "at >= ?2 AND at < ?3 AND +id <= ?1"),
    concat!(of_tests!(), "at >= ?2 AND at < ?3 AND +id <= ?1"),
    concat!(
        of_drills!(),
        "e.started_at >= ?2 AND e.started_at < ?3 AND +e.id <= ?1"
    ),
];
