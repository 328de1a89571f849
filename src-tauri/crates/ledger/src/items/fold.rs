//! The requests of each item.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::affected::hit;
use crate::sums::{answered_ends, failed_ends};

/// An affected request with a pipeline or a review item.
#[derive(Clone, Debug)]
pub(super) struct HitRow {
    id: i64,
    pipeline: Option<String>,
    item: Option<String>,
    parked: Option<String>,
    failed: bool,
    answered: bool,
}

/// In their order.
pub(super) fn rows(conn: &Connection, incident: i64) -> rusqlite::Result<Vec<HitRow>> {
    let mut select = conn.prepare_cached(HIT_ROWS)?;
    let rows = select.query_map([incident], |row| {
        Ok(HitRow {
            id: row.get("id")?,
            pipeline: row.get("pipeline")?,
            item: row.get("item")?,
            parked: row.get("parked")?,
            failed: row.get("failed")?,
            answered: row.get("answered")?,
        })
    })?;
    rows.collect()
}

/// Pipeline and key.
pub(super) type Name = (Option<String>, String);

/// In their order; never empty.
pub(super) struct Folded(Vec<HitRow>);

pub(super) fn fold(rows: Vec<HitRow>) -> BTreeMap<Name, Folded> {
    let mut folded: BTreeMap<Name, Folded> = BTreeMap::new();
    for row in rows {
        let name = (row.pipeline.clone(), key(&row));
        let of_item = folded.entry(name).or_insert_with(|| Folded(Vec::new()));
        of_item.0.push(row);
    }
    folded
}

fn key(row: &HitRow) -> String {
    let named = row.item.as_ref().filter(|_| row.pipeline.is_some());
    let key = named.or(row.parked.as_ref()).cloned();
    key.unwrap_or_else(|| format!("#{}", row.id))
}

impl Folded {
    pub(super) fn first(&self) -> i64 {
        self.0.first().map_or(i64::MAX, |row| row.id)
    }

    /// The last request before this one: its id, and whether it was answered.
    pub(super) fn last_before(&self, id: i64) -> Option<(i64, bool)> {
        let mut before = self.0.iter().rev().filter(|row| row.id < id);
        before.next().map(|row| (row.id, row.answered))
    }

    pub(super) fn item(&self) -> Option<&str> {
        self.0.iter().find_map(|row| row.item.as_deref())
    }

    pub(super) fn answered(&self) -> bool {
        self.0.iter().any(|row| row.answered)
    }

    pub(super) fn answered_from(&self, id: i64) -> bool {
        self.0.iter().any(|row| row.answered && row.id >= id)
    }

    /// `None`: it has none.
    pub(super) fn last_failure(&self) -> Option<i64> {
        let mut failures = self.0.iter().rev().filter(|row| row.fails());
        failures.next().map(|row| row.id)
    }

    pub(super) fn failed_without_review(&self) -> bool {
        self.0.iter().any(|row| row.failed && row.parked.is_none())
    }

    pub(super) fn parked(&self) -> BTreeSet<&str> {
        let parked = self.0.iter().filter_map(|row| row.parked.as_deref());
        parked.collect()
    }
}

impl HitRow {
    fn fails(&self) -> bool {
        self.failed || self.parked.is_some()
    }
}

pub(crate) const HIT_ROWS: &str = concat!(
    "WITH ",
    hit!(),
    "SELECT e.id AS id, e.pipeline AS pipeline, e.item AS item, e.parked AS parked,
            e.ended IN ",
    failed_ends!(),
    " AS failed,
            e.ended IN ",
    answered_ends!(),
    " AS answered
       FROM hit CROSS JOIN exchanges e ON e.id = hit.id
      WHERE e.pipeline IS NOT NULL OR e.parked IS NOT NULL
      ORDER BY e.id"
);
