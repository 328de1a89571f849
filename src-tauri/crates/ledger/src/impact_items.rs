//! What the impact of an incident is computed from, besides its own figures: its items, and earlier incidents.

use std::collections::BTreeSet;

use catalog::ProviderId;
use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::affected::{self, EarlierIncident};
use crate::column::{Col, get};
use crate::items::Items;
use crate::marks::{self, Mark};
use crate::{Closing, ImpactItem, Ledger, LedgerError, ReviewState, figures, items};

/// In the order of their records.
pub(crate) fn earlier(conn: &Connection, incident: i64) -> rusqlite::Result<Vec<EarlierIncident>> {
    let mut select = conn.prepare_cached(EARLIER)?;
    let rows: Vec<(i64, ProviderId)> = select
        .query_map([incident], |row| {
            Ok((row.get("id")?, get(row, "provider")?))
        })?
        .collect::<Result<_, _>>()?;
    let with_stretches = rows.into_iter().map(|(id, provider)| {
        let stretches = match figures::is_stored(conn, id)? {
            true => figures::stretches(conn, id)?,
            false => affected::stretches_of(conn, id)?,
        };
        Ok(EarlierIncident {
            provider,
            stretches,
        })
    });
    with_stretches.collect()
}

/// `None`: there is no such incident.
fn of_incident(conn: &Connection, incident: i64) -> rusqlite::Result<Option<Items>> {
    Ok(match figures::is_stored(conn, incident)? {
        true => Some(items::read(conn, incident)?),
        false => items::counted(conn, incident)?.map(|(_, items)| items),
    })
}

/// The open review items of this incident: those that its figures count as waiting.
pub(crate) fn waiting(conn: &Connection, incident: i64) -> rusqlite::Result<BTreeSet<String>> {
    let failed = of_incident(conn, incident)?.unwrap_or_default().failed;
    let open = failed
        .into_iter()
        .filter(|item| item.review == Some(ReviewState::Open));
    Ok(open.filter_map(|item| item.parked).collect())
}

impl Ledger {
    /// The items that failed once during this incident. `None`: there is no such incident.
    pub fn impact_items(&self, incident: i64) -> Result<Option<Vec<ImpactItem>>, LedgerError> {
        let items = of_incident(&self.conn, incident)?;
        let marks = marks::of_incident(&self.conn, incident)?;
        Ok(items.map(|items| items::listed(&items, &marks)))
    }

    /// The owner marks an item, or removes the mark. An item that waits leaves the review queue. False: no such item failed
    /// during this incident.
    pub fn mark_item(
        &mut self,
        incident: i64,
        pipeline: &str,
        key: &str,
        mark: Option<Mark>,
        at: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        let items = self.impact_items(incident)?.unwrap_or_default();
        let is_it = |item: &&ImpactItem| item.pipeline == pipeline && item.key == key;
        let Some(item) = items.iter().find(is_it) else {
            return Ok(false);
        };
        let name = (incident, pipeline, key);
        let closing = match mark {
            None => {
                self.conn
                    .prepare_cached(
                        "DELETE FROM incident_marks WHERE (incident, pipeline, key) = (?1, ?2, ?3)",
                    )?
                    .execute(name)?;
                return Ok(true);
            }
            Some(Mark::Recovered) => Closing::Done,
            Some(Mark::Lost) => Closing::Dismissed,
        };
        for review in &item.reviews {
            self.close_review(review, closing, None, at)?;
        }
        self.conn
            .prepare_cached(
                "INSERT OR REPLACE INTO incident_marks (incident, pipeline, key, mark, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((incident, pipeline, key, mark.map(Col), Col(at)))?;
        Ok(true)
    }
}

/// Eight days before it: its week in every zone.
pub(crate) const EARLIER: &str = "SELECT o.id AS id, o.provider AS provider
       FROM incidents i CROSS JOIN incidents o
      WHERE i.id = ?1
        AND o.opened_at BETWEEN i.opened_at - 90 * 86400000 AND coalesce(i.closed_at, 9223372036854775807)
        AND coalesce(o.closed_at, 9223372036854775807) >= i.opened_at - 8 * 86400000
        AND o.id < i.id AND NOT o.past AND NOT i.past
      ORDER BY o.id";
