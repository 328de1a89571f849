//! The exchanges of an item.

use catalog::MicroDollars;
use chrono::{DateTime, Utc};

use crate::column::{get, maybe};
use crate::{Ledger, LedgerError};

/// One exchange of an item: it failed and was parked, or it has the response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewAttempt {
    pub exchange: i64,
    pub at: DateTime<Utc>,
    pub answered: bool,
    pub client: String,
    /// The endpoint and the model of its last attempt.
    pub endpoint: Option<String>,
    pub model: Option<String>,
    /// How its last attempt ended.
    pub outcome: Option<String>,
    pub message: Option<String>,
    /// `None`: a price is unknown.
    pub cost: Option<MicroDollars>,
}

/// The most exchanges of one item that are listed.
const MOST: u32 = 50;

impl Ledger {
    /// The exchanges of this item, oldest first.
    pub fn review_attempts(&self, id: &str) -> Result<Vec<ReviewAttempt>, LedgerError> {
        let mut select = self.conn.prepare_cached(ATTEMPTS)?;
        let rows = select.query_map((id, MOST), |row| {
            Ok(ReviewAttempt {
                exchange: row.get("id")?,
                at: get(row, "started_at")?,
                answered: row.get("answered")?,
                client: row.get("client")?,
                endpoint: row.get("endpoint")?,
                model: row.get("model")?,
                outcome: row.get("outcome")?,
                message: row.get("message")?,
                cost: maybe(row, "cost")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// The last attempt of each: it decided how the exchange ended.
pub(crate) const ATTEMPTS: &str = "
    SELECT e.id, e.started_at, e.client, e.cost, e.ended IN ('complete', 'replayed', 'truncated', 'refused') AS answered,
           a.endpoint, a.model, a.outcome, coalesce(a.detail, e.detail) AS message
      FROM (
        SELECT id FROM exchanges WHERE parked = ?1
         UNION
        SELECT settled_by FROM review_items WHERE id = ?1 AND settled_by IS NOT NULL
      ) AS of_item
      JOIN exchanges e ON e.id = of_item.id
      LEFT JOIN attempts a ON a.exchange = e.id
           AND a.number = (SELECT max(number) FROM attempts WHERE exchange = e.id)
     ORDER BY e.id
     LIMIT ?2";
