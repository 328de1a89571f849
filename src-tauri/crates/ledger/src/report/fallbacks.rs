//! What fallbacks answered in the primary's place, for an estimate of what the primary would have cost.

use catalog::{MicroDollars, ModelId, ProviderId, Tokens};
use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::Row;

use crate::column::get;
use crate::series::slots;
use crate::{Ledger, LedgerError, Slots};

/// Requests with the same habits: prompts that are cached to a similar part, and the same kind of login.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReportCaller {
    pub client: String,
    pub pipeline: Option<String>,
    /// The primary.
    pub provider: ProviderId,
    pub model: ModelId,
}

/// A request that a fallback answered, and that was billed to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportCarried {
    pub slot: u32,
    pub caller: ReportCaller,
    /// When the fallback got the request.
    pub at: DateTime<Utc>,
    /// As the fallback reported them.
    pub tokens: Tokens,
    pub cost: MicroDollars,
}

/// The sum over the responses of a primary to a caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPrimaryUse {
    pub caller: ReportCaller,
    pub tokens: Tokens,
    pub requests: u64,
    /// Of those: paid by the client's own subscription.
    pub by_subscription: u64,
}

impl Ledger {
    pub fn report_carried_costs(&self, slots: &Slots) -> Result<Vec<ReportCarried>, LedgerError> {
        let mut select = self.conn.prepare_cached(CARRIED)?;
        let rows = select.query_map([slots.json()], |row| {
            let started: DateTime<Utc> = get(row, "started_at")?;
            let after = TimeDelta::try_milliseconds(row.get("started_ms")?).unwrap_or_default();
            Ok(ReportCarried {
                slot: row.get("slot")?,
                caller: caller(row)?,
                at: started + after,
                tokens: tokens(row)?,
                cost: get(row, "cost")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub fn report_primary_use(&self, slots: &Slots) -> Result<Vec<ReportPrimaryUse>, LedgerError> {
        let mut select = self.conn.prepare_cached(PRIMARY)?;
        let rows = select.query_map([slots.json()], |row| {
            Ok(ReportPrimaryUse {
                caller: caller(row)?,
                tokens: tokens(row)?,
                requests: get(row, "requests")?,
                by_subscription: get(row, "by_subscription")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn caller(row: &Row<'_>) -> rusqlite::Result<ReportCaller> {
    Ok(ReportCaller {
        client: row.get("client")?,
        pipeline: row.get("pipeline")?,
        provider: get(row, "primary_provider")?,
        model: get(row, "primary_model")?,
    })
}

fn tokens(row: &Row<'_>) -> rusqlite::Result<Tokens> {
    Ok(Tokens {
        input: get(row, "input_tokens")?,
        output: get(row, "output_tokens")?,
        cache_read: get(row, "cache_read_tokens")?,
        cache_write: get(row, "cache_write_tokens")?,
        cache_write_hour: 0,
    })
}

/// The last attempt has the response.
const CARRIED: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT s.slot, e.client, e.pipeline, e.primary_provider, e.primary_model, e.started_at, a.started_ms, a.input_tokens,
            a.output_tokens, a.cache_read_tokens, a.cache_write_tokens, a.cost
       FROM slots s
      CROSS JOIN exchanges e INDEXED BY exchanges_by_start
      CROSS JOIN attempts a
      WHERE e.rehearsal = 0 AND e.carried AND e.started_at >= s.begins AND e.started_at < s.ends
        AND e.primary_model IS NOT NULL AND e.cost IS NOT NULL AND e.route <> 'pass-through' AND a.exchange = e.id
        AND a.number = (SELECT max(last.number) FROM attempts last WHERE last.exchange = e.id)
        AND NOT a.by_subscription AND a.cost > 0 AND a.input_tokens IS NOT NULL"
);

const PRIMARY: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT e.client, e.pipeline, e.primary_provider, e.primary_model,
            CAST(total(a.input_tokens) AS INTEGER) AS input_tokens,
            CAST(total(a.output_tokens) AS INTEGER) AS output_tokens,
            CAST(total(a.cache_read_tokens) AS INTEGER) AS cache_read_tokens,
            CAST(total(a.cache_write_tokens) AS INTEGER) AS cache_write_tokens,
            count(*) AS requests, count(*) FILTER (WHERE a.by_subscription) AS by_subscription
       FROM slots s
      CROSS JOIN exchanges e INDEXED BY exchanges_by_start
      CROSS JOIN attempts a
      WHERE e.rehearsal = 0 AND NOT e.carried AND e.started_at >= s.begins AND e.started_at < s.ends
        AND e.primary_model IS NOT NULL AND a.exchange = e.id
        AND (a.endpoint, a.model) = (e.primary_endpoint, e.primary_model)
        AND NOT a.provider_failed AND NOT a.tokens_estimated AND a.input_tokens IS NOT NULL
      GROUP BY e.client, e.pipeline, e.primary_provider, e.primary_model"
);
