//! Agent sessions whose request failed during a task, and the tool calls delivered to them before.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{ModelId, ProviderId};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params};

use crate::column::{Col, get, maybe};
use crate::schema::Step;
use crate::{End, Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 3,
    sql: "
CREATE TABLE interruptions (
    id         INTEGER PRIMARY KEY,
    client     TEXT NOT NULL,
    session    TEXT NOT NULL,
    model      TEXT NOT NULL,    -- as the client asked
    provider   TEXT NOT NULL,    -- who failed it
    first_at   INTEGER NOT NULL, -- ms
    last_at    INTEGER NOT NULL, -- ms
    times      INTEGER NOT NULL, -- requests that failed
    ended      TEXT NOT NULL,    -- how the last of them ended
    resumed_at INTEGER,          -- ms; NULL: the session was not answered since
    checked_at INTEGER           -- ms; NULL: no person has looked at it
) STRICT;
CREATE INDEX interruptions_by_provider ON interruptions (provider, last_at);
CREATE INDEX interruptions_by_session ON interruptions (session, last_at);

CREATE TABLE delivered_calls (
    interruption INTEGER NOT NULL REFERENCES interruptions (id) ON DELETE CASCADE,
    number       INTEGER NOT NULL, -- from 1, in the order of their delivery
    call         TEXT NOT NULL,    -- the provider's id of it
    name         TEXT NOT NULL,
    arguments    TEXT,             -- NULL: not kept
    result_at    INTEGER,          -- ms; NULL: no result seen
    PRIMARY KEY (interruption, number)
) STRICT, WITHOUT ROWID;
",
}];

/// Failures this long before an incident's opening belong to it: they caused the opening.
const BEFORE_OPENING_MS: i64 = 10 * 60 * 1000;

/// A request of a session that failed during a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interrupted {
    pub client: String,
    pub session: String,
    /// The model in the client's request.
    pub model: ModelId,
    /// The provider that failed.
    pub provider: ProviderId,
    pub at: DateTime<Utc>,
    pub end: End,
    /// The tool calls that were delivered last, oldest first.
    pub calls: Vec<DeliveredCall>,
}

/// A tool call that was delivered completely, so the client may have executed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveredCall {
    /// The provider's id for it.
    pub call: String,
    pub name: String,
    /// `None`: not kept.
    pub arguments: Option<String>,
    /// When its result was first seen in a later request; `None`: not seen.
    pub result: Option<DateTime<Utc>>,
}

/// An interrupted session and its present state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterruptionRow {
    pub client: String,
    pub session: String,
    pub model: ModelId,
    pub provider: ProviderId,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    /// Failed requests of the session in this interruption.
    pub times: u64,
    pub end: End,
    pub resumed: Option<DateTime<Utc>>,
    /// When the user marked it as checked.
    pub checked: Option<DateTime<Utc>>,
    pub calls: Vec<DeliveredCall>,
}

/// Interruptions of an incident that did not continue, and that the user did not mark as checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenInterruptions {
    /// Number of sessions by client, most sessions first. A session with two models has two interruptions.
    pub sessions: Vec<(String, u64)>,
    /// The latest ones, each with its id.
    pub latest: Vec<(i64, InterruptionRow)>,
    /// Number of those that are not listed.
    pub more: u64,
}

impl Ledger {
    /// All failures of a session until its next success are one interruption. Returns its id.
    pub fn interrupt(&mut self, cut: &Interrupted) -> Result<i64, LedgerError> {
        let tx = self.write()?;
        let open = tx
            .prepare_cached(
                "SELECT id FROM interruptions
                  WHERE session = ?1 AND client = ?2 AND model = ?3 AND resumed_at IS NULL AND checked_at IS NULL
                  ORDER BY last_at DESC LIMIT 1",
            )?
            .query_row((&cut.session, &cut.client, Col(&cut.model)), |row| row.get(0))
            .optional()?;
        let id = match open {
            Some(id) => {
                tx.prepare_cached(
                    "UPDATE interruptions SET last_at = ?2, ended = ?3, times = times + 1 WHERE id = ?1",
                )?
                .execute((id, Col(cut.at), Col(cut.end)))?;
                id
            }
            None => insert(&tx, cut)?,
        };
        deliver(&tx, id, &cut.calls)?;
        tx.commit()?;
        Ok(id)
    }

    /// The session got a response again. Returns how many interruptions this ends.
    pub fn resumed(
        &mut self,
        client: &str,
        session: &str,
        model: &ModelId,
        at: DateTime<Utc>,
    ) -> Result<usize, LedgerError> {
        Ok(self
            .conn
            .prepare_cached(
                "UPDATE interruptions SET resumed_at = ?4
                  WHERE session = ?2 AND client = ?1 AND model = ?3 AND resumed_at IS NULL",
            )?
            .execute((client, session, Col(model), Col(at)))?)
    }

    /// A request of the session contained results of these calls.
    pub fn results_seen(
        &mut self,
        session: &str,
        calls: &[String],
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let tx = self.write()?;
        {
            let mut seen = tx.prepare_cached(
                "UPDATE delivered_calls SET result_at = ?3
                  WHERE call = ?2 AND result_at IS NULL
                    AND interruption IN (SELECT id FROM interruptions WHERE session = ?1)",
            )?;
            for call in calls {
                seen.execute((session, call, Col(at)))?;
            }
        }
        tx.commit()?;
        Ok(())
    }

