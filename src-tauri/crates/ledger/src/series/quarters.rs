//! The figures of charts in memory, by quarter of an hour. Days and hours of every zone in use begin at such a quarter, so that
//! a chart reads only what was recorded since the last one.

mod sample;
mod sources;

use std::collections::BTreeMap;

use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Connection;

use super::{CostPoint, LatencyMeasure, LatencyPoint, Slots, UptimePoint, daily};
use crate::column::{Col, readable};
use crate::{LedgerError, Reader};
use sample::{Sample, Times};
pub(crate) use sources::SOURCES;
use sources::{Call, Kind, SOURCES_OF_TIME, read};

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
    calls: Calls,
    cost: Cost,
    first_token: Sample,
    total: Sample,
}

/// The counts of an [`UptimePoint`].
#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    calls: u64,
    failed: u64,
    uncarried: u64,
    carried: u64,
    limits: u64,
    local: u64,
}

/// The amounts of a [`CostPoint`].
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    own: MicroDollars,
    fallback: MicroDollars,
    probes: MicroDollars,
    estimated: MicroDollars,
    unpriced: u64,
}

impl Calls {
    fn add(&mut self, other: &Calls) {
        self.calls += other.calls;
        self.failed += other.failed;
        self.uncarried += other.uncarried;
        self.carried += other.carried;
        self.limits += other.limits;
        self.local += other.local;
    }
}

impl Cost {
    fn add(&mut self, other: &Cost) {
        self.own += other.own;
        self.fallback += other.fallback;
        self.probes += other.probes;
        self.estimated += other.estimated;
        self.unpriced += other.unpriced;
    }
}

/// A provider's slot, with its quarters.
type SlotOf<'a> = (ProviderId, u32, Vec<&'a Quarter>);

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
        let mut points: BTreeMap<(ProviderId, u32), Calls> = BTreeMap::new();
        for (provider, slot, quarters) in self.slots(reader, slots)? {
            let point = points.entry((provider, slot)).or_default();
            quarters
                .iter()
                .for_each(|quarter| point.add(&quarter.calls));
        }
        for day in daily::sums(&reader.ledger().conn, slots)? {
            points
                .entry((day.provider, day.slot))
                .or_default()
                .add(&Calls {
                    calls: day.calls,
                    failed: day.failed,
                    uncarried: day.uncarried,
                    carried: day.carried,
                    limits: day.limits,
                    local: day.local,
                });
        }
        let points = points.into_iter();
        Ok(points
            .filter(|(_, of)| of.calls + of.carried + of.limits + of.local > 0)
            .map(|((provider, slot), of)| UptimePoint {
                provider,
                slot,
                calls: of.calls,
                failed: of.failed,
                uncarried: of.uncarried,
                carried: of.carried,
                limits: of.limits,
                local: of.local,
            })
            .collect())
    }

    /// As [`Ledger::cost`](crate::Ledger::cost).
    pub fn cost(&mut self, reader: &Reader, slots: &Slots) -> Result<Vec<CostPoint>, LedgerError> {
        if !is_aligned(slots) {
            return reader.ledger().cost(slots);
        }
        let mut points: BTreeMap<(ProviderId, u32), Cost> = BTreeMap::new();
        for (provider, slot, quarters) in self.slots(reader, slots)? {
            let point = points.entry((provider, slot)).or_default();
            quarters.iter().for_each(|quarter| point.add(&quarter.cost));
        }
        for day in daily::sums(&reader.ledger().conn, slots)? {
            points
                .entry((day.provider, day.slot))
                .or_default()
                .add(&Cost {
                    own: day.own,
                    fallback: day.fallback,
                    probes: day.probes,
                    estimated: day.estimated,
                    unpriced: day.unpriced,
                });
        }
        let points = points.into_iter();
        Ok(points
            .filter(|(_, of)| {
                of.own + of.fallback + of.probes > MicroDollars::ZERO || of.unpriced > 0
            })
            .map(|((provider, slot), of)| CostPoint {
                provider,
                slot,
                own: of.own,
                fallback: of.fallback,
                probes: of.probes,
                estimated: of.estimated,
                unpriced: of.unpriced,
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
        if let Some(primary) = call.carried_for {
            providers.entry(primary).or_default().calls.carried += 1;
        }
        if call.provider.as_str().is_empty() {
            return;
        }
        let quarter = providers.entry(call.provider).or_default();
        quarter.calls.add(&Calls {
            calls: u64::from(call.shows_health),
            failed: u64::from(call.failed),
            uncarried: u64::from(call.uncarried),
            carried: 0,
            limits: u64::from(call.limit),
            local: u64::from(call.local),
        });
        let cost = call.cost.unwrap_or_default();
        match call.kind {
            Kind::Own => quarter.cost.own += cost,
            Kind::Fallback => quarter.cost.fallback += cost,
            Kind::Probe => quarter.cost.probes += cost,
        }
        if call.estimated {
            quarter.cost.estimated += cost;
        }
        quarter.cost.unpriced += u64::from(call.unpriced);
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
