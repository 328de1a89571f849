use catalog::{EndpointId, MicroDollars, ModelId, ProviderId, REHEARSAL, Tokens};
use chrono::{DateTime, Utc};
use rusqlite::named_params;

use crate::column::Col;
use crate::schema::Step;
use crate::{Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 1,
    sql: "
CREATE TABLE probes (
    id                 INTEGER PRIMARY KEY,
    at                 INTEGER NOT NULL, -- ms
    provider           TEXT NOT NULL,
    endpoint           TEXT NOT NULL,
    model              TEXT NOT NULL,
    outcome            TEXT NOT NULL,
    ttft_ms            INTEGER,
    total_ms           INTEGER NOT NULL,
    input_tokens       INTEGER,
    output_tokens      INTEGER,
    cache_read_tokens  INTEGER,
    cache_write_tokens INTEGER,
    cost               INTEGER,          -- micro-dollars; NULL: unknown
    price_as_of        TEXT
) STRICT;
CREATE INDEX probes_by_time ON probes (at);
",
}];

/// A completion that the engine requests to test a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeRow {
    pub at: DateTime<Utc>,
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    pub model: ModelId,
    /// A short label: "complete", "cut", "no key".
    pub outcome: String,
    pub ttft_ms: Option<u64>,
    pub total_ms: u64,
    pub tokens: Option<Tokens>,
    /// Estimate: tokens at the list price of `price_as_of`.
    pub cost: Option<MicroDollars>,
    /// ISO date.
    pub price_as_of: Option<String>,
}

impl Ledger {
    /// Probes of the rehearsal provider are not recorded: they cost nothing and prove nothing.
    pub fn book_probe(&mut self, probe: &ProbeRow) -> Result<(), LedgerError> {
        if probe.provider.as_str() == REHEARSAL {
            return Ok(());
        }
        let tokens = probe.tokens;
        self.conn
            .prepare_cached(
                "INSERT INTO probes (
                    at, provider, endpoint, model, outcome, ttft_ms, total_ms,
                    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost, price_as_of
                ) VALUES (
                    :at, :provider, :endpoint, :model, :outcome, :ttft_ms, :total_ms,
                    :input_tokens, :output_tokens, :cache_read_tokens, :cache_write_tokens, :cost, :price_as_of
                )",
            )?
            .execute(named_params! {
                ":at": Col(probe.at),
                ":provider": Col(&probe.provider),
                ":endpoint": Col(&probe.endpoint),
                ":model": Col(&probe.model),
                ":outcome": probe.outcome,
                ":ttft_ms": probe.ttft_ms.map(Col),
                ":total_ms": Col(probe.total_ms),
                ":input_tokens": tokens.map(|t| Col(t.input)),
                ":output_tokens": tokens.map(|t| Col(t.output)),
                ":cache_read_tokens": tokens.map(|t| Col(t.cache_read)),
                ":cache_write_tokens": tokens.map(|t| Col(t.cache_write)),
                ":cost": probe.cost.map(Col),
                ":price_as_of": probe.price_as_of,
            })?;
        Ok(())
    }

    /// Cost of the probes since then, as far as known. It counts against the daily budget.
    pub fn probes_spent(&self, since: DateTime<Utc>) -> Result<MicroDollars, LedgerError> {
        let spent = self
            .conn
            .prepare_cached("SELECT CAST(total(cost) AS INTEGER) FROM probes WHERE at >= ?1")?
            .query_row([Col(since)], |row| row.get::<_, Col<MicroDollars>>(0))?;
        Ok(spent.0)
    }
}
