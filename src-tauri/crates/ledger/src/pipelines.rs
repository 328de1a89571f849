//! What recent requests show of each pipeline.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::column::{Col, get};
use crate::sums::{answered_ends, failed_ends};
use crate::{Ledger, LedgerError};

/// The requests of one pipeline since an instant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PipelineUse {
    pub requests: u64,
    /// Distinct items; a request without a named item is none.
    pub items: u64,
    /// The client got a response.
    pub answered: u64,
    /// Of those: from a fallback.
    pub carried: u64,
    /// The client should have got a response and got none.
    pub failed: u64,
}

pub(crate) const USES: &str = concat!(
    "SELECT pipeline,
            count(*) AS requests,
            count(DISTINCT item) AS items,
            count(*) FILTER (WHERE ended IN ",
    answered_ends!(),
    ") AS answered,
            count(*) FILTER (WHERE carried AND ended IN ",
    answered_ends!(),
    ") AS carried,
            count(*) FILTER (WHERE ended IN ",
    failed_ends!(),
    ") AS failed
       FROM exchanges
      WHERE rehearsal = 0 AND started_at >= ?1 AND pipeline IS NOT NULL
      GROUP BY pipeline"
);

impl Ledger {
    /// By the pipeline's name.
    pub fn pipeline_uses(
        &self,
        since: DateTime<Utc>,
    ) -> Result<BTreeMap<String, PipelineUse>, LedgerError> {
        let mut select = self.conn.prepare_cached(USES)?;
        let uses = select.query_map([Col(since)], |row| {
            let found = PipelineUse {
                requests: get(row, "requests")?,
                items: get(row, "items")?,
                answered: get(row, "answered")?,
                carried: get(row, "carried")?,
                failed: get(row, "failed")?,
            };
            Ok((row.get("pipeline")?, found))
        })?;
        Ok(uses.collect::<Result<_, _>>()?)
    }
}
