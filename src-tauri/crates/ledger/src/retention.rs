//! Deletes rows that are older than the owner's limits, in small steps. A step adds the rows to the daily sums and deletes them
//! in one transaction, so that each row counts once, whenever the engine ends.

mod rules;
mod sums;

use std::ops::Range;

use chrono::{DateTime, Utc};

use crate::{Ledger, LedgerError};
#[cfg(test)]
pub(crate) use rules::NEVER;
pub(crate) use rules::{Aged, Keeps, Limit, RULES, Rule};
#[cfg(test)]
pub(crate) use sums::ENDS;

/// Rows that are older are deleted. `None`: they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For exchanges with their attempts, probes, tests of fallbacks, and closed review items.
    pub exchanges: Option<DateTime<Utc>>,
    /// For incidents with their timelines, notifications, and interruptions.
    pub incidents: Option<DateTime<Utc>>,
    /// For daily sums.
    pub daily: Option<DateTime<Utc>>,
    /// For side effects with their results, by when they were done.
    pub effects: Option<DateTime<Utc>>,
    /// For readings of health.
    pub observations: DateTime<Utc>,
}

/// Rows beyond the limits. The few that are kept nevertheless, such as those of an open incident, are included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    pub exchanges: u64,
    pub incidents: u64,
}

/// Where the next step begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    rule: usize,
    from: i64,
}

/// Result of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deleted {
    pub rows: u64,
    /// `None`: nothing is left that these limits delete.
    pub next: Option<Progress>,
}

/// Rows that one step deletes: of one table, in a range of ages within one day, in ms.
struct Batch {
    table: &'static str,
    aged: &'static Aged,
    ages: Range<i64>,
    day: Range<i64>,
}

/// The owner's day of an instant.
pub type DayOf<'a> = &'a dyn Fn(DateTime<Utc>) -> Range<DateTime<Utc>>;

impl Limits {
    fn of(&self, limit: Limit) -> Option<DateTime<Utc>> {
        match limit {
            Limit::Exchanges => self.exchanges,
            Limit::Incidents => self.incidents,
            Limit::Daily => self.daily,
            Limit::Effects => self.effects,
            Limit::Observations => Some(self.observations),
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Progress {
            rule: 0,
            from: i64::MIN,
        }
    }
}

impl Expired {
    pub fn is_empty(&self) -> bool {
        *self == Expired::default()
    }
}

impl Ledger {
    /// What is beyond the limits now. Fast, because only an index is read.
    pub fn expired(&self, limits: &Limits) -> Result<Expired, LedgerError> {
        let mut expired = Expired::default();
        for Rule { table, keeps } in RULES {
            let (Keeps::Aged(aged), "exchanges" | "incidents") = (keeps, *table) else {
                continue;
            };
            let Some(limit) = limits.of(aged.limit) else {
                continue;
            };
            let Aged { age, of, .. } = aged;
            let rows: i64 = self
                .conn
                .prepare_cached(&format!(
                    "SELECT count(*) FROM {table} AS old WHERE {of} AND old.{age} < ?1"
                ))?
                .query_row([limit.timestamp_millis()], |row| row.get(0))?;
            match *table {
                "exchanges" => expired.exchanges += rows.unsigned_abs(),
                _ => expired.incidents += rows.unsigned_abs(),
            }
        }
        Ok(expired)
    }

    /// Deletes about `rows` rows of one table and one day, after their sums are stored and their number is checked.
    ///
    /// # Errors
    /// Nothing was deleted.
    pub fn delete_expired(
        &mut self,
        limits: &Limits,
        day_of: DayOf<'_>,
        from: Progress,
        rows: u32,
    ) -> Result<Deleted, LedgerError> {
        let mut from = from;
        while let Some(rule) = RULES.get(from.rule) {
            if let Some(batch) = self.next_batch(rule, limits, day_of, from.from, rows)? {
                let deleted = self.sum_and_delete(&batch)?;
                let next = Progress {
                    from: batch.ages.end,
                    ..from
                };
                return Ok(Deleted {
                    rows: deleted,
                    next: Some(next),
                });
            }
            from = Progress {
                rule: from.rule + 1,
                from: i64::MIN,
            };
        }
        Ok(Deleted {
            rows: 0,
            next: None,
        })
    }

    fn next_batch(
        &self,
        rule: &'static Rule,
        limits: &Limits,
        day_of: DayOf<'_>,
        from: i64,
        rows: u32,
    ) -> Result<Option<Batch>, LedgerError> {
        let Keeps::Aged(aged) = &rule.keeps else {
            return Ok(None);
        };
        let Some(limit) = limits.of(aged.limit) else {
            return Ok(None);
        };
        let (table, age, of) = (rule.table, aged.age, aged.of);
        let limit = aged.stretch_start(limit.timestamp_millis());
        let first: Option<i64> = self
            .conn
            .prepare_cached(&format!(
                "SELECT min(old.{age}) FROM {table} AS old WHERE {of} AND old.{age} >= ?1 AND old.{age} < ?2"
            ))?
            .query_row((from, limit), |row| row.get(0))?;
        let Some(first) = first else {
            return Ok(None);
        };
        let at = DateTime::from_timestamp_millis(first).unwrap_or(DateTime::UNIX_EPOCH);
        let day = day_of(at);
        let day = day.start.timestamp_millis()..day.end.timestamp_millis().max(first + 1);
        let end = aged.stretch_end(day.end - 1).min(limit);
        let last: Option<i64> = self
            .conn
            .prepare_cached(&format!(
                "SELECT max(age) FROM (
                    SELECT old.{age} AS age FROM {table} AS old
                     WHERE {of} AND old.{age} >= ?1 AND old.{age} < ?2
                     ORDER BY old.{age} LIMIT ?3)"
            ))?
            .query_row((first, end, rows), |row| row.get(0))?;
        let end = last.map_or(end, |last| aged.stretch_end(last).min(end));
        Ok(Some(Batch {
            table,
            aged,
            ages: first..end,
            day,
        }))
    }

    fn sum_and_delete(&mut self, batch: &Batch) -> Result<u64, LedgerError> {
        let Batch {
            table,
            aged,
            ages,
            day,
        } = batch;
        let expired = aged.expired(table);
        let tx = self.write()?;
        for part in aged.sums.iter().flat_map(|sums| sums.statements(&expired)) {
            let counted = |sql: &str| -> rusqlite::Result<i64> {
                tx.prepare_cached(sql)?
                    .query_row([day.start], |row| row.get(0))
            };
            let before = counted(&part.target)?;
            for insert in &part.inserts {
                tx.prepare_cached(insert)?
                    .execute((ages.start, ages.end, day.start, day.end))?;
            }
            let source: i64 = tx
                .prepare_cached(&part.source)?
                .query_row((ages.start, ages.end), |row| row.get(0))?;
            if counted(&part.target)? - before != source {
                return Err(LedgerError::SumsDiffer { table });
            }
        }
        let Aged {
            age, of, unless, ..
        } = aged;
        let deleted = tx
            .prepare_cached(&format!(
                "DELETE FROM {table} AS old WHERE {of} AND old.{age} >= ?1 AND old.{age} < ?2 AND NOT ({unless})"
            ))?
            .execute((ages.start, ages.end))?;
        tx.commit()?;
        Ok(deleted as u64)
    }
}
