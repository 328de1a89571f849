//! Results of fallback tests that the owner started: one tool turn of two steps each.

use catalog::{Dialect, EndpointId, MicroDollars, ModelId, ProviderId, Tokens};
use chrono::{DateTime, Utc};
use rusqlite::{Row, named_params};

use crate::column::{Col, get, maybe, word_enum};
use crate::schema::Step;
use crate::{Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 6,
    sql: "
CREATE TABLE fallback_tests (
    id                 INTEGER PRIMARY KEY,
    at                 INTEGER NOT NULL, -- ms; of its end
    dialect            TEXT NOT NULL,    -- of the route
    route              TEXT NOT NULL,
    asked_model        TEXT NOT NULL,    -- as a client of the route asks
    provider           TEXT NOT NULL,
    endpoint           TEXT NOT NULL,
    model              TEXT NOT NULL,    -- as it was sent
    fingerprint        TEXT NOT NULL,    -- hexadecimal, of the endpoint's entry and settings
    failed_step        INTEGER,          -- from 1; NULL, as the next three: it passed
    fault              TEXT,
    why                TEXT,
    fix                TEXT,
    total_ms           INTEGER NOT NULL,
    input_tokens       INTEGER NOT NULL, -- 0, as the next three: none were used
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    tokens_estimated   INTEGER NOT NULL,
    cost               INTEGER,          -- micro-dollars; NULL: unknown
    counted            INTEGER NOT NULL, -- micro-dollars held against the day's cap
    price_as_of        TEXT
) STRICT;
CREATE INDEX fallback_tests_by_time ON fallback_tests (at);
CREATE INDEX fallback_tests_of ON fallback_tests (dialect, endpoint, model, id);
",
}];

word_enum! {
    /// The cause of a failed test.
    TestFault {
        Provider = "provider",
        /// The owner's account at the provider: its key, its credit, its limits.
        Account = "account",
        Model = "model",
        /// The owner's settings.
        Settings = "settings",
        Understudy = "understudy",
    }
}

/// One test of one fallback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FallbackTestRow {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// The route's dialect.
    pub dialect: Dialect,
    pub route: String,
    /// The model that a client of the route requests.
    pub requested_model: String,
    pub provider: ProviderId,
    pub endpoint: EndpointId,
    /// The model id as sent.
    pub model: ModelId,
    /// Digest of the endpoint's catalogue entry and settings. A result with another fingerprint is outdated.
    pub fingerprint: String,
    /// `None`: both steps passed.
    pub failed: Option<FailedTest>,
    pub total_ms: u64,
    /// Of both steps, including failed attempts.
    pub tokens: Tokens,
    /// Some of them are estimated from bytes.
    pub tokens_estimated: bool,
    /// Tokens at the list price of `price_as_of`; `None`: unknown.
    pub cost: Option<MicroDollars>,
    /// The amount that counts against the day's cap: the cost, or without a price the cost at the dearest model's
    /// price.
    pub counted: MicroDollars,
    /// ISO date.
    pub price_as_of: Option<String>,
}

/// How a test failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedTest {
    /// Counted from 1.
    pub step: u32,
    pub fault: TestFault,
    /// A clause, without a full stop.
    pub why: String,
    /// A remedy, for the owner.
    pub fix: String,
}

/// Cost of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TestSums {
    pub(crate) spent: MicroDollars,
    pub(crate) of_estimated_tokens: MicroDollars,
    pub(crate) counted: MicroDollars,
}

