//! Pipeline requests that failed on every candidate, kept for a person.

use catalog::Dialect;
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::column::{Col, get, maybe, word_enum};
use crate::schema::Step;
use crate::{Digest, Ledger, LedgerError, Page, ReplayKey, page_limit};

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
];

/// A closed item's request, and the result of its later run, are kept this long.
pub const REVIEW_KEPT: TimeDelta = TimeDelta::days(14);
/// Limit for the bytes of all kept requests; above it an item is kept without its request.
pub const REVIEW_BYTES: u64 = 1 << 30;
/// For this long after a person closed an item, another failure of the same request counts as a retry of it, not as new
/// work.
pub const REVIEW_STANDS: TimeDelta = TimeDelta::hours(24);

word_enum! {
    ReviewState {
        Open = "open",
        /// A later attempt at the same request succeeded.
        Answered = "answered",
        /// A person did the work by hand.
        Done = "done",
        /// A person decided that the work is not needed.
        Dismissed = "dismissed",
    }
}

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRequest {
    /// The same for every attempt at the same request.
    pub id: String,
    pub at: DateTime<Utc>,
    pub client: String,
    pub session: Option<String>,
    pub dialect: Dialect,
    pub route: String,
    pub model: String,
    pub streamed: bool,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    /// One sentence.
    pub why: String,
    pub status: Option<u16>,
    /// Headers to send with the body: name and value, none of them secret.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Set where the request had an idempotency key.
    pub replay: Option<ReplayKey>,
}

/// A response that settles parked items.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    pub id: &'a str,
    /// With its item; takes precedence over the request where both are named.
    pub pipeline: Option<&'a str>,
    pub item: Option<&'a str>,
    /// The exchange's id; `None`: it could not be recorded.
    pub exchange: Option<i64>,
}

/// Result of parking a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// It was not in the queue before.
    Newly,
    Again,
    /// A person closed it less than [`REVIEW_STANDS`] ago: counted, and still closed.
    StaysClosed,
}

/// An item without its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRow {
    pub id: String,
    pub state: ReviewState,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    pub failures: u64,
    pub client: String,
    pub session: Option<String>,
    pub dialect: Dialect,
    pub route: String,
    pub model: String,
    pub streamed: bool,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    /// Of the last failure.
    pub why: String,
    pub status: Option<u16>,
    /// Bytes of the request's body.
    pub size: u64,
    pub closed: Option<DateTime<Utc>>,
    /// The exchange whose response settled it.
    pub settled_by: Option<i64>,
    pub note: Option<String>,
}

/// An item with its kept request and its last run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewItem {
    pub row: ReviewRow,
    pub headers: Vec<(String, String)>,
    /// `None`: not kept, or deleted.
    pub body: Option<Vec<u8>>,
    pub replay: Option<ReplayKey>,
    pub run: Option<ReviewRun>,
}

/// Result of running the request again for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRun {
    pub at: DateTime<Utc>,
    pub status: u16,
    pub body: Vec<u8>,
}

/// Which items to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Open,
    /// The open ones, and those settled since.
    Recent(DateTime<Utc>),
    All,
}

impl Ledger {
    /// Keeps a failed request for a person. Further failures of the same request only increase its count.
    pub fn park(&mut self, failed: &FailedRequest) -> Result<Parked, LedgerError> {
        self.park_within(failed, REVIEW_BYTES)
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
    /// many.
    pub fn settle_reviews(
        &mut self,
        settled: &Settled<'_>,
        at: DateTime<Utc>,
    ) -> Result<usize, LedgerError> {
        let count = self
            .conn
            .prepare_cached(
                "UPDATE review_items SET state = :state, note = NULL, closed_at = :at, settled_by = :exchange
                  WHERE state = 'open' AND (id = :id OR (pipeline = :pipeline AND item = :item))",
            )?
            .execute(named_params! {
                ":state": Col(ReviewState::Answered),
                ":at": Col(at),
                ":exchange": settled.exchange,
                ":id": settled.id,
                ":pipeline": settled.pipeline,
                ":item": settled.item,
            })?;
        Ok(count)
    }

    /// Opens the item again. False: there is no such item, or it is open.
    pub fn reopen_review(&mut self, id: &str) -> Result<bool, LedgerError> {
        let opened = self
            .conn
            .prepare_cached(
                "UPDATE review_items SET state = 'open', note = NULL, closed_at = NULL, settled_by = NULL
                  WHERE id = ?1 AND state <> 'open'",
            )?
            .execute([id])?;
        Ok(opened == 1)
    }

    /// A person closes an item. False: there is no such item, or it is not open.
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
                "UPDATE review_items SET ran_at = ?2, ran_status = ?3, ran_body = ?4 WHERE id = ?1",
            )?
            .execute((id, Col(run.at), run.status, &run.body))?;
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
        let read = |row: &Row<'_>| Ok((row.get("n")?, read_row(row)?));
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
            .prepare_cached("SELECT * FROM review_items WHERE id = ?1")?
            .query_row([id], read_item)
            .optional()?)
    }

    /// Deletes the requests of items that were closed longer than [`REVIEW_KEPT`] ago; the items stay.
    pub fn forget_reviewed(&mut self, now: DateTime<Utc>) -> Result<usize, LedgerError> {
        Ok(self
            .conn
            .prepare_cached(
                "UPDATE review_items SET body = NULL, ran_body = NULL
                  WHERE body IS NOT NULL AND closed_at <= ?1 AND state <> 'open'",
            )?
            .execute([Col(now - REVIEW_KEPT)])?)
    }
}

