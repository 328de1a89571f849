use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, Row, Transaction, named_params};

use crate::column::{Col, get, words};
use crate::schema::Step;
use crate::{Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 2,
    sql: "
CREATE TABLE replays (
    id           INTEGER PRIMARY KEY,
    scope        BLOB NOT NULL UNIQUE, -- SHA-256 of who asked, by which route, with which key
    request      BLOB NOT NULL,        -- SHA-256 of what was asked
    at           INTEGER NOT NULL,     -- ms; when it began or, once it has an answer, when that was kept
    state        TEXT NOT NULL,
    size         INTEGER NOT NULL,     -- bytes of the body
    status       INTEGER,              -- NULL, as the next two: no answer is kept
    content_type TEXT,
    body         BLOB
) STRICT;
CREATE INDEX replays_by_time ON replays (at, size);
",
}];

/// Keys are deleted after this time.
pub const REPLAYS_KEPT: TimeDelta = TimeDelta::hours(24);
/// Limit for the bytes of all kept bodies; the oldest are deleted above it.
pub const REPLAY_BYTES: u64 = 256 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Running, or interrupted by a crash: the same request may run (again).
    Begun,
    /// It ended without a response: the key is free again, also for another request.
    Failed,
    Answered,
    /// It had a response that is not kept (any more). It must not run again without a new key.
    Gone,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            State::Begun => "begun",
            State::Failed => "failed",
            State::Answered => "answered",
            State::Gone => "gone",
        }
    }
}

words!(
    State,
    State::word,
    [State::Begun, State::Failed, State::Answered, State::Gone]
);

/// SHA-256.
pub type Digest = [u8; 32];

/// A request with an idempotency key, which must run only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReplayKey {
    /// Digest of the credential and the idempotency key. Neither the key nor a credential is stored.
    pub scope: Digest,
    /// Digest of the operation and the body.
    pub request: Digest,
}

/// A complete response, as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayAnswer {
    pub status: u16,
    /// `None`: the response had no content type, or one that is not ASCII.
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

/// The state of an idempotency key when its request arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// The key is new, or its earlier request ended without a response: run the request.
    First,
    Answered(ReplayAnswer),
    /// It had a response that is not kept: too large, or displaced by newer ones.
    Gone,
    /// The same key belongs to another request.
    OtherRequest,
}

impl Ledger {
    /// Records that this request is about to run, unless its response is known. `former`: the key of the same request as an
    /// earlier version computed it. The returned key has the request's row.
    pub fn begin_replay(
        &mut self,
        key: &ReplayKey,
        former: Option<&ReplayKey>,
        now: DateTime<Utc>,
    ) -> Result<(ReplayKey, Begun), LedgerError> {
        let tx = self.write()?;
        expire(&tx, now)?;
        let mut found = None;
        for key in [Some(key), former].into_iter().flatten() {
            found = tx
                .prepare_cached("SELECT * FROM replays WHERE scope = ?1")?
                .query_row([&key.scope], |row| Ok((*key, read_found(row, key)?)))
                .optional()?;
            if found.is_some() {
                break;
            }
        }
        let (key, begun) = found.unwrap_or((*key, Begun::First));
        if begun == Begun::First {
            tx.prepare_cached(
                "INSERT INTO replays (scope, request, at, state, size) VALUES (:scope, :request, :at, :state, 0)
                 ON CONFLICT (scope) DO UPDATE SET at = excluded.at, request = excluded.request, state = excluded.state",
            )?
            .execute(named_params! {
                ":scope": key.scope,
                ":request": key.request,
                ":at": Col(now),
                ":state": Col(State::Begun),
            })?;
        }
        tx.commit()?;
        Ok((key, begun))
    }

    /// Keeps the response, which is on the disk when this returns. `None`: it was sent to its client and is too large
    /// to keep.
    pub fn complete_replay(
        &mut self,
        key: &ReplayKey,
        answer: Option<&ReplayAnswer>,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.durably(|ledger| ledger.write_replay(key, answer, now, REPLAY_BYTES))
    }

