//! Exchanges and their attempts. Their columns are read and written in `exchanges/columns.rs`.

mod columns;
mod search;

use catalog::{Dialect, EndpointId, MicroDollars, ModelId, ProviderId, Tokens, at_dearest};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::column::word_enum;
use crate::schema::Step;
use crate::{Ledger, LedgerError, Page};

#[cfg(test)]
pub(crate) use search::EXACT;
pub use search::ExchangeFilter;

/// Name of the route for requests passed to their vendor without being parsed. They have a cost only where the kept key
/// paid.
pub const PASSED: &str = "pass-through";

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
];

word_enum! {
    /// How an exchange ended. Each exchange has exactly one end.
    End {
        /// A complete response reached the client (or one that the client itself continues).
        Complete = "complete",
        /// The kept response of an earlier request: no provider got a request, and it cost nothing.
        Replayed = "replayed",
        /// The provider stopped at a token limit; passed on unchanged.
        Truncated = "truncated",
        /// The provider declined because of the content.
        Refused = "refused",
        /// Ended without completion after the first byte had been released.
        Cut = "cut",
        /// Every candidate failed.
        Exhausted = "exhausted",
        /// The request itself was invalid.
        CallersFault = "callers_fault",
        ClientLeft = "client_left",
        /// Refused by the gateway before a route was chosen: token, host, size …
        TurnedAway = "turned_away",
        OurFault = "our_fault",
    }
}

impl End {
    /// The client got a response, even if it is a replay, truncated or a refusal.
    pub fn answered(self) -> bool {
        match self {
            End::Complete | End::Replayed | End::Truncated | End::Refused => true,
            End::Cut
            | End::Exhausted
            | End::CallersFault
            | End::ClientLeft
            | End::TurnedAway
            | End::OurFault => false,
        }
    }

    /// The client was entitled to a response and got none.
    pub fn failed(self) -> bool {
        match self {
            End::Cut | End::Exhausted | End::OurFault => true,
            End::Complete
            | End::Replayed
            | End::Truncated
            | End::Refused
            | End::CallersFault
            | End::ClientLeft
            | End::TurnedAway => false,
        }
    }
}

/// One client request with all its attempts.
#[derive(Clone, Debug, PartialEq)]
pub struct ExchangeRow {
    /// The id in the response, its error sentences and the log. `None`: recorded before such ids existed.
    pub request_id: Option<String>,
    pub started: DateTime<Utc>,
    /// Empty: the client did not name itself.
    pub client: String,
    pub session: Option<String>,
    pub dialect: Dialect,
    /// Empty, as `model`: refused before it was known.
    pub route: String,
    /// The model in the client's request.
    pub model: String,
    pub streamed: bool,
    /// Kept for the list of requests, and in no figure.
    pub rehearsal: bool,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    /// The first usable candidate of the route, even if its breaker was open. `None`: the candidate of the first
    /// attempt.
    pub primary: Option<Candidate>,
    pub end: End,
    /// Why it ended so, where the end alone does not explain it.
    pub detail: Option<String>,
    /// HTTP status that the client got; `None`: it left before.
    pub status: Option<u16>,
    pub total_ms: u64,
    /// Time to the first token released.
    pub ttft_ms: Option<u64>,
    /// Estimate over all attempts; `None`: unknown.
    pub cost: Option<MicroDollars>,
    /// Restarts in place: how often another candidate's response continued the message.
    pub restarts: u32,
    /// The response was to be held until its completion check, and was released early so that the client did not time
    /// out.
    pub shown_early: bool,
    /// Candidates that do not support this request, each with the reason.
    pub passed_over: Vec<String>,
    /// The review item as which it is parked.
    pub parked: Option<String>,
    /// In the order in which they were made.
    pub attempts: Vec<AttemptRow>,
}

/// A place in a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    /// The endpoint's model id, after the route's mapping.
    pub model: ModelId,
}

