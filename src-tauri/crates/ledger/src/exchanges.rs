//! Exchanges and their attempts. Their columns are read and written in `exchanges/columns.rs`.

mod columns;
mod outcome;
mod row;
mod search;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

use crate::column::get;
use crate::figures;
use crate::schema::Step;
use crate::{Ledger, LedgerError, Page};

pub use outcome::AttemptOutcome;
pub use row::{AttemptRow, Candidate, End, ExchangeRow, PASSED};
pub use search::{ByToken, ExchangeFilter};

pub(crate) const STEPS: &[Step] = &[
    Step {
        version: 1,
        sql: "
CREATE TABLE exchanges (
    id               INTEGER PRIMARY KEY,
    started_at       INTEGER NOT NULL, -- ms
    client           TEXT NOT NULL,
    session          TEXT,
    dialect          TEXT NOT NULL,
    route            TEXT NOT NULL,    -- empty, as the model: turned away before it was known
    model            TEXT NOT NULL,
    streamed         INTEGER NOT NULL,
    rehearsal        INTEGER NOT NULL,
    pipeline         TEXT,
    item             TEXT,
    primary_provider TEXT,
    primary_endpoint TEXT,
    primary_model    TEXT,
    ended            TEXT NOT NULL,
    detail           TEXT,
    status           INTEGER,          -- NULL: the client left before there was one
    total_ms         INTEGER NOT NULL,
    ttft_ms          INTEGER,
    cost             INTEGER,          -- micro-dollars; NULL: unknown
    carried          INTEGER NOT NULL  -- answered by a stand-in
) STRICT;
CREATE INDEX exchanges_by_start ON exchanges (started_at) WHERE rehearsal = 0;

CREATE TABLE attempts (
    exchange           INTEGER NOT NULL REFERENCES exchanges (id) ON DELETE CASCADE,
    number             INTEGER NOT NULL, -- from 1
    provider           TEXT NOT NULL,
    endpoint           TEXT NOT NULL,
    model              TEXT NOT NULL,
    started_ms         INTEGER NOT NULL, -- after the exchange began
    total_ms           INTEGER NOT NULL,
    ttft_ms            INTEGER,
    status             INTEGER,
    outcome            TEXT NOT NULL,
    provider_failed    INTEGER NOT NULL,
    detail             TEXT,
    stop_reason        TEXT,
    input_tokens       INTEGER,
    output_tokens      INTEGER,
    cache_read_tokens  INTEGER,
    cache_write_tokens INTEGER,
    cost               INTEGER,          -- micro-dollars; NULL: unknown
    price_as_of        TEXT,             -- ISO date of the price that was used
    PRIMARY KEY (exchange, number)
) STRICT, WITHOUT ROWID;
",
    },
    Step {
        version: 4,
        sql: "
ALTER TABLE exchanges ADD COLUMN restarts INTEGER NOT NULL DEFAULT 0; -- another answer went on in the same message
ALTER TABLE exchanges ADD COLUMN shown_early INTEGER NOT NULL DEFAULT 0; -- before the proof that it was to wait for
ALTER TABLE attempts ADD COLUMN tokens_estimated INTEGER NOT NULL DEFAULT 0; -- from bytes: the provider did not tell all
",
    },
    Step {
        version: 5,
        sql: "
ALTER TABLE exchanges ADD COLUMN passed_over TEXT; -- a line each: who could not be asked this, and why
ALTER TABLE attempts ADD COLUMN by_subscription INTEGER NOT NULL DEFAULT 0; -- the client's own: there is no bill
ALTER TABLE attempts ADD COLUMN spoken TEXT;       -- another dialect than the client's
ALTER TABLE attempts ADD COLUMN left_out TEXT;     -- a line each: what was then not said, and why
",
    },
    Step {
        version: 7,
        sql: "
ALTER TABLE exchanges ADD COLUMN request_id TEXT; -- as the response and the log name it; NULL: booked by an older version
CREATE INDEX exchanges_by_request_id ON exchanges (request_id) WHERE request_id IS NOT NULL;
ALTER TABLE exchanges ADD COLUMN parked TEXT; -- id of the review item that it waits as
CREATE INDEX exchanges_of_item ON exchanges (pipeline, item) WHERE item IS NOT NULL;
",
    },
    Step {
        version: 11,
        sql: "
ALTER TABLE exchanges ADD COLUMN token TEXT; -- name of the client's token; NULL: this installation's own
CREATE INDEX exchanges_by_token ON exchanges (token, started_at) WHERE token IS NOT NULL;
",
    },
];

const TOKEN_USES: &str = "SELECT token, max(started_at) AS used_at FROM exchanges WHERE token IS NOT NULL GROUP BY token";

impl Ledger {
    /// Writes an exchange with its attempts in one transaction. Returns its id; later exchanges have higher ids.
    pub fn book_exchange(&mut self, exchange: &ExchangeRow) -> Result<i64, LedgerError> {
        let tx = self.write()?;
        let id = columns::insert_exchange(&tx, exchange)?;
        for (number, attempt) in (1..).zip(&exchange.attempts) {
            columns::insert_attempt(&tx, id, number, attempt)?;
        }
        figures::follow(&tx, exchange)?;
        tx.commit()?;
        Ok(id)
    }

    /// Latest recorded first, at most [`PAGE_LIMIT`](crate::PAGE_LIMIT), older than the id `before`. Includes
    /// rehearsals.
    pub fn exchanges(
        &self,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<ExchangeRow>, LedgerError> {
        self.find_exchanges(&ExchangeFilter::default(), limit, before)
    }

    /// The last use of each named token, by its name.
    pub fn token_uses(&self) -> Result<BTreeMap<String, DateTime<Utc>>, LedgerError> {
        let mut select = self.conn.prepare_cached(TOKEN_USES)?;
        let uses = select.query_map((), |row| Ok((row.get("token")?, get(row, "used_at")?)))?;
        Ok(uses.collect::<Result<_, _>>()?)
    }

    pub fn exchange(&self, id: i64) -> Result<Option<ExchangeRow>, LedgerError> {
        let found = self
            .conn
            .prepare_cached("SELECT * FROM exchanges WHERE id = ?1")?
            .query_row([id], columns::read_exchange)
            .optional()?;
        let Some((_, mut exchange)) = found else {
            return Ok(None);
        };
        exchange.attempts = columns::attempts(&self.conn, id)?;
        Ok(Some(exchange))
    }
}
