//! Review items and their end, without their requests.

use chrono::{DateTime, Utc};
use rusqlite::Row;

use crate::column::{Col, get, maybe, readable};
use crate::{Ledger, LedgerError, ReviewState};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportReview {
    pub pipeline: Option<String>,
    pub item: Option<String>,
    pub first: DateTime<Utc>,
    pub failures: u64,
    pub state: ReviewState,
    pub closed: Option<DateTime<Utc>>,
}

impl Ledger {
    /// Items that failed first in this time, oldest first, at most this many; and how many more there are.
    pub fn report_review(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        most: u32,
    ) -> Result<(Vec<ReportReview>, u64), LedgerError> {
        let mut select = self.conn.prepare_cached(BETWEEN)?;
        let rows = select.query_map((Col(from), Col(to), most), |row| readable(read(row)))?;
        let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        let all: Col<u64> = self
            .conn
            .prepare_cached(
                "SELECT count(*) FROM review_items WHERE first_at >= ?1 AND first_at < ?2",
            )?
            .query_row((Col(from), Col(to)), |row| row.get(0))?;
        let left_out = all.0.saturating_sub(rows.len() as u64);
        Ok((rows.into_iter().flatten().collect(), left_out))
    }

    /// Items of these requests of an incident, oldest first, at most this many; and how many more there are.
    pub fn report_review_of(
        &self,
        incident: i64,
        most: u32,
    ) -> Result<(Vec<ReportReview>, u64), LedgerError> {
        let ids = super::incident::parked(&self.conn, incident)?;
        let mut select = self.conn.prepare_cached(ONE)?;
        let mut found = Vec::new();
        let mut left_out = 0;
        for id in ids {
            if found.len() >= most as usize {
                left_out += 1;
                continue;
            }
            let rows = select.query_map([id], |row| readable(read(row)))?;
            found.extend(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten());
        }
        found.sort_by_key(|row: &ReportReview| row.first);
        Ok((found, left_out))
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<ReportReview> {
    Ok(ReportReview {
        pipeline: row.get("pipeline")?,
        item: row.get("item")?,
        first: get(row, "first_at")?,
        failures: get(row, "failures")?,
        state: get(row, "state")?,
        closed: maybe(row, "closed_at")?,
    })
}

const BETWEEN: &str =
    "SELECT pipeline, item, first_at, failures, state, closed_at FROM review_items
      WHERE first_at >= ?1 AND first_at < ?2 ORDER BY n LIMIT ?3";
const ONE: &str =
    "SELECT pipeline, item, first_at, failures, state, closed_at FROM review_items WHERE id = ?1";
