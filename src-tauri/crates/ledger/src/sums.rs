//! Figures over many rows. None of them counts rehearsals; the cost of a drill's own request is real and counts.

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
    /// Estimate. Includes discarded attempts, tests of fallbacks and drills, but not probes.
    pub spent: MicroDollars,
    /// The part of `spent` whose tokens are estimated from bytes: truncated responses, and responses without usage.
    pub of_estimated_tokens: MicroDollars,
    /// The part of `spent` for fallbacks, their tests, drills and runs of the drain. A model without a price counts at [`DEAREST`], so that it
    /// cannot bypass the day's cap.
    pub fallbacks: MicroDollars,
    /// The part of `spent` for the own requests of drills.
    pub drills: MicroDollars,
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
                    drills: MicroDollars::ZERO,
                    probes: MicroDollars::ZERO,
                    unpriced: get(row, "unpriced")?,
                })
            },
        )?;
        let tests = self.tests_spent(since)?;
        let drills = self.drills_spent(since)?;
        Ok(Sums {
            spent: sums.spent + tests.spent + drills.spent,
            of_estimated_tokens: sums.of_estimated_tokens
                + tests.of_estimated_tokens
                + drills.of_estimated_tokens,
            fallbacks: sums.fallbacks
                + tests.counted
                + drills.counted
                + self.drained_since(since)?,
            drills: drills.spent,
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

/// Ends of exchanges whose client got a response.
macro_rules! answered_ends {
    () => {
        "('complete', 'replayed', 'truncated', 'refused')"
    };
}
pub(crate) use answered_ends;

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

/// Outcomes that are a rate limit, a used-up plan or balance: no sign of an outage.
macro_rules! limit_outcomes {
    () => {
        "('rate limit', 'limit', 'out of quota')"
    };
}
pub(crate) use limit_outcomes;

/// Outcomes whose cause is this computer, its network or its settings.
macro_rules! local_outcomes {
    () => {
        "('key refused', 'model not served', 'not reached: offline', 'not reached: certificate not trusted',
          'not reached: certificate dates', 'not reached: out of resources')"
    };
}
pub(crate) use local_outcomes;

/// Attempt `a` of an exchange is one of a fallback, or was forwarded with a kept key. Parameter: the exchange's alias.
macro_rules! of_fallback {
    ($e:literal) => {
        concat!(
            "coalesce((a.endpoint, a.model) <> (",
            $e,
            ".primary_endpoint, ",
            $e,
            ".primary_model), 0) OR ",
            $e,
            ".route = 'pass-through'"
        )
    };
}
pub(crate) use of_fallback;

/// 1 at the first attempt `a` of an exchange that billed a key, and whose cost is not known. Parameter: the exchange's alias.
macro_rules! unpriced {
    ($e:literal) => {
        concat!(
            "CASE WHEN a.number = 1 AND ",
            $e,
            ".cost IS NULL AND ",
            $e,
            ".ended <> 'turned_away'
                  THEN EXISTS (SELECT 1 FROM attempts b WHERE b.exchange = ",
            $e,
            ".id AND NOT b.by_subscription) ELSE 0 END"
        )
    };
}
pub(crate) use unpriced;

/// SQLite's `sum` fails on integer overflow, and then the day's cap has no figure. `total` is exact up to nine billion
/// dollars, and the cast saturates. Parameters: the beginning, then the two prices of [`DEAREST`].
pub(crate) const TODAY: &str = concat!(
    "SELECT count(*) FILTER (WHERE first) AS exchanges,
            count(*) FILTER (WHERE first AND ended IN ",
    failed_ends!(),
    ") AS failed,
            count(*) FILTER (WHERE first AND carried) AS carried,
            CAST(total(cost) FILTER (WHERE first) AS INTEGER) AS spent,
            CAST(total(attempt_cost) FILTER (WHERE tokens_estimated AND cost IS NOT NULL) AS INTEGER) AS of_estimated_tokens,
            CAST(total(coalesce(
                attempt_cost,
                ?2 * (input_tokens + cache_read_tokens + cache_write_tokens) + ?3 * output_tokens
            )) FILTER (
                WHERE NOT by_subscription
                  AND ((endpoint, attempt_model) <> (primary_endpoint, primary_model) OR route = 'pass-through')
            ) AS INTEGER) AS stand_ins,
            count(DISTINCT iif(cost IS NULL AND NOT by_subscription, id, NULL)) AS unpriced
       FROM (
        SELECT e.id, e.ended, e.carried, e.cost, e.route, e.primary_endpoint, e.primary_model,
               a.number IS NULL OR a.number = 1 AS first, a.endpoint, a.model AS attempt_model, a.cost AS attempt_cost,
               a.tokens_estimated, a.by_subscription, a.input_tokens, a.output_tokens, a.cache_read_tokens,
               a.cache_write_tokens
          FROM exchanges e LEFT JOIN attempts a ON a.exchange = e.id
         WHERE e.rehearsal = 0 AND e.ended <> 'turned_away' AND e.started_at >= ?1
       )"
);