    pub(crate) fn write_replay(
        &mut self,
        key: &ReplayKey,
        answer: Option<&ReplayAnswer>,
        now: DateTime<Utc>,
        most: u64,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        let size = answer.map_or(0, |answer| answer.body.len() as u64);
        make_room(&tx, most.saturating_sub(size))?;
        let state = match answer {
            Some(_) => State::Answered,
            None => State::Gone,
        };
        tx.prepare_cached(
            "INSERT OR REPLACE INTO replays (scope, request, at, state, size, status, content_type, body)
             VALUES (:scope, :request, :at, :state, :size, :status, :content_type, :body)",
        )?
        .execute(named_params! {
            ":scope": key.scope,
            ":request": key.request,
            ":at": Col(now),
            ":state": Col(state),
            ":size": Col(size),
            ":status": answer.map(|answer| answer.status),
            ":content_type": answer.and_then(|answer| answer.content_type.as_deref()),
            ":body": answer.map(|answer| &answer.body),
        })?;
        tx.commit()?;
        Ok(())
    }

    /// The response that is kept under this key. It is deleted, also on the disk, before this returns, so that it is delivered
    /// once.
    pub fn take_replay(
        &mut self,
        key: &ReplayKey,
        now: DateTime<Utc>,
    ) -> Result<Option<ReplayAnswer>, LedgerError> {
        self.durably(|ledger| ledger.delete_answer(key, now))
    }

    fn delete_answer(
        &mut self,
        key: &ReplayKey,
        now: DateTime<Utc>,
    ) -> Result<Option<ReplayAnswer>, LedgerError> {
        let tx = self.write()?;
        expire(&tx, now)?;
        let found = tx
            .prepare_cached("SELECT * FROM replays WHERE scope = ?1")?
            .query_row([&key.scope], |row| read_found(row, key))
            .optional()?;
        let Some(Begun::Answered(answer)) = found else {
            return Ok(None);
        };
        tx.prepare_cached("DELETE FROM replays WHERE scope = ?1")?
            .execute([&key.scope])?;
        tx.commit()?;
        Ok(Some(answer))
    }

    /// The request ended without a response. An earlier response is kept.
    pub fn fail_replay(&mut self, key: &ReplayKey) -> Result<(), LedgerError> {
        self.conn
            .prepare_cached(
                "UPDATE replays SET state = ?3 WHERE scope = ?1 AND request = ?2 AND state = ?4",
            )?
            .execute((
                key.scope,
                key.request,
                Col(State::Failed),
                Col(State::Begun),
            ))?;
        Ok(())
    }

    /// Deletes what is older than [`REPLAYS_KEPT`].
    pub fn expire_replays(&mut self, now: DateTime<Utc>) -> Result<usize, LedgerError> {
        let tx = self.write()?;
        let gone = expire(&tx, now)?;
        tx.commit()?;
        Ok(gone)
    }
}

fn expire(tx: &Transaction<'_>, now: DateTime<Utc>) -> rusqlite::Result<usize> {
    tx.prepare_cached("DELETE FROM replays WHERE at <= ?1")?
        .execute([Col(now - REPLAYS_KEPT)])
}

/// Deletes the oldest bodies until the others fit. The rows still record that there was a response.
fn make_room(tx: &Transaction<'_>, room: u64) -> rusqlite::Result<()> {
    let total: Col<u64> = tx
        .prepare_cached("SELECT coalesce(sum(size), 0) FROM replays")?
        .query_row((), |row| row.get(0))?;
    let mut beyond = total.0.saturating_sub(room);
    if beyond == 0 {
        return Ok(());
    }
    let mut oldest =
        tx.prepare_cached("SELECT id, size FROM replays WHERE size > 0 ORDER BY at, id")?;
    let mut drop = tx.prepare_cached(
        "UPDATE replays SET state = ?2, size = 0, status = NULL, content_type = NULL, body = NULL WHERE id = ?1",
    )?;
    let mut displaced = Vec::new();
    let mut rows = oldest.query(())?;
    while beyond > 0
        && let Some(row) = rows.next()?
    {
        displaced.push(row.get::<_, i64>("id")?);
        beyond = beyond.saturating_sub(get(row, "size")?);
    }
    for id in displaced {
        drop.execute((id, Col(State::Gone)))?;
    }
    Ok(())
}

fn read_found(row: &Row<'_>, key: &ReplayKey) -> rusqlite::Result<Begun> {
    let state = get::<State>(row, "state")?;
    if state != State::Failed && row.get::<_, Digest>("request")? != key.request {
        return Ok(Begun::OtherRequest);
    }
    Ok(match state {
        State::Begun | State::Failed => Begun::First,
        State::Gone => Begun::Gone,
        State::Answered => Begun::Answered(ReplayAnswer {
            status: row.get("status")?,
            content_type: row.get("content_type")?,
            body: row.get("body")?,
        }),
    })
}