/// One request to one candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRow {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    pub model: ModelId,
    /// Milliseconds after the exchange began.
    pub started_ms: u64,
    pub total_ms: u64,
    pub ttft_ms: Option<u64>,
    /// HTTP status; `None`: no response headers arrived.
    pub status: Option<u16>,
    /// The client's own subscription paid for it: tokens are not billed, and `cost` is `None`.
    pub by_subscription: bool,
    /// The dialect of the request to the candidate, where it is not the client's.
    pub spoken: Option<Dialect>,
    /// Fields that the translation dropped or approximated, each with the reason.
    pub left_out: Vec<String>,
    /// A short label: "complete", "cut", "rate limit".
    pub outcome: String,
    /// It failed by a fault of the provider: not of the account, the settings, the request, or a client that left.
    pub provider_failed: bool,
    pub detail: Option<String>,
    /// The provider's text, unchanged.
    pub stop_reason: Option<String>,
    pub tokens: Option<Tokens>,
    /// The provider reported no or partial usage: missing values in `tokens` are estimated from bytes.
    pub tokens_estimated: bool,
    /// Estimate: tokens at the list price of `price_as_of`. Zero: the provider was not reached, or refused.
    pub cost: Option<MicroDollars>,
    /// ISO date.
    pub price_as_of: Option<String>,
}

impl AttemptRow {
    /// The amount that counts against the day's cap: the cost, or without a price the cost at the dearest model's
    /// price.
    pub fn counted(&self) -> MicroDollars {
        self.cost
            .or_else(|| self.tokens.map(at_dearest))
            .unwrap_or_default()
    }
}

impl ExchangeRow {
    /// The cost of fallbacks, or of the kept key that passed the request on. A model without a price counts at
    /// [`DEAREST`](catalog::DEAREST).
    pub fn stand_ins_cost(&self) -> MicroDollars {
        self.attempts
            .iter()
            .filter(|a| match &self.primary {
                Some(primary) => (&a.endpoint, &a.model) != (&primary.endpoint, &primary.model),
                None => self.route == PASSED,
            })
            .map(AttemptRow::counted)
            .sum()
    }

    /// The part of `cost` whose tokens are estimated from bytes.
    pub fn cost_of_estimated_tokens(&self) -> MicroDollars {
        let reckoned = self.attempts.iter().filter(|a| a.tokens_estimated);
        match self.cost {
            Some(_) => reckoned.filter_map(|a| a.cost).sum(),
            None => MicroDollars::ZERO,
        }
    }

    /// Whether a fallback produced the response: the last attempt used another endpoint or model than the primary's.
    pub fn carried(&self) -> bool {
        let Some(last) = self.attempts.last().filter(|_| self.end.answered()) else {
            return false;
        };
        match (&self.primary, self.attempts.first()) {
            (Some(primary), _) => {
                (&last.endpoint, &last.model) != (&primary.endpoint, &primary.model)
            }
            (None, Some(first)) => (&last.endpoint, &last.model) != (&first.endpoint, &first.model),
            (None, None) => false,
        }
    }
}

impl Ledger {
    /// Writes an exchange with its attempts in one transaction. Returns its id; later exchanges have higher ids.
    pub fn book_exchange(&mut self, exchange: &ExchangeRow) -> Result<i64, LedgerError> {
        let tx = self.write()?;
        let id = columns::insert_exchange(&tx, exchange)?;
        for (number, attempt) in (1..).zip(&exchange.attempts) {
            columns::insert_attempt(&tx, id, number, attempt)?;
        }
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

    pub fn exchange(&self, id: i64) -> Result<Option<ExchangeRow>, LedgerError> {
        let row = self
            .conn
            .prepare_cached("SELECT * FROM exchanges WHERE id = ?1")?
            .query_row([id], columns::read_exchange)
            .optional()?;
        let mut rows: Vec<_> = row.into_iter().collect();
        attach_attempts(&self.conn, &mut rows)?;
        Ok(rows.pop().map(|(_, exchange)| exchange))
    }
}

pub(crate) const ATTEMPTS: &str =
    "SELECT * FROM attempts WHERE exchange BETWEEN ?1 AND ?2 ORDER BY exchange, number";

/// `rows` are newest first, so their attempts lie between the last id and the first.
fn attach_attempts(conn: &Connection, rows: &mut [(i64, ExchangeRow)]) -> rusqlite::Result<()> {
    let (Some((newest, _)), Some((oldest, _))) = (rows.first(), rows.last()) else {
        return Ok(());
    };
    let (newest, oldest) = (*newest, *oldest);
    let mut all = conn.prepare_cached(ATTEMPTS)?;
    let mut found = all.query((oldest, newest))?;
    while let Some(row) = found.next()? {
        let exchange: i64 = row.get("exchange")?;
        if let Ok(at) = rows.binary_search_by(|(id, _)| exchange.cmp(id)) {
            rows[at].1.attempts.push(columns::read_attempt(row)?);
        }
    }
    Ok(())
}
