//! Pipeline requests that failed on every candidate, stored for the user.

mod attempts;
mod columns;
mod drain;
mod fetch;
mod item;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, named_params};

use crate::column::{Col, get, maybe, readable};
use crate::schema::Step;
use crate::{Ledger, LedgerError, Page, page_limit};

pub use attempts::ReviewAttempt;
use columns::{fits, insert_or_count, read_item, read_row, row_columns};
pub use drain::{Drainable, DrainedAnswer, NextDelivery};
pub use fetch::Fetched;
pub use item::{
    Closing, Delivery, FailedRequest, Parked, Resume, ReviewItem, ReviewRow, ReviewRun,
    ReviewState, Settled, Unattended, Which,
};

pub(crate) const STEPS: &[Step] = &[
    Step {
        version: 3,
        sql: "
CREATE TABLE review_items (
    n          INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE, -- hexadecimal, from whose request it is and its body
    state      TEXT NOT NULL,
    first_at   INTEGER NOT NULL,     -- ms
    last_at    INTEGER NOT NULL,     -- ms
    failures   INTEGER NOT NULL,
    client     TEXT NOT NULL,
    session    TEXT,
    dialect    TEXT NOT NULL,
    route      TEXT NOT NULL,
    model      TEXT NOT NULL,
    streamed   INTEGER NOT NULL,
    pipeline   TEXT,
    item       TEXT,
    why        TEXT NOT NULL,
    status     INTEGER,              -- what the client was told last; NULL: its connection was aborted
    headers    TEXT NOT NULL,        -- one a line, none of them secret
    size       INTEGER NOT NULL,     -- bytes of the body, kept or not
    body       BLOB,                 -- NULL: not kept, or no longer
    closed_at  INTEGER,              -- ms
    note       TEXT,
    ran_at     INTEGER,              -- ms; when a person had it run again
    ran_status INTEGER,
    ran_body   BLOB
) STRICT;
CREATE INDEX review_items_open ON review_items (n) WHERE state = 'open';
CREATE INDEX review_items_kept ON review_items (closed_at, size) WHERE body IS NOT NULL;
",
    },
    Step {
        version: 6,
        sql: "
ALTER TABLE review_items ADD COLUMN replay_scope BLOB;   -- NULL, as the next: it had no idempotency key
ALTER TABLE review_items ADD COLUMN replay_request BLOB;
ALTER TABLE review_items ADD COLUMN settled_by INTEGER;  -- the exchange whose response settled it
CREATE INDEX review_items_of_item ON review_items (pipeline, item) WHERE state = 'open';
",
    },
    Step {
        version: 14,
        sql: "
ALTER TABLE review_items ADD COLUMN owner BLOB;         -- digest of its client's credential; NULL: parked by an older version
ALTER TABLE review_items ADD COLUMN run_scope BLOB;     -- key under which it runs without its client, if it has no idempotency key
ALTER TABLE review_items ADD COLUMN resume_url TEXT;    -- a secret; empty: the client's address is not allowed
ALTER TABLE review_items ADD COLUMN subscription INTEGER NOT NULL DEFAULT 0; -- its client's login had no bill
ALTER TABLE review_items ADD COLUMN similar INTEGER;    -- exchange with the same idempotency key and another body, which has a response
ALTER TABLE review_items ADD COLUMN drain_runs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE review_items ADD COLUMN drained_at INTEGER; -- ms; its last run by the drain
ALTER TABLE review_items ADD COLUMN drain_cost INTEGER NOT NULL DEFAULT 0; -- micro-dollars beyond those of fallbacks
ALTER TABLE review_items ADD COLUMN ran_type TEXT;      -- content type of ran_body
ALTER TABLE review_items ADD COLUMN delivery TEXT;      -- NULL: it has no response for its receiver
ALTER TABLE review_items ADD COLUMN delivery_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE review_items ADD COLUMN delivery_at INTEGER; -- ms; the next attempt or, once it ended, when that was
ALTER TABLE review_items ADD COLUMN delivery_note TEXT;
CREATE INDEX review_items_drained ON review_items (drained_at, drain_cost) WHERE drained_at IS NOT NULL;
CREATE INDEX review_items_of_key ON review_items (replay_scope) WHERE state = 'open' AND replay_scope IS NOT NULL;
CREATE INDEX exchanges_by_parked ON exchanges (parked) WHERE parked IS NOT NULL;
",
    },
];

