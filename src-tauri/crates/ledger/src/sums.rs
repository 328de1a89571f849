//! Figures over many rows. None of them counts rehearsals.

use catalog::{DEAREST, MicroDollars};
use chrono::{DateTime, Utc};

use crate::column::{Col, get};
use crate::{Ledger, LedgerError};

/// Totals since an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub exchanges: u64,
    /// The client should have got a response and got none.
    pub failed: u64,
    pub carried_by_fallback: u64,
    /// Estimate. Includes discarded attempts and tests of fallbacks, but not probes.
    pub spent: MicroDollars,
    /// The part of `spent` whose tokens are estimated from bytes: truncated responses, and responses without usage.
    pub of_estimated_tokens: MicroDollars,
    /// The part of `spent` for fallbacks and their tests. A model without a price counts at [`DEAREST`], so that it
    /// cannot bypass the day's cap.
    pub fallbacks: MicroDollars,
    /// Estimate.
    pub probes: MicroDollars,
    /// Exchanges that billed a key, and whose cost is not known.
    pub unpriced: u64,
}

/// The requests that an incident affected: while it was open, the provider failed an attempt, or a fallback answered the
/// request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IncidentTraffic {
    pub hit: u64,
    pub carried_by_fallback: u64,
    /// Of those affected: requests without a response.
    pub failed: u64,
}

impl Ledger {
    /// Sums over exchanges that began at `since` (the owner's midnight) or later.
    pub fn today(&self, since: DateTime<Utc>) -> Result<Sums, LedgerError> {
        let sums = self.conn.prepare_cached(TODAY)?.query_row(
            (Col(since), DEAREST.0, DEAREST.1),
            |row| {
                Ok(Sums {
                    exchanges: get(row, "exchanges")?,
                    failed: get(row, "failed")?,
                    carried_by_fallback: get(row, "carried")?,
                    spent: get(row, "spent")?,
                    of_estimated_tokens: get(row, "of_estimated_tokens")?,
                    fallbacks: get(row, "stand_ins")?,
                    probes: MicroDollars::ZERO,
                    unpriced: get(row, "unpriced")?,
                })
            },
        )?;
        let tests = self.tests_spent(since)?;
        Ok(Sums {
            spent: sums.spent + tests.spent,
            of_estimated_tokens: sums.of_estimated_tokens + tests.of_estimated_tokens,
            fallbacks: sums.fallbacks + tests.counted,
            probes: self.probes_spent(since)?,
            ..sums
        })
    }
}

/// The ends for which [`End::failed`](crate::End::failed) is true.
macro_rules! failed_ends {
    () => {
        "('cut', 'exhausted', 'our_fault')"
    };
}
pub(crate) use failed_ends;

/// Incident `i` affected exchange `e`. An exchange that began earlier may still have failed because of it. The hour bounds the
/// index range, and is four times the default limit of an exchange.
macro_rules! met {
    () => {
        "e.rehearsal = 0
        AND e.started_at >= i.opened_at - 3600000
        AND e.started_at <= coalesce(i.closed_at, 9223372036854775807)
        AND e.started_at + e.total_ms >= i.opened_at
        AND (
            EXISTS (
                SELECT 1 FROM attempts a
                 WHERE a.exchange = e.id AND a.provider = i.provider AND a.provider_failed
            )
            OR (e.carried AND e.primary_provider = i.provider)
        )"
    };
}
pub(crate) use met;

/// Attempt `a` shows whether the provider works: it failed, produced a first token, or got a response in one piece. The engine
/// writes these outcomes.
macro_rules! shows_health {
    () => {
        "(a.provider_failed OR a.ttft_ms IS NOT NULL
             OR a.outcome IN ('complete', 'continues', 'unknown stop reason', 'token limit', 'declined'))"
    };
}
pub(crate) use shows_health;

/// Outcomes of probes that show whether the provider works.
macro_rules! judged_probes {
    () => {
        "('complete', 'no connection', 'silent', 'error status', 'cut', 'stalled', 'error event', 'malformed')"
    };
}
pub(crate) use judged_probes;

/// SQLite's `sum` fails on integer overflow, and then the day's cap has no figure. `total` is exact up to nine billion
/// dollars, and the cast saturates. Parameters: the beginning, then the two prices of [`DEAREST`].
pub(crate) const TODAY: &str = concat!(
    "SELECT count(*) AS exchanges,
            count(*) FILTER (WHERE ended IN ",
    failed_ends!(),
    ") AS failed,
            count(*) FILTER (WHERE carried) AS carried,
            CAST(total(cost) AS INTEGER) AS spent,
            CAST(total((
                SELECT total(a.cost) FROM attempts a
                 WHERE a.exchange = exchanges.id AND a.tokens_estimated AND exchanges.cost IS NOT NULL
            )) AS INTEGER) AS of_estimated_tokens,
            CAST(total((
                SELECT total(coalesce(a.cost, ?2 * (a.input_tokens + a.cache_read_tokens + a.cache_write_tokens) + ?3 * a.output_tokens))
                  FROM attempts a
                 WHERE a.exchange = exchanges.id AND NOT a.by_subscription
                   AND ((a.endpoint, a.model) <> (primary_endpoint, primary_model) OR route = 'pass-through')
            )) AS INTEGER) AS stand_ins,
            count(*) FILTER (
                WHERE cost IS NULL
                  AND EXISTS (SELECT 1 FROM attempts WHERE exchange = exchanges.id AND NOT by_subscription)
            ) AS unpriced
       FROM exchanges
      WHERE rehearsal = 0 AND ended <> 'turned_away' AND started_at >= ?1"
);