impl Ledger {
    pub fn book_fallback_test(&mut self, test: &FallbackTestRow) -> Result<(), LedgerError> {
        let failed = test.failed.as_ref();
        self.conn
            .prepare_cached(
                "INSERT INTO fallback_tests (
                    at, dialect, route, asked_model, provider, endpoint, model, fingerprint, failed_step, fault, why, fix,
                    total_ms, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, tokens_estimated,
                    cost, counted, price_as_of
                ) VALUES (
                    :at, :dialect, :route, :asked_model, :provider, :endpoint, :model, :fingerprint, :failed_step, :fault,
                    :why, :fix, :total_ms, :input_tokens, :output_tokens, :cache_read_tokens, :cache_write_tokens,
                    :tokens_estimated, :cost, :counted, :price_as_of
                )",
            )?
            .execute(named_params! {
                ":at": Col(test.at),
                ":dialect": Col(test.dialect),
                ":route": test.route,
                ":asked_model": test.requested_model,
                ":provider": Col(&test.provider),
                ":endpoint": Col(&test.endpoint),
                ":model": Col(&test.model),
                ":fingerprint": test.fingerprint,
                ":failed_step": failed.map(|failed| failed.step),
                ":fault": failed.map(|failed| Col(failed.fault)),
                ":why": failed.map(|failed| &failed.why),
                ":fix": failed.map(|failed| &failed.fix),
                ":total_ms": Col(test.total_ms),
                ":input_tokens": Col(test.tokens.input),
                ":output_tokens": Col(test.tokens.output),
                ":cache_read_tokens": Col(test.tokens.cache_read),
                ":cache_write_tokens": Col(test.tokens.cache_write),
                ":tokens_estimated": test.tokens_estimated,
                ":cost": test.cost.map(Col),
                ":counted": Col(test.counted),
                ":price_as_of": test.price_as_of,
            })?;
        Ok(())
    }

    /// The last test of each fallback.
    pub fn fallback_tests(&self) -> Result<Vec<FallbackTestRow>, LedgerError> {
        let mut select = self.conn.prepare_cached(
            "SELECT * FROM fallback_tests
              WHERE id IN (SELECT max(id) FROM fallback_tests GROUP BY dialect, endpoint, model)
              ORDER BY id",
        )?;
        let rows = select.query_map((), read_row)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Models for which clients of each route have received responses since this time, newest first; at most the last
    /// 20,000 requests are searched.
    pub fn models_in_use(
        &self,
        since: DateTime<Utc>,
    ) -> Result<Vec<(String, Dialect, String)>, LedgerError> {
        let mut select = self.conn.prepare_cached(
            "SELECT route, dialect, model FROM exchanges
              WHERE id > (SELECT max(id) FROM exchanges) - 20000
                AND rehearsal = 0 AND +started_at >= ?1 AND ended = 'complete'
              GROUP BY route, dialect, model
              ORDER BY max(id) DESC",
        )?;
        let rows = select.query_map([Col(since)], |row| {
            Ok((row.get("route")?, get(row, "dialect")?, row.get("model")?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(crate) fn tests_spent(&self, since: DateTime<Utc>) -> Result<TestSums, LedgerError> {
        let sums = self
            .conn
            .prepare_cached(
                "SELECT CAST(total(cost) AS INTEGER) AS spent,
                        CAST(total(cost) FILTER (WHERE tokens_estimated) AS INTEGER) AS of_estimated_tokens,
                        CAST(total(counted) AS INTEGER) AS counted
                   FROM fallback_tests WHERE at >= ?1",
            )?
            .query_row([Col(since)], |row| {
                Ok(TestSums {
                    spent: get(row, "spent")?,
                    of_estimated_tokens: get(row, "of_estimated_tokens")?,
                    counted: get(row, "counted")?,
                })
            })?;
        Ok(sums)
    }
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<FallbackTestRow> {
    let failed = match row.get("failed_step")? {
        Some(step) => Some(FailedTest {
            step,
            fault: get(row, "fault")?,
            why: row.get("why")?,
            fix: row.get("fix")?,
        }),
        None => None,
    };
    Ok(FallbackTestRow {
        at: get(row, "at")?,
        dialect: get(row, "dialect")?,
        route: row.get("route")?,
        requested_model: row.get("asked_model")?,
        provider: get(row, "provider")?,
        endpoint: get(row, "endpoint")?,
        model: get(row, "model")?,
        fingerprint: row.get("fingerprint")?,
        failed,
        total_ms: get(row, "total_ms")?,
        tokens: Tokens {
            input: get(row, "input_tokens")?,
            output: get(row, "output_tokens")?,
            cache_read: get(row, "cache_read_tokens")?,
            cache_write: get(row, "cache_write_tokens")?,
            cache_write_hour: 0,
        },
        tokens_estimated: row.get("tokens_estimated")?,
        cost: maybe(row, "cost")?,
        counted: get(row, "counted")?,
        price_as_of: row.get("price_as_of")?,
    })
}
