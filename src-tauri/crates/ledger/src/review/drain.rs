//! Open items that finish without a person: their runs, and the delivery of their responses.

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

use super::columns::{read_row, row_columns};
use super::item::{Delivery, ReviewRow, ReviewRun, ReviewState};
use crate::column::{Col, get, readable};
use crate::{Ledger, LedgerError};

/// An open item, as the drain decides on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drainable {
    pub row: ReviewRow,
    /// Status of the stored response.
    pub answered: Option<u16>,
}

/// A complete response of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrainedAnswer {
    pub run: ReviewRun,
    /// True: a receiver gets it.
    pub deliver: bool,
}

/// The result of an attempt to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextDelivery {
    pub state: Delivery,
    /// The next attempt, or when it ended.
    pub at: DateTime<Utc>,
    /// For the owner; never an address.
    pub note: String,
}

impl Ledger {
    /// The open items of pipelines, oldest first.
    pub fn drainable(&self) -> Result<Vec<Drainable>, LedgerError> {
        let mut select = self.conn.prepare_cached(DRAINABLE)?;
        let rows = select.query_map((), |row| {
            readable(read_row(row).and_then(|read| {
                Ok(Drainable {
                    row: read,
                    answered: row.get("ran_status")?,
                })
            }))
        })?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Counts a run of the drain before it begins.
    pub fn drain_begins(&mut self, id: &str, at: DateTime<Utc>) -> Result<bool, LedgerError> {
        self.durably(|ledger| {
            let counted = ledger
                .conn
                .prepare_cached(
                    "UPDATE review_items SET drain_runs = drain_runs + 1, drained_at = ?2
                      WHERE id = ?1 AND state = 'open'",
                )?
                .execute((id, Col(at)))?;
            Ok(counted == 1)
        })
    }

    /// Adds the cost of a run, and the exchange of its response.
    pub fn drain_cost(
        &mut self,
        id: &str,
        cost: catalog::MicroDollars,
        answered_by: Option<i64>,
    ) -> Result<(), LedgerError> {
        self.conn
            .prepare_cached(
                "UPDATE review_items SET drain_cost = drain_cost + ?2, settled_by = coalesce(?3, settled_by) WHERE id = ?1",
            )?
            .execute((id, cost.0, answered_by))?;
        Ok(())
    }

    /// What runs of the drain have cost since then, apart from fallbacks.
    pub(crate) fn drained_since(
        &self,
        since: DateTime<Utc>,
    ) -> Result<catalog::MicroDollars, LedgerError> {
        let cost: i64 = self
            .conn
            .prepare_cached(
                "SELECT CAST(total(drain_cost) AS INTEGER) FROM review_items WHERE drained_at >= ?1",
            )?
            .query_row([Col(since)], |row| row.get(0))?;
        Ok(catalog::MicroDollars(cost))
    }

    /// Stores the response of a run; it is on the disk when this returns. False: the item is not open any more, and its
    /// response is not delivered.
    pub fn drained(&mut self, id: &str, answer: &DrainedAnswer) -> Result<bool, LedgerError> {
        let DrainedAnswer { run, deliver } = answer;
        self.durably(|ledger| {
            ledger.review_ran(id, run)?;
            let state = deliver.then_some(Col(Delivery::Ready));
            let open = ledger
                .conn
                .prepare_cached(
                    "UPDATE review_items SET delivery = ?2, delivery_at = ?3, delivery_attempts = 0, delivery_note = NULL
                      WHERE id = ?1 AND state = 'open'",
                )?
                .execute((id, state, Col(run.at)))?;
            Ok(open == 1)
        })
    }

    /// Records that the response is about to be sent; it is on the disk when this returns. Returns the state before: after
    /// [`Delivery::Sending`] an earlier attempt may have arrived. `None`: the item was closed meanwhile, or its delivery has
    /// ended.
    pub fn delivery_begins(&mut self, id: &str) -> Result<Option<Delivery>, LedgerError> {
        self.durably(|ledger| {
            let tx = ledger.write()?;
            let before = tx
                .prepare_cached(
                    "SELECT delivery FROM review_items
                      WHERE id = ?1 AND state = 'open' AND delivery IN ('ready', 'sending')",
                )?
                .query_row([id], |row| get(row, "delivery"))
                .optional()?;
            if before.is_some() {
                tx.prepare_cached(
                    "UPDATE review_items SET delivery = 'sending', delivery_attempts = delivery_attempts + 1 WHERE id = ?1",
                )?
                .execute([id])?;
            }
            tx.commit()?;
            Ok(before)
        })
    }

    /// Records the result of an attempt. A delivered response settles its item.
    pub fn delivery_ended(&mut self, id: &str, next: &NextDelivery) -> Result<bool, LedgerError> {
        self.durably(|ledger| {
            let delivered = next.state == Delivery::Delivered;
            let ended = ledger
                .conn
                .prepare_cached(
                    "UPDATE review_items SET delivery = ?2, delivery_at = ?3, delivery_note = ?4,
                            state = iif(?5, ?6, state), note = iif(?5, ?4, note), closed_at = iif(?5, ?3, closed_at)
                      WHERE id = ?1 AND state = 'open'",
                )?
                .execute((
                    id,
                    Col(next.state),
                    Col(next.at),
                    &next.note,
                    delivered,
                    Col(ReviewState::Answered),
                ))?;
            Ok(ended == 1)
        })
    }

    /// The secret URL at which a workflow waits for this item's response.
    pub fn resume_url(&self, id: &str) -> Result<Option<String>, LedgerError> {
        let url: Option<Option<String>> = self
            .conn
            .prepare_cached("SELECT resume_url FROM review_items WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(url.flatten().filter(|url| !url.is_empty()))
    }
}

pub(crate) const DRAINABLE: &str = concat!(
    "SELECT ",
    row_columns!(),
    ", ran_status FROM review_items WHERE state = 'open' AND pipeline IS NOT NULL ORDER BY n LIMIT 1000"
);
