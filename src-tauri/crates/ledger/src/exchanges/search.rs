//! Filter for exchanges. The search runs in SQL over all rows, newest first.

use chrono::{DateTime, Utc};
use rusqlite::ToSql;
use rusqlite::params_from_iter;

use super::columns;
use super::row::{End, ExchangeRow};
use crate::column::{Col, readable};
use crate::search_text::{Condition, SearchText, request_ids};
use crate::{Ledger, LedgerError, Page, page_limit};

/// Conditions that all apply; the default matches every exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeFilter {
    /// Part of the id, client, session, model, pipeline, item, token's name or error, in any case; a status, or a client's own
    /// message. A text with complete ids finds only those exchanges.
    pub text: Option<String>,
    /// The client should have got a response and got none.
    pub failed: bool,
    /// By its complete name.
    pub pipeline: Option<String>,
    /// Began at this time or later.
    pub since: Option<DateTime<Utc>>,
    pub token: Option<ByToken>,
}

/// Whose requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByToken {
    /// Sent with this installation's own token.
    Own,
    /// By the complete name of the token.
    Named(String),
}

impl ExchangeFilter {
    /// Some rows do not match, so that a page may need many rows.
    fn is_searched(&self) -> bool {
        *self != ExchangeFilter::default()
    }
}

/// Rows that are searched for one page.
const SEARCHED: i64 = 20_000;

pub(crate) const SPAN: &str = "SELECT coalesce((SELECT min(id) FROM exchanges), 0), coalesce((SELECT max(id) FROM exchanges), 0)";

impl Ledger {
    /// Latest recorded first, at most [`PAGE_LIMIT`](crate::PAGE_LIMIT), older than the id `before`. With a filter, a page
    /// searches a limited number of rows: it may have fewer exchanges than the limit, or none, and still a next page.
    pub fn find_exchanges(
        &self,
        filter: &ExchangeFilter,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<ExchangeRow>, LedgerError> {
        let limit = page_limit(limit);
        let mut query = Query::new(before.unwrap_or(i64::MAX));
        let mut by_id = false;
        if let Some(text) = &filter.text
            && let Some(search) = SearchText::of(text)
        {
            let ids = request_ids(&self.conn, text)?;
            by_id = !ids.is_empty();
            match by_id {
                true => query.and_one_of("request_id", ids),
                false => query.and_condition(search.of_exchange()),
            }
        }
        if filter.failed {
            let failed = End::ALL.iter().filter(|end| end.failed());
            let words: Vec<String> = failed.map(|end| format!("'{}'", end.as_str())).collect();
            query
                .conditions
                .push(format!("ended IN ({})", words.join(", ")));
        }
        if let Some(pipeline) = &filter.pipeline {
            query.and("pipeline = ? COLLATE NOCASE", pipeline.clone());
        }
        if let Some(since) = filter.since {
            query.and("started_at >= ?", Col(since));
        }
        match &filter.token {
            None => {}
            Some(ByToken::Own) => query.conditions.push("token IS NULL".to_owned()),
            Some(ByToken::Named(name)) => {
                query.and("token = ? COLLATE NOCASE", name.clone());
            }
        }
        let floor = match filter.is_searched() && !by_id {
            true => self.search_floor(before)?,
            false => 0,
        };
        query.and("id > ?", floor);
        let (sql, values) = query.newest(limit as u64 + 1);
        let mut rows = self
            .conn
            .prepare_cached(&sql)?
            .query_map(params_from_iter(values), |row| {
                let read = readable(columns::read_exchange(row))?;
                Ok((row.get("id")?, read.map(|(_, exchange)| exchange)))
            })?
            .collect::<Result<Vec<_>, _>>()?;
        columns::attach_attempts(&self.conn, &mut rows)?;
        let mut page = Page::cut(rows, limit);
        if page.next.is_none() && floor > 0 {
            page.next = Some(floor + 1);
        }
        Ok(page)
    }

    /// The search ends here; older rows are searched for the next page. Zero: there are no older rows.
    fn search_floor(&self, before: Option<i64>) -> Result<i64, LedgerError> {
        let (oldest, newest): (i64, i64) = self
            .conn
            .prepare_cached(SPAN)?
            .query_row((), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let top = before.map_or(newest, |before| newest.min(before.saturating_sub(1)));
        let floor = top.saturating_sub(SEARCHED);
        Ok(if floor < oldest { 0 } else { floor })
    }
}

/// A statement with its values, in their order.
struct Query {
    conditions: Vec<String>,
    values: Vec<Box<dyn ToSql>>,
}

impl Query {
    fn new(before: i64) -> Self {
        let mut query = Self {
            conditions: Vec::new(),
            values: Vec::new(),
        };
        query.and("id < ?", before);
        query
    }

    fn and(&mut self, condition: &str, value: impl ToSql + 'static) {
        self.conditions.push(condition.to_owned());
        self.values.push(Box::new(value));
    }

    fn and_condition(&mut self, condition: Condition) {
        self.conditions.push(condition.sql);
        self.values.extend(condition.values);
    }

    fn and_one_of(&mut self, column: &str, of: Vec<String>) {
        let places = vec!["?"; of.len()].join(", ");
        self.conditions.push(format!("{column} IN ({places})"));
        let of = of.into_iter().map(|one| Box::new(one) as Box<dyn ToSql>);
        self.values.extend(of);
    }

    fn newest(mut self, count: u64) -> (String, Vec<Box<dyn ToSql>>) {
        self.values.push(Box::new(Col(count)));
        let sql = format!(
            "SELECT * FROM exchanges WHERE {} ORDER BY id DESC LIMIT ?",
            self.conditions.join(" AND ")
        );
        (sql, self.values)
    }
}