    /// The user has checked it. False: there is no such interruption.
    pub fn check_interruption(&mut self, id: i64, at: DateTime<Utc>) -> Result<bool, LedgerError> {
        let found = self
            .conn
            .prepare_cached(
                "UPDATE interruptions SET checked_at = coalesce(checked_at, ?2) WHERE id = ?1",
            )?
            .execute((id, Col(at)))?;
        Ok(found == 1)
    }

    /// The sessions that an incident interrupted, latest first, each with its id.
    pub fn interruptions(&self, incident: i64) -> Result<Vec<(i64, InterruptionRow)>, LedgerError> {
        let mut rows = self
            .conn
            .prepare_cached(OF_INCIDENT)?
            .query_map((incident, BEFORE_OPENING_MS), read)?
            .collect::<Result<Vec<_>, _>>()?;
        for (id, row) in &mut rows {
            row.calls = calls(&self.conn, *id)?;
        }
        Ok(rows)
    }
}

/// A card shows this many.
const LISTED: usize = 5;

/// The sessions of an incident that the user has still to look at.
pub(crate) fn open(conn: &Connection, incident: i64) -> rusqlite::Result<OpenInterruptions> {
    let mut latest = conn
        .prepare_cached(OPEN_OF_INCIDENT)?
        .query_map((incident, BEFORE_OPENING_MS), read)?
        .collect::<Result<Vec<_>, _>>()?;
    let mut clients: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, row) in &latest {
        clients.entry(&row.client).or_default().insert(&row.session);
    }
    let mut sessions: Vec<(String, u64)> = clients
        .into_iter()
        .map(|(client, sessions)| (client.to_owned(), sessions.len() as u64))
        .collect();
    sessions.sort_by_key(|(_, sessions)| std::cmp::Reverse(*sessions));
    let more = latest.len().saturating_sub(LISTED) as u64;
    latest.truncate(LISTED);
    for (id, row) in &mut latest {
        row.calls = calls(conn, *id)?;
    }
    Ok(OpenInterruptions {
        sessions,
        latest,
        more,
    })
}

pub(crate) const OPEN_OF_INCIDENT: &str =
    "SELECT s.* FROM interruptions s JOIN incidents i ON s.provider = i.provider
  WHERE i.id = ?1 AND s.last_at >= i.opened_at - ?2 AND s.first_at <= coalesce(i.closed_at, 9223372036854775807)
    AND s.resumed_at IS NULL AND s.checked_at IS NULL
  ORDER BY s.last_at DESC, s.id DESC LIMIT 500";

pub(crate) const OF_INCIDENT: &str = "SELECT s.* FROM interruptions s JOIN incidents i ON s.provider = i.provider
  WHERE i.id = ?1 AND s.last_at >= i.opened_at - ?2 AND s.first_at <= coalesce(i.closed_at, 9223372036854775807)
  ORDER BY s.last_at DESC, s.id DESC LIMIT 500";

fn insert(tx: &Transaction<'_>, cut: &Interrupted) -> rusqlite::Result<i64> {
    tx.prepare_cached(
        "INSERT INTO interruptions (client, session, model, provider, first_at, last_at, times, ended)
         VALUES (:client, :session, :model, :provider, :at, :at, 1, :ended)",
    )?
    .execute(named_params! {
        ":client": cut.client,
        ":session": cut.session,
        ":model": Col(&cut.model),
        ":provider": Col(&cut.provider),
        ":at": Col(cut.at),
        ":ended": Col(cut.end),
    })?;
    Ok(tx.last_insert_rowid())
}

/// Adds the calls that are not stored yet.
fn deliver(tx: &Transaction<'_>, id: i64, calls: &[DeliveredCall]) -> rusqlite::Result<()> {
    let mut add = tx.prepare_cached(
        "INSERT INTO delivered_calls (interruption, number, call, name, arguments, result_at)
         SELECT ?1, (SELECT count(*) + 1 FROM delivered_calls WHERE interruption = ?1), ?2, ?3, ?4, ?5
          WHERE NOT EXISTS (SELECT 1 FROM delivered_calls WHERE interruption = ?1 AND call = ?2)",
    )?;
    for call in calls {
        add.execute((
            id,
            &call.call,
            &call.name,
            &call.arguments,
            call.result.map(Col),
        ))?;
    }
    Ok(())
}

fn calls(conn: &Connection, id: i64) -> rusqlite::Result<Vec<DeliveredCall>> {
    let mut calls = conn
        .prepare_cached("SELECT * FROM delivered_calls WHERE interruption = ?1 ORDER BY number")?;
    let rows = calls.query_map([id], |row| {
        Ok(DeliveredCall {
            call: row.get("call")?,
            name: row.get("name")?,
            arguments: row.get("arguments")?,
            result: maybe(row, "result_at")?,
        })
    })?;
    rows.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<(i64, InterruptionRow)> {
    let interruption = InterruptionRow {
        client: row.get("client")?,
        session: row.get("session")?,
        model: get(row, "model")?,
        provider: get(row, "provider")?,
        first: get(row, "first_at")?,
        last: get(row, "last_at")?,
        times: get(row, "times")?,
        end: get(row, "ended")?,
        resumed: maybe(row, "resumed_at")?,
        checked: maybe(row, "checked_at")?,
        calls: Vec::new(),
    };
    Ok((row.get("id")?, interruption))
}