/// How a person closes an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    Done,
    Dismissed,
}

impl Closing {
    fn state(self) -> ReviewState {
        match self {
            Closing::Done => ReviewState::Done,
            Closing::Dismissed => ReviewState::Dismissed,
        }
    }
}

pub(crate) const OPEN_PAGE: &str =
    "SELECT * FROM review_items WHERE state = 'open' AND n < ?1 ORDER BY n DESC LIMIT ?2";
pub(crate) const RECENT_PAGE: &str =
    "SELECT * FROM review_items WHERE (state = 'open' OR (state = 'answered' AND closed_at > ?3)) AND n < ?1
      ORDER BY n DESC LIMIT ?2";
pub(crate) const ALL_PAGE: &str =
    "SELECT * FROM review_items WHERE n < ?1 ORDER BY n DESC LIMIT ?2";

/// Whether this request's body fits into the limit with those that are kept.
fn fits(tx: &Transaction<'_>, failed: &FailedRequest, most: u64) -> rusqlite::Result<bool> {
    let kept: Col<u64> = tx
        .prepare_cached(
            "SELECT coalesce(sum(size), 0) FROM review_items WHERE body IS NOT NULL AND id <> ?1",
        )?
        .query_row([&failed.id], |row| row.get(0))?;
    Ok(kept.0.saturating_add(failed.body.len() as u64) <= most)
}

fn insert_or_count(
    tx: &Transaction<'_>,
    failed: &FailedRequest,
    parked: Parked,
    with_body: bool,
) -> rusqlite::Result<()> {
    let opens = parked != Parked::StaysClosed;
    tx.prepare_cached(
        "INSERT INTO review_items (
            id, state, first_at, last_at, failures, client, session, dialect, route, model, streamed,
            pipeline, item, why, status, headers, size, body, replay_scope, replay_request
        ) VALUES (
            :id, 'open', :at, :at, 1, :client, :session, :dialect, :route, :model, :streamed,
            :pipeline, :item, :why, :status, :headers, :size, :body, :replay_scope, :replay_request
        )
        ON CONFLICT (id) DO UPDATE SET
            last_at = excluded.last_at, failures = failures + 1, why = excluded.why, status = excluded.status,
            state = iif(:opens, 'open', state), closed_at = iif(:opens, NULL, closed_at), note = iif(:opens, NULL, note),
            settled_by = iif(:opens, NULL, settled_by),
            replay_scope = excluded.replay_scope, replay_request = excluded.replay_request,
            body = iif(:opens, coalesce(body, excluded.body), body)",
    )?
    .execute(named_params! {
        ":id": failed.id,
        ":at": Col(failed.at),
        ":client": failed.client,
        ":session": failed.session,
        ":dialect": Col(failed.dialect),
        ":route": failed.route,
        ":model": failed.model,
        ":streamed": failed.streamed,
        ":pipeline": failed.pipeline,
        ":item": failed.item,
        ":why": failed.why,
        ":status": failed.status,
        ":headers": lines(&failed.headers),
        ":size": Col(failed.body.len() as u64),
        ":body": with_body.then_some(&failed.body),
        ":replay_scope": failed.replay.map(|replay| replay.scope),
        ":replay_request": failed.replay.map(|replay| replay.request),
        ":opens": opens,
    })?;
    Ok(())
}

fn lines(headers: &[(String, String)]) -> String {
    let lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    lines.join("\n")
}

fn read_item(row: &Row<'_>) -> rusqlite::Result<ReviewItem> {
    let headers: String = row.get("headers")?;
    let run = match maybe(row, "ran_at")? {
        Some(at) => Some(ReviewRun {
            at,
            status: row.get("ran_status")?,
            body: row.get::<_, Option<_>>("ran_body")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(ReviewItem {
        row: read_row(row)?,
        headers: headers
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: row.get("body")?,
        replay: Option::zip(
            row.get::<_, Option<Digest>>("replay_scope")?,
            row.get::<_, Option<Digest>>("replay_request")?,
        )
        .map(|(scope, request)| ReplayKey { scope, request }),
        run,
    })
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<ReviewRow> {
    Ok(ReviewRow {
        id: row.get("id")?,
        state: get(row, "state")?,
        first: get(row, "first_at")?,
        last: get(row, "last_at")?,
        failures: get(row, "failures")?,
        client: row.get("client")?,
        session: row.get("session")?,
        dialect: get(row, "dialect")?,
        route: row.get("route")?,
        model: row.get("model")?,
        streamed: row.get("streamed")?,
        pipeline: row.get("pipeline")?,
        item: row.get("item")?,
        why: row.get("why")?,
        status: row.get("status")?,
        size: get(row, "size")?,
        closed: maybe(row, "closed_at")?,
        settled_by: row.get("settled_by")?,
        note: row.get("note")?,
    })
}
