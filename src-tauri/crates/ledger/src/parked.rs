//! The requests of a review item.

use crate::exchanges::ExchangeRow;
use crate::{Ledger, LedgerError};

/// Most requests of one item that are read: the latest.
const MOST: u32 = 20;

/// A failed request began at most an hour before it was parked: the longest one ends before.
pub(crate) const REQUESTS: &str = "SELECT e.id AS id
       FROM review_items r CROSS JOIN exchanges e
      WHERE r.id = ?1 AND e.parked = r.id AND e.rehearsal = 0
        AND e.started_at >= r.first_at - 3600000 AND e.started_at <= r.last_at
     UNION
     SELECT settled_by FROM review_items WHERE id = ?1 AND settled_by IS NOT NULL
     ORDER BY 1 DESC LIMIT ?2";

impl Ledger {
    /// The requests that failed and wait as this item, and the one that answered it: each with its id, oldest first.
    pub fn requests_of_review(&self, review: &str) -> Result<Vec<(i64, ExchangeRow)>, LedgerError> {
        let mut select = self.conn.prepare_cached(REQUESTS)?;
        let ids = select.query_map((review, MOST), |row| row.get::<_, i64>(0))?;
        let mut rows = Vec::new();
        for id in ids {
            let id = id?;
            if let Some(row) = self.exchange(id)? {
                rows.push((id, row));
            }
        }
        rows.reverse();
        Ok(rows)
    }
}