/// A closed item's request, and the result of its later run, are kept this long.
pub const REVIEW_KEPT: TimeDelta = TimeDelta::days(14);
/// Limit for the bytes of all kept requests; above it an item is kept without its request.
pub const REVIEW_BYTES: u64 = 1 << 30;
/// For this long after the user closed an item, another failure of the same request counts as a retry, not as new work.
pub const REVIEW_STANDS: TimeDelta = TimeDelta::hours(24);

impl Ledger {
    /// Stores a failed request for the user; it is on the disk when this returns. Further failures of the same request only
    /// increase its count.
    pub fn park(&mut self, failed: &FailedRequest) -> Result<Parked, LedgerError> {
        self.durably(|ledger| ledger.park_within(failed, REVIEW_BYTES))
    }

    /// True if this request is stored, and no later response has settled it.
    pub fn is_parked(&self, id: &str) -> Result<bool, LedgerError> {
        let state: Option<Col<ReviewState>> = self
            .conn
            .prepare_cached("SELECT state FROM review_items WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        Ok(state.is_some_and(|state| state.0 != ReviewState::Answered))
    }

    pub(crate) fn park_within(
        &mut self,
        failed: &FailedRequest,
        most: u64,
    ) -> Result<Parked, LedgerError> {
        let tx = self.write()?;
        let known = tx
            .prepare_cached("SELECT state, closed_at FROM review_items WHERE id = ?1")?
            .query_row([&failed.id], |row| {
                Ok((
                    get::<ReviewState>(row, "state")?,
                    maybe::<DateTime<Utc>>(row, "closed_at")?,
                ))
            })
            .optional()?;
        let parked = match known {
            None | Some((ReviewState::Answered, _)) => Parked::Newly,
            Some((ReviewState::Open, _)) => Parked::Again,
            Some((ReviewState::Done | ReviewState::Dismissed, closed)) => {
                if closed.is_some_and(|closed| failed.at - closed < REVIEW_STANDS) {
                    Parked::StaysClosed
                } else {
                    Parked::Newly
                }
            }
        };
        insert_or_count(&tx, failed, parked, fits(&tx, failed, most)?)?;
        tx.commit()?;
        Ok(parked)
    }

    /// A response to the same request, or to another of the same pipeline and item, settles the open items. Returns how
    /// many. An open item with the same idempotency key and another body is only marked as similar.
    pub fn settle_reviews(
        &mut self,
        settled: &Settled<'_>,
        at: DateTime<Utc>,
    ) -> Result<usize, LedgerError> {
        let tx = self.write()?;
        let count = tx
            .prepare_cached(
                "UPDATE review_items SET state = :state, note = NULL, closed_at = :at, settled_by = :exchange
                  WHERE state = 'open' AND (id = :id OR (pipeline = :pipeline AND item = :item)
                        OR (replay_scope = :scope AND replay_request = :request))",
            )?
            .execute(named_params! {
                ":state": Col(ReviewState::Answered),
                ":at": Col(at),
                ":exchange": settled.exchange,
                ":id": settled.id,
                ":pipeline": settled.pipeline,
                ":item": settled.item,
                ":scope": settled.replay.map(|key| key.scope),
                ":request": settled.replay.map(|key| key.request),
            })?;
        if let (Some(key), Some(exchange)) = (settled.replay, settled.exchange) {
            tx.prepare_cached(
                "UPDATE review_items SET similar = ?2 WHERE state = 'open' AND replay_scope = ?1",
            )?
            .execute((key.scope, exchange))?;
        }
        tx.commit()?;
        Ok(count)
    }

    /// Opens the item again. False: there is no such item, or it is open.
    pub fn reopen_review(&mut self, id: &str) -> Result<bool, LedgerError> {
        let opened = self
            .conn
            .prepare_cached(
                "UPDATE review_items SET state = 'open', note = NULL, closed_at = NULL, settled_by = NULL, similar = NULL,
                        drain_runs = 0, delivery = NULL, delivery_attempts = 0, delivery_at = NULL, delivery_note = NULL
                  WHERE id = ?1 AND state <> 'open'",
            )?
            .execute([id])?;
        Ok(opened == 1)
    }

    /// The user closes an item. False: there is no such item, or it is not open.
    pub fn close_review(
        &mut self,
        id: &str,
        closing: Closing,
        note: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        self.close(id, closing.state(), note, at)
    }

    fn close(
        &mut self,
        id: &str,
        state: ReviewState,
        note: Option<&str>,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        let closed = self
            .conn
            .prepare_cached(
                "UPDATE review_items SET state = ?2, note = ?3, closed_at = ?4 WHERE id = ?1 AND state = 'open'",
            )?
            .execute((id, Col(state), note, Col(at)))?;
        Ok(closed == 1)
    }

    /// Records the result of running it again. False: there is no such item.
    pub fn review_ran(&mut self, id: &str, run: &ReviewRun) -> Result<bool, LedgerError> {
        let found = self
            .conn
            .prepare_cached(
                "UPDATE review_items SET ran_at = ?2, ran_status = ?3, ran_body = ?4, ran_type = ?5 WHERE id = ?1",
            )?
            .execute((id, Col(run.at), run.status, &run.body, &run.content_type))?;
        Ok(found == 1)
    }

    /// How many items are open.
    pub fn open_reviews(&self) -> Result<u64, LedgerError> {
        let count: Col<u64> = self
            .conn
            .prepare_cached("SELECT count(*) FROM review_items WHERE state = 'open'")?
            .query_row((), |row| row.get(0))?;
        Ok(count.0)
    }

    /// Newest first, at most [`PAGE_LIMIT`](crate::PAGE_LIMIT), older than the number `before`.
    pub fn reviews(
        &self,
        which: Which,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<ReviewRow>, LedgerError> {
        let limit = page_limit(limit);
        let (page, since) = match which {
            Which::Open => (OPEN_PAGE, None),
            Which::Recent(since) => (RECENT_PAGE, Some(Col(since))),
            Which::All => (ALL_PAGE, None),
        };
        let mut select = self.conn.prepare_cached(page)?;
        let (before, limit_and_one) = (before.unwrap_or(i64::MAX), Col(limit as u64 + 1));
        let read = |row: &Row<'_>| Ok((row.get("n")?, readable(read_row(row))?));
        let rows = match since {
            Some(since) => select.query_map((before, limit_and_one, since), read)?,
            None => select.query_map((before, limit_and_one), read)?,
        };
        let rows = rows.collect::<Result<_, _>>()?;
        Ok(Page::cut(rows, limit))
    }

    pub fn review(&self, id: &str) -> Result<Option<ReviewItem>, LedgerError> {
        Ok(self
            .conn
            .prepare_cached("SELECT *, body IS NOT NULL AS stored FROM review_items WHERE id = ?1")?
            .query_row([id], read_item)
            .optional()?)
    }

    /// Deletes the requests of items that were closed longer than [`REVIEW_KEPT`] ago; the items stay.
    pub fn forget_reviewed(&mut self, now: DateTime<Utc>) -> Result<usize, LedgerError> {
        Ok(self
            .conn
            .prepare_cached(
                "UPDATE review_items SET body = NULL, ran_body = NULL, resume_url = NULL
                  WHERE body IS NOT NULL AND closed_at <= ?1 AND state <> 'open'",
            )?
            .execute([Col(now - REVIEW_KEPT)])?)
    }
}

pub(crate) const OPEN_PAGE: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM review_items WHERE state = 'open' AND n < ?1 ORDER BY n DESC LIMIT ?2"
);
pub(crate) const RECENT_PAGE: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM review_items WHERE (state = 'open' OR (state = 'answered' AND closed_at > ?3)) AND n < ?1
      ORDER BY n DESC LIMIT ?2"
);
pub(crate) const ALL_PAGE: &str = concat!(
    "SELECT ",
    row_columns!(),
    " FROM review_items WHERE n < ?1 ORDER BY n DESC LIMIT ?2"
);
