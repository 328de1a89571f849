//! Side effects of pipelines: each is written here before it is sent, and its key is sent to a receiver once. Their columns are
//! read in `effects/columns.rs`.

mod columns;
mod row;
mod settle;

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row, named_params};

use crate::column::{Col, get, readable};
use crate::schema::Step;
use crate::{Digest, End, Ledger, LedgerError, Page, page_limit};
use columns::{header_lines, read_effect, read_row};

pub use row::{
    EffectBegun, EffectRow, EffectState, KeptEffect, NewEffect, ReceiverResponse, Settlement,
    Unfinished,
};
pub use settle::{EffectSettled, OwnersWord};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 13,
    sql: "
CREATE TABLE effects (
    id               INTEGER PRIMARY KEY,
    scope            BLOB NOT NULL UNIQUE, -- SHA-256 of the effect's name and the key
    request          BLOB NOT NULL,        -- SHA-256 of the sender and the body
    name             TEXT NOT NULL,
    key              TEXT NOT NULL,
    pipeline         TEXT,
    item             TEXT,
    after            TEXT,                 -- id of the request whose completion it needs
    at               INTEGER NOT NULL,     -- ms
    state            TEXT NOT NULL,
    attempts         INTEGER NOT NULL,
    first_sent_at    INTEGER,              -- ms; NULL: no byte of it was sent
    receiver         BLOB,                 -- SHA-256 of the URL that it was sent to
    due_at           INTEGER,              -- ms; of the next attempt
    why              TEXT,                 -- a sentence about the last attempt
    content_type     TEXT,
    content_encoding TEXT,
    size             INTEGER NOT NULL,     -- bytes of the body
    body             BLOB NOT NULL,
    status           INTEGER,              -- of the receiver's response; NULL, as the next two: there is none
    headers          TEXT,                 -- a line each
    response         BLOB,                 -- NULL also: too large to keep
    ended_at         INTEGER,              -- ms; NULL: it is not finished, or the owner must settle it
    settled          TEXT                  -- by the owner
) STRICT;
CREATE INDEX effects_unfinished ON effects (state, id) WHERE ended_at IS NULL;
CREATE INDEX effects_by_end ON effects (ended_at) WHERE ended_at IS NOT NULL;
",
}];

impl Ledger {
    /// Stores the request of an effect, which is on the disk when this returns. A key whose effect was dropped is free again.
    pub fn begin_effect(
        &mut self,
        new: &NewEffect,
        now: DateTime<Utc>,
    ) -> Result<EffectBegun, LedgerError> {
        self.durably(|ledger| ledger.insert_effect(new, now))
    }

