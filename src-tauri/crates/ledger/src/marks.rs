//! The owner's marks on items that an incident affected, and the highest values at risk.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::column::{Col, get, word_enum};
use crate::schema::Step;
use crate::{Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[Step {
    version: 12,
    sql: "
CREATE TABLE incident_marks (
    incident INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    pipeline TEXT NOT NULL,
    key      TEXT NOT NULL,    -- as in incident_items
    mark     TEXT NOT NULL,    -- of the owner
    at       INTEGER NOT NULL, -- ms
    PRIMARY KEY (incident, pipeline, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_peaks (
    incident INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    currency TEXT NOT NULL,    -- ISO 4217
    low      INTEGER NOT NULL, -- millionths, as the next
    high     INTEGER NOT NULL,
    at       INTEGER NOT NULL, -- ms, of the highest value
    PRIMARY KEY (incident, currency)
) STRICT, WITHOUT ROWID;
",
}];

word_enum! {
    /// What the owner states about an item that failed.
    Mark {
        /// The work is done.
        Recovered = "recovered",
        Lost = "lost",
    }
}

/// The marks of one incident, by pipeline and key.
#[derive(Debug, Default)]
pub(crate) struct Marks(BTreeMap<(String, String), Mark>);

impl Marks {
    pub(crate) fn of(&self, pipeline: &str, key: &str) -> Option<Mark> {
        let name = (pipeline.to_owned(), key.to_owned());
        self.0.get(&name).copied()
    }
}

pub(crate) fn of_incident(conn: &Connection, incident: i64) -> rusqlite::Result<Marks> {
    let mut select =
        conn.prepare_cached("SELECT pipeline, key, mark FROM incident_marks WHERE incident = ?1")?;
    let rows = select.query_map([incident], |row| {
        Ok(((row.get("pipeline")?, row.get("key")?), get(row, "mark")?))
    })?;
    rows.collect::<Result<_, _>>().map(Marks)
}

/// The highest values at risk of an incident in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peak {
    pub currency: String,
    /// Millionths, as the next.
    pub low: i64,
    pub high: i64,
    /// Of the highest value.
    pub at: DateTime<Utc>,
}

pub(crate) fn peaks(conn: &Connection, incident: i64) -> rusqlite::Result<Vec<Peak>> {
    let mut select = conn.prepare_cached(
        "SELECT currency, low, high, at FROM incident_peaks WHERE incident = ?1 ORDER BY currency",
    )?;
    let rows = select.query_map([incident], |row| {
        Ok(Peak {
            currency: row.get("currency")?,
            low: row.get("low")?,
            high: row.get("high")?,
            at: get(row, "at")?,
        })
    })?;
    rows.collect()
}

impl Ledger {
    /// Keeps the highest values and their instant.
    pub fn record_peak(&mut self, incident: i64, peak: &Peak) -> Result<(), LedgerError> {
        self.conn
            .prepare_cached(
                "INSERT INTO incident_peaks (incident, currency, low, high, at)
                 SELECT id, ?2, ?3, ?4, ?5 FROM incidents WHERE id = ?1
                 ON CONFLICT DO UPDATE SET
                    at = iif(excluded.high > high, excluded.at, at),
                    low = max(low, excluded.low), high = max(high, excluded.high)",
            )?
            .execute((incident, &peak.currency, peak.low, peak.high, Col(peak.at)))?;
        Ok(())
    }
}
