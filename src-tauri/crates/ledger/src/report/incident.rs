//! Incidents of a time, and what one did.

use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::affected::{self, hit, stamp_delay};
use crate::column::{Col, get, maybe};
use crate::incidents::IncidentRow;
use crate::sums::answered_ends;
use crate::{Ledger, LedgerError, figures};

/// What a report needs of an incident besides its impact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportIncident {
    /// The status page posted about it.
    pub has_posts: bool,
    /// When a fallback first answered one of its requests.
    pub first_fallback: Option<DateTime<Utc>>,
    /// Products that answered, most requests first.
    pub carried_by: Vec<ProviderId>,
    /// Of the fallbacks, estimated.
    pub cost: MicroDollars,
}

/// Requests of one pipeline that an incident affected, as far as their rows are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportItems {
    /// `None`: requests without one.
    pub pipeline: Option<String>,
    pub hit: u64,
    /// Answered by a fallback.
    pub carried: u64,
    /// Answered by the provider, after a failure.
    pub answered: u64,
    /// Review items that were answered later, or done by hand.
    pub later: u64,
    /// Review items that the owner dismissed.
    pub dismissed: u64,
}

impl Ledger {
    /// Incidents that were open in this time, by their opening, at most this many.
    pub fn incidents_between(
        &self,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        most: u32,
    ) -> Result<Vec<(i64, IncidentRow)>, LedgerError> {
        let ids: Vec<i64> = self
            .conn
            .prepare_cached(BETWEEN)?
            .query_map((Col(from), Col(to), most), |row| row.get("id"))?
            .collect::<Result<_, _>>()?;
        let mut rows = Vec::new();
        for id in ids {
            if let Some(found) = self.incident(id)? {
                rows.push((id, found.incident));
            }
        }
        Ok(rows)
    }

    /// The opening of the first incident, and the begin of the first exchange or daily sum: reports begin there.
    pub fn report_begins(&self) -> Result<Option<DateTime<Utc>>, LedgerError> {
        Ok(self
            .conn
            .prepare_cached(BEGINS)?
            .query_row((), |row| maybe(row, "begins"))?)
    }

    /// `carried`: it has requests that a fallback answered.
    pub fn report_incident(
        &self,
        id: i64,
        incident: &IncidentRow,
        carried: bool,
    ) -> Result<ReportIncident, LedgerError> {
        let has_posts = self
            .conn
            .prepare_cached(HAS_POSTS)?
            .query_row([id], |row| row.get(0))?;
        let mut found = ReportIncident {
            has_posts,
            first_fallback: None,
            carried_by: Vec::new(),
            cost: MicroDollars::ZERO,
        };
        if carried {
            let by = match figures::read(&self.conn, id)? {
                Some(_) => figures::carried_by(&self.conn, id)?,
                None => affected::carried_by(&self.conn, id)?,
            };
            found.cost = by.iter().map(|row| row.cost).sum();
            let answered = by.into_iter().filter(|row| row.answered > 0);
            found.carried_by = answered.map(|row| row.provider).collect();
            let ends = incident.closed.map_or(i64::MAX, |at| at.timestamp_millis());
            found.first_fallback = self.conn.prepare_cached(FIRST_FALLBACK)?.query_row(
                (Col(&incident.provider), Col(incident.opened), ends),
                |row| maybe(row, "at"),
            )?;
        }
        Ok(found)
    }

    /// Counted from the requests: for one incident.
    pub fn report_items(&self, incident: i64) -> Result<Vec<ReportItems>, LedgerError> {
        self.items(ITEMS, incident)
    }

    /// From the stored figures of a closed incident, which do not have `answered`: for a list of incidents.
    pub fn report_stored_items(&self, incident: i64) -> Result<Vec<ReportItems>, LedgerError> {
        self.items(STORED_ITEMS, incident)
    }

    fn items(&self, sql: &str, incident: i64) -> Result<Vec<ReportItems>, LedgerError> {
        let mut select = self.conn.prepare_cached(sql)?;
        let rows = select.query_map([incident], |row| {
            Ok(ReportItems {
                pipeline: row.get("pipeline")?,
                hit: get(row, "hit")?,
                carried: get(row, "carried")?,
                answered: get(row, "answered")?,
                later: get(row, "later")?,
                dismissed: get(row, "dismissed")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Ids of an incident's review items: the stored ones of a closed incident, else those of its requests.
pub(super) fn parked(conn: &Connection, incident: i64) -> rusqlite::Result<Vec<String>> {
    let is_counted: Option<bool> = conn
        .prepare_cached(
            "SELECT hit IS NOT NULL AND closed_at IS NOT NULL FROM incidents WHERE id = ?1",
        )?
        .query_row([incident], |row| row.get(0))
        .optional()?;
    let sql = match is_counted {
        None => return Ok(Vec::new()),
        Some(true) => STORED,
        Some(false) => crate::outages::PARKED,
    };
    let mut select = conn.prepare_cached(sql)?;
    let ids = select.query_map([incident], |row| row.get("parked"))?;
    ids.collect()
}

const STORED: &str =
    "SELECT DISTINCT parked FROM incident_items WHERE incident = ?1 AND parked IS NOT NULL";

const BETWEEN: &str = "SELECT id FROM incidents
      WHERE opened_at < ?2 AND (closed_at IS NULL OR closed_at > ?1)
      ORDER BY opened_at, id LIMIT ?3";

const BEGINS: &str = "SELECT min(at) AS begins FROM (
        SELECT min(opened_at) AS at FROM incidents
        UNION ALL
        SELECT min(started_at) FROM exchanges WHERE rehearsal = 0
        UNION ALL
        SELECT min(begins) FROM daily
     )";

const HAS_POSTS: &str =
    "SELECT EXISTS (SELECT 1 FROM timeline WHERE incident = ?1 AND source = 'status_page')";

/// The first token, or the end of a response in one piece.
const FIRST_FALLBACK: &str = concat!(
    "SELECT min(max(started_at + coalesce(ttft_ms, total_ms), ?2)) AS at FROM exchanges
      WHERE carried AND rehearsal = 0 AND primary_provider = ?1
        AND started_at >= ?2 - 3600000 AND started_at <= ?3 AND started_at + total_ms >= ?2 - ",
    stamp_delay!()
);

const STORED_ITEMS: &str =
    "SELECT p.pipeline AS pipeline, p.hit AS hit, p.carried AS carried, 0 AS answered,
            count(r.id) FILTER (WHERE r.state IN ('answered', 'done')) AS later,
            count(r.id) FILTER (WHERE r.state = 'dismissed') AS dismissed
       FROM incident_pipelines p
       LEFT JOIN incident_items x ON x.incident = p.incident AND x.pipeline = p.pipeline
       LEFT JOIN review_items r ON r.id = x.parked
      WHERE p.incident = ?1
      GROUP BY p.pipeline";

const ITEMS: &str = concat!(
    "WITH ",
    hit!(),
    "SELECT e.pipeline AS pipeline,
            count(*) AS hit,
            count(*) FILTER (WHERE e.carried) AS carried,
            count(*) FILTER (WHERE NOT e.carried AND e.ended IN ",
    answered_ends!(),
    ") AS answered,
            count(DISTINCT e.parked) FILTER (WHERE r.state IN ('answered', 'done')) AS later,
            count(DISTINCT e.parked) FILTER (WHERE r.state = 'dismissed') AS dismissed
       FROM hit CROSS JOIN exchanges e ON e.id = hit.id
       LEFT JOIN review_items r ON r.id = e.parked
      GROUP BY e.pipeline"
);
