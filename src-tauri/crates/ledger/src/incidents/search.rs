//! The search for incidents: by their own text, by an entry of their timeline, or by a request that failed in them.

use rusqlite::{ToSql, params_from_iter};

use super::{IncidentRow, read_listed};
use crate::column::Col;
use crate::search_text::{SearchText, request_ids};
use crate::{Ledger, LedgerError, Page, page_limit};

const OF_INCIDENT: &[&str] = &["provider", "title", "evidence"];

/// Failed attempts at the provider of incident `i`. A request that began up to an hour earlier can have failed because of it; ids
/// bound the range of attempts, which have no time of their own.
const FAILED: &str = "
SELECT 1
  FROM (SELECT min(id) AS low, max(id) AS high FROM exchanges INDEXED BY exchanges_by_start
         WHERE rehearsal = 0 AND started_at >= i.opened_at - 3600000
           AND started_at <= coalesce(i.closed_at, 9223372036854775807)) span
 CROSS JOIN attempts a
 CROSS JOIN exchanges e
 WHERE a.provider_failed AND a.provider = i.provider AND a.exchange BETWEEN span.low AND span.high
   AND e.id = a.exchange AND e.rehearsal = 0";

impl Ledger {
    /// As [`incidents`](Self::incidents), with this text. A blank text matches all.
    pub fn find_incidents(
        &self,
        text: &str,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<IncidentRow>, LedgerError> {
        let Some(search) = SearchText::of(text) else {
            return self.incidents(limit, before);
        };
        let limit = page_limit(limit);
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let mut later = String::new();
        if let Some(before) = before {
            later = "(opened_at, id) < ((SELECT opened_at FROM incidents WHERE id = ?), ?) AND "
                .to_owned();
            values.extend([Box::new(before) as Box<dyn ToSql>, Box::new(before)]);
        }
        let own = search.of_columns("i", OF_INCIDENT);
        let entry = search.of_columns("t", &["said"]);
        let failed = search.of_failed_attempt();
        let ids = request_ids(&self.conn, text)?;
        let named = match ids.is_empty() {
            true => String::new(),
            false => format!(" OR e.request_id IN ({})", vec!["?"; ids.len()].join(", ")),
        };
        let sql = format!(
            "SELECT * FROM incidents i WHERE {later}({} OR EXISTS (SELECT 1 FROM timeline t WHERE t.incident = i.id AND {}) \
             OR EXISTS ({FAILED} AND ({}{named}))) ORDER BY opened_at DESC, id DESC LIMIT ?",
            own.sql, entry.sql, failed.sql
        );
        values.extend(own.values);
        values.extend(entry.values);
        values.extend(failed.values);
        values.extend(ids.into_iter().map(|id| Box::new(id) as Box<dyn ToSql>));
        values.push(Box::new(Col(limit as u64 + 1)));
        let mut select = self.conn.prepare_cached(&sql)?;
        let rows = select.query_map(params_from_iter(values), read_listed)?;
        Ok(Page::cut(rows.collect::<Result<_, _>>()?, limit))
    }
}