    fn insert_effect(
        &mut self,
        new: &NewEffect,
        now: DateTime<Utc>,
    ) -> Result<EffectBegun, LedgerError> {
        let tx = self.write()?;
        let known = tx
            .prepare_cached("SELECT id, request, state FROM effects WHERE scope = ?1")?
            .query_row([&new.scope], |row| {
                Ok((
                    row.get::<_, i64>("id")?,
                    row.get::<_, Digest>("request")?,
                    get::<EffectState>(row, "state")?,
                ))
            })
            .optional()?;
        match known {
            Some((id, _, EffectState::Dropped)) => {
                tx.execute("DELETE FROM effects WHERE id = ?1", [id])?;
            }
            Some((id, request, _)) if request == new.request => return Ok(EffectBegun::Known(id)),
            Some((id, ..)) => return Ok(EffectBegun::OtherRequest(id)),
            None => {}
        }
        tx.prepare_cached(
            "INSERT INTO effects (
                scope, request, name, key, pipeline, item, after, at, state, attempts, content_type, content_encoding, size, body
             ) VALUES (
                :scope, :request, :name, :key, :pipeline, :item, :after, :at, :state, 0, :content_type, :content_encoding, :size, :body
             )",
        )?
        .execute(named_params! {
            ":scope": new.scope,
            ":request": new.request,
            ":name": new.name,
            ":key": new.key,
            ":pipeline": new.pipeline,
            ":item": new.item,
            ":after": new.after,
            ":at": Col(now),
            ":state": Col(EffectState::Waiting),
            ":content_type": new.content_type,
            ":content_encoding": new.content_encoding,
            ":size": Col(new.body.len() as u64),
            ":body": new.body,
        })?;
        let id = tx.last_insert_rowid();
        tx.commit()?;
        Ok(EffectBegun::First(id))
    }

    /// A connection is open, and the first byte is about to be sent. False: the effect does not wait, so it must not be sent.
    pub fn effect_is_sent(
        &mut self,
        id: i64,
        receiver: &Digest,
        now: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        self.durably(|ledger| {
            let changed = ledger
                .conn
                .prepare_cached(
                    "UPDATE effects
                        SET state = :sending, attempts = attempts + 1, due_at = NULL, receiver = :receiver,
                            first_sent_at = coalesce(first_sent_at, :now)
                      WHERE id = :id AND state = :waiting",
                )?
                .execute(named_params! {
                    ":id": id,
                    ":receiver": receiver,
                    ":now": Col(now),
                    ":sending": Col(EffectState::Sending),
                    ":waiting": Col(EffectState::Waiting),
                })?;
            Ok(changed == 1)
        })
    }

    /// An attempt ended without a response: the effect waits for its next one, or for the owner.
    pub fn effect_unfinished(
        &mut self,
        id: i64,
        unfinished: &Unfinished,
    ) -> Result<bool, LedgerError> {
        let (state, due, why) = match unfinished {
            Unfinished::Retry { due, why } => (EffectState::Waiting, Some(*due), why),
            Unfinished::Unknown { why } => (EffectState::Unknown, None, why),
            Unfinished::Unsent { why } => (EffectState::Unsent, None, why),
        };
        self.durably(|ledger| {
            let changed = ledger
                .conn
                .prepare_cached(
                    "UPDATE effects
                        SET state = :state, due_at = :due, why = :why, attempts = attempts + (state = :waiting)
                      WHERE id = :id AND state IN (:waiting, :sending)",
                )?
                .execute(named_params! {
                    ":id": id,
                    ":state": Col(state),
                    ":due": due.map(Col),
                    ":why": why,
                    ":waiting": Col(EffectState::Waiting),
                    ":sending": Col(EffectState::Sending),
                })?;
            Ok(changed == 1)
        })
    }

    /// The receiver's complete response, which is on the disk when this returns.
    pub fn effect_answered(
        &mut self,
        id: i64,
        response: &ReceiverResponse,
        now: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        self.durably(|ledger| {
            let changed = ledger
                .conn
                .prepare_cached(
                    "UPDATE effects
                        SET state = :done, why = NULL, status = :status, headers = :headers, response = :response, ended_at = :now
                      WHERE id = :id AND state = :sending",
                )?
                .execute(named_params! {
                    ":id": id,
                    ":done": Col(EffectState::Done),
                    ":sending": Col(EffectState::Sending),
                    ":status": response.status,
                    ":headers": header_lines(&response.headers),
                    ":response": response.body,
                    ":now": Col(now),
                })?;
            Ok(changed == 1)
        })
    }

    pub fn effect(&self, id: i64) -> Result<Option<KeptEffect>, LedgerError> {
        Ok(self
            .conn
            .prepare_cached("SELECT * FROM effects WHERE id = ?1")?
            .query_row([id], read_effect)
            .optional()?)
    }

    /// The effect with this key; a dropped one has freed it.
    pub fn effect_of(&self, scope: &Digest) -> Result<Option<i64>, LedgerError> {
        Ok(self
            .conn
            .prepare_cached("SELECT id FROM effects WHERE scope = ?1 AND state <> 'dropped'")?
            .query_row([scope], |row| row.get(0))
            .optional()?)
    }

    /// Effects that a stop or a crash has interrupted, or that wait for their next attempt.
    pub fn unfinished_effects(&self) -> Result<Vec<i64>, LedgerError> {
        let mut select = self.conn.prepare_cached(UNFINISHED)?;
        let ids = select.query_map((), |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Number of effects that the owner must settle.
    pub fn open_effects(&self) -> Result<u64, LedgerError> {
        let count: Col<u64> = self
            .conn
            .prepare_cached(OPEN)?
            .query_row((), |row| row.get(0))?;
        Ok(count.0)
    }

    /// Newest first, at most [`PAGE_LIMIT`](crate::PAGE_LIMIT), older than the id `before`. `all`: also those that are done.
    pub fn effects(
        &self,
        all: bool,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<EffectRow>, LedgerError> {
        let limit = page_limit(limit);
        let page = if all { ALL_PAGE } else { OPEN_PAGE };
        let mut select = self.conn.prepare_cached(page)?;
        let read = |row: &Row<'_>| Ok((row.get("id")?, readable(read_row(row))?));
        let rows = select.query_map((before.unwrap_or(i64::MAX), Col(limit as u64 + 1)), read)?;
        let rows = rows.collect::<Result<_, _>>()?;
        Ok(Page::cut(rows, limit))
    }

    /// The recorded request with this id. `None`: it has not ended, or it is not recorded any more.
    pub fn exchange_id(&self, request_id: &str) -> Result<Option<i64>, LedgerError> {
        Ok(self
            .conn
            .prepare_cached(ID_OF)?
            .query_row([request_id], |row| row.get("id"))
            .optional()?)
    }

    /// How the request with this id, or the parked request of this review item, ended. `None`: it has not, or it is not recorded.
    pub fn end_of(&self, request_id: &str) -> Result<Option<End>, LedgerError> {
        Ok(self
            .conn
            .prepare_cached(END_OF)?
            .query_row([request_id], |row| get(row, "ended"))
            .optional()?)
    }
}

pub(crate) const UNFINISHED: &str =
    "SELECT id FROM effects WHERE ended_at IS NULL AND state IN ('waiting', 'sending') ORDER BY id";
pub(crate) const OPEN: &str =
    "SELECT count(*) FROM effects WHERE ended_at IS NULL AND state IN ('unknown', 'unsent')";
pub(crate) const ALL_PAGE: &str = "SELECT * FROM effects WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
pub(crate) const OPEN_PAGE: &str =
    "SELECT * FROM effects WHERE ended_at IS NULL AND id < ?1 ORDER BY id DESC LIMIT ?2";
pub(crate) const ID_OF: &str =
    "SELECT id FROM exchanges WHERE request_id = ?1 ORDER BY id DESC LIMIT 1";
pub(crate) const END_OF: &str = "SELECT ended FROM (
        SELECT ended, id FROM exchanges WHERE request_id = ?1
        UNION ALL
        SELECT 'complete', 0 FROM review_items WHERE id = ?1 AND ran_status BETWEEN 200 AND 299
     ) ORDER BY id DESC LIMIT 1";
