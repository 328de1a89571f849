//! Exchanges and their attempts. How they lie in their columns is written in `exchanges/columns.rs`.

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

/// The route's name of what passed to its vendor unread; only what the kept key paid for has a cost.
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
    /// How an exchange ended: exactly one for each.
    End {
        /// A whole answer reached the client (or one that the client itself continues).
        Complete = "complete",
        /// The kept answer of an earlier request; nobody was asked, and nothing was paid.
        Replayed = "replayed",
        /// The provider stopped at a token limit; passed on as such.
        Truncated = "truncated",
        /// Declined for its content.
        Refused = "refused",
        /// Cut after the first byte had been passed on.
        Cut = "cut",
        /// Every candidate failed.
        Exhausted = "exhausted",
        /// The request itself was at fault.
        CallersFault = "callers_fault",
        ClientLeft = "client_left",
        /// Refused at our own door: token, host, size …
        TurnedAway = "turned_away",
        OurFault = "our_fault",
    }
}

impl End {
    /// The client got an answer, though perhaps not the one it hoped for.
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

    /// The client should have got an answer and did not.
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
    /// As the response, its error sentences and the log name it. `None`: booked before there were such ids.
    pub request_id: Option<String>,
    pub started: DateTime<Utc>,
    /// Empty: it did not say.
    pub client: String,
    pub session: Option<String>,
    pub dialect: Dialect,
    /// Empty, as `model`: turned away before it was known.
    pub route: String,
    /// As the client asked.
    pub model: String,
    pub streamed: bool,
    /// Kept for the traffic view, and in no figure.
    pub rehearsal: bool,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    /// Who should have answered: the first candidate of the route that could be used at all, though its breaker may
    /// have been open. `None`: whoever was tried first.
    pub primary: Option<Candidate>,
    pub end: End,
    /// Why it ended so, where the end alone does not tell.
    pub detail: Option<String>,
    /// HTTP status that the client saw; `None`: it left before.
    pub status: Option<u16>,
    pub total_ms: u64,
    /// Time to the first token passed on.
    pub ttft_ms: Option<u64>,
    /// Estimate over all attempts; `None`: unknown.
    pub cost: Option<MicroDollars>,
    /// How often another answer went on in the message that one left unfinished.
    pub restarts: u32,
    /// The client was to get nothing before the proof, and was shown what had arrived, lest it gave up.
    pub shown_early: bool,
    /// Candidates that could not be asked what this request says, each with the reason.
    pub passed_over: Vec<String>,
    /// The review item that it waits as.
    pub parked: Option<String>,
    /// In the order in which they were made.
    pub attempts: Vec<AttemptRow>,
}

/// A place in a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    /// As the endpoint names it, mapped where the route maps it.
    pub model: ModelId,
}

/// One try at one candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRow {
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    pub model: ModelId,
    /// After the exchange began.
    pub started_ms: u64,
    pub total_ms: u64,
    pub ttft_ms: Option<u64>,
    /// HTTP status; `None`: there was none.
    pub status: Option<u16>,
    /// The client's own subscription paid for it: there is no bill by the token, and `cost` is None.
    pub by_subscription: bool,
    /// The dialect that it was spoken to in, where that is not the client's.
    pub spoken: Option<Dialect>,
    /// What it was then not told, or not so exactly, and why.
    pub left_out: Vec<String>,
    /// In a word or two: "complete", "cut", "rate limit".
    pub outcome: String,
    /// It failed, and by the provider's fault: not by ours, the caller's, or a client that left.
    pub provider_failed: bool,
    pub detail: Option<String>,
    /// As the provider said it.
    pub stop_reason: Option<String>,
    pub tokens: Option<Tokens>,
    /// The provider did not tell (all of) its usage: what is missing in `tokens` is reckoned from bytes.
    pub tokens_estimated: bool,
    /// Estimate: tokens at the list price of `price_as_of`. Zero: it was not reached, or refused.
    pub cost: Option<MicroDollars>,
    /// ISO date.
    pub price_as_of: Option<String>,
}

impl AttemptRow {
    /// What is held against the day's cap: the cost, or where the price is not known that of the dearest model.
    pub fn counted(&self) -> MicroDollars {
        self.cost
            .or_else(|| self.tokens.map(at_dearest))
            .unwrap_or_default()
    }
}

impl ExchangeRow {
    /// What stand-ins cost of it, or the kept key that passed it on; a model without a price at
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

    /// What of `cost` rests on tokens that are reckoned from bytes.
    pub fn cost_of_estimated_tokens(&self) -> MicroDollars {
        let reckoned = self.attempts.iter().filter(|a| a.tokens_estimated);
        match self.cost {
            Some(_) => reckoned.filter_map(|a| a.cost).sum(),
            None => MicroDollars::ZERO,
        }
    }

    /// A stand-in answered. The last attempt is the one that answers; another endpoint or model than the primary's is a stand-in.
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
    /// Writes an exchange with its attempts, all or nothing. Returns its id: later bookings have higher ones.
    pub fn book_exchange(&mut self, exchange: &ExchangeRow) -> Result<i64, LedgerError> {
        let tx = self.write()?;
        let id = columns::insert_exchange(&tx, exchange)?;
        for (number, attempt) in (1..).zip(&exchange.attempts) {
            columns::insert_attempt(&tx, id, number, attempt)?;
        }
        tx.commit()?;
        Ok(id)
    }

    /// Newest booking first, at most [`PAGE_LIMIT`](crate::PAGE_LIMIT), older than the id `before`. Rehearsals too.
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

/// `rows` are newest first, so their attempts lie between the last and the first id.
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
