//! The cost of drills' own requests. Their rows are marked as rehearsals, but went to a provider that bills them.

use catalog::{DEAREST, MicroDollars};
use chrono::{DateTime, Utc};

use crate::column::{Col, get};
use crate::{Ledger, LedgerError};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DrillSums {
    pub(crate) spent: MicroDollars,
    pub(crate) of_estimated_tokens: MicroDollars,
    pub(crate) counted: MicroDollars,
}

/// Attempt `a` of a row that is marked as a rehearsal is a drill's request to a real provider.
macro_rules! is_drills {
    () => {
        "a.provider <> 'rehearsal' AND a.outcome <> 'made by a drill'"
    };
}
pub(crate) use is_drills;

impl Ledger {
    pub(crate) fn drills_spent(&self, since: DateTime<Utc>) -> Result<DrillSums, LedgerError> {
        let sums = self.conn.prepare_cached(SPENT)?.query_row(
            (Col(since), DEAREST.0, DEAREST.1),
            |row| {
                Ok(DrillSums {
                    spent: get(row, "spent")?,
                    of_estimated_tokens: get(row, "of_estimated_tokens")?,
                    counted: get(row, "counted")?,
                })
            },
        )?;
        Ok(sums)
    }
}

/// As [`TODAY`](crate::sums::TODAY). No attempt is at the primary, which gets no request.
const SPENT: &str = concat!(
    "SELECT CAST(total(a.cost) FILTER (WHERE e.cost IS NOT NULL) AS INTEGER) AS spent,
            CAST(total(a.cost) FILTER (WHERE e.cost IS NOT NULL AND a.tokens_estimated) AS INTEGER) AS of_estimated_tokens,
            CAST(total(coalesce(
                a.cost,
                ?2 * (a.input_tokens + a.cache_read_tokens + a.cache_write_tokens) + ?3 * a.output_tokens
            )) FILTER (WHERE NOT a.by_subscription) AS INTEGER) AS counted
       FROM exchanges e CROSS JOIN attempts a ON a.exchange = e.id
      WHERE e.rehearsal = 1 AND e.ended <> 'turned_away' AND e.started_at >= ?1 AND ",
    is_drills!()
);
