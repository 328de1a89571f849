//! Figures of closed incidents: counted once, at the close, and stored. The work that is still open is not a figure: it falls as
//! items succeed, are closed or are opened again.

use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::affected::{self, CarriedBy, LevelStretch, Met, PipelineMet};
use crate::column::{Col, get, maybe};
use crate::items::{self, Items};
use crate::marks;
use crate::schema::Step;
use crate::sums::answered_ends;
use crate::{ExchangeRow, IncidentTraffic, Ledger, LedgerError};

pub(crate) const STEPS: &[Step] = &[
    Step {
    version: 10,
    sql: "
ALTER TABLE incidents ADD COLUMN hit INTEGER; -- affected requests; NULL, as the next three: open, or not counted yet
ALTER TABLE incidents ADD COLUMN carried INTEGER;
ALTER TABLE incidents ADD COLUMN failed INTEGER;
ALTER TABLE incidents ADD COLUMN not_kept INTEGER; -- of those that failed: not in the review queue
CREATE INDEX incidents_not_counted ON incidents (closed_at) WHERE closed_at IS NOT NULL AND hit IS NULL;
CREATE INDEX incidents_by_end ON incidents (closed_at, id) WHERE closed_at IS NOT NULL AND NOT past;
CREATE INDEX incidents_of_provider ON incidents (provider, closed_at);

CREATE TABLE incident_pipelines (
    incident INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    pipeline TEXT NOT NULL,
    hit      INTEGER NOT NULL,
    carried  INTEGER NOT NULL,
    PRIMARY KEY (incident, pipeline)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_stretches (
    incident INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    begins   INTEGER NOT NULL, -- ms
    ends     INTEGER,          -- ms
    level    TEXT NOT NULL,
    calls    INTEGER NOT NULL,
    failed   INTEGER NOT NULL,
    PRIMARY KEY (incident, begins)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_fallbacks (
    incident INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    answered INTEGER NOT NULL,
    cost     INTEGER NOT NULL, -- micro-dollars
    PRIMARY KEY (incident, provider)
) STRICT, WITHOUT ROWID;

CREATE TABLE incident_items (
    id       INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    pipeline TEXT,
    item     TEXT, -- NULL: it had no name, or waits in the review queue
    parked   TEXT  -- id of its review item; NULL: it failed, is not in the queue and did not succeed later
) STRICT;
CREATE INDEX incident_items_of ON incident_items (incident);
CREATE INDEX incident_items_lost ON incident_items (pipeline, item) WHERE item IS NOT NULL;

CREATE INDEX attempts_failed ON attempts (provider, exchange) WHERE provider_failed;
CREATE INDEX exchanges_carried ON exchanges (primary_provider, started_at) WHERE carried;
",
    },
    Step {
        version: 12,
        sql: "
ALTER TABLE incident_pipelines ADD COLUMN answered INTEGER; -- items whose requests were all answered; NULL: not counted

ALTER TABLE incident_items ADD COLUMN key TEXT NOT NULL DEFAULT ''; -- names it within its pipeline
ALTER TABLE incident_items ADD COLUMN review TEXT;                  -- state of its review item, also after that is deleted
ALTER TABLE incident_items ADD COLUMN answered INTEGER NOT NULL DEFAULT 0; -- a later request of it was answered
UPDATE incident_items SET key = coalesce(item, (SELECT r.item FROM review_items r WHERE r.id = parked), parked, '?' || id),
                          review = (SELECT r.state FROM review_items r WHERE r.id = parked);
CREATE INDEX incident_items_parked ON incident_items (parked) WHERE parked IS NOT NULL;
CREATE INDEX incident_items_named ON incident_items (pipeline, key);
CREATE TRIGGER incident_items_of_review AFTER UPDATE OF state ON review_items WHEN new.state <> old.state
BEGIN
    UPDATE incident_items SET review = new.state WHERE parked = new.id;
END;
",
    },
];

/// The figures of one closed incident, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    incident: i64,
    opened: DateTime<Utc>,
    closed: DateTime<Utc>,
    /// The last exchange that was counted, or could have been.
    last_exchange: i64,
    met: Met,
    fallbacks: Vec<CarriedBy>,
    items: Items,
}

/// The closed incident's stored figures. `None`: it is open, or not counted yet.
pub(crate) fn read(conn: &Connection, incident: i64) -> rusqlite::Result<Option<Met>> {
    let totals = conn
        .prepare_cached(TOTALS)?
        .query_row([incident], |row| {
            let traffic = IncidentTraffic {
                hit: get(row, "hit")?,
                carried_by_fallback: get(row, "carried")?,
                failed: get(row, "failed")?,
            };
            Ok((traffic, get(row, "not_kept")?))
        })
        .optional()?;
    let Some((traffic, failed)) = totals else {
        return Ok(None);
    };
    let mut met = Met {
        traffic,
        failed,
        ..Met::default()
    };
    if traffic.hit > 0 {
        let mut select = conn.prepare_cached(OF_PIPELINES)?;
        let rows = select.query_map([incident], |row| {
            Ok(PipelineMet {
                pipeline: row.get("pipeline")?,
                hit: get(row, "hit")?,
                carried: get(row, "carried")?,
                ..PipelineMet::default()
            })
        })?;
        met.pipelines = rows.collect::<Result<_, _>>()?;
        let items = items::read(conn, incident)?;
        let marks = marks::of_incident(conn, incident)?;
        met.waiting = items::counts(&items, &marks, &mut met.pipelines);
    }
    met.stretches = stretches(conn, incident)?;
    Ok(Some(met))
}

/// True: the incident is closed, and its figures are stored.
pub(crate) fn is_stored(conn: &Connection, incident: i64) -> rusqlite::Result<bool> {
    conn.prepare_cached(IS_STORED)?
        .query_row([incident], |row| row.get(0))
}

pub(crate) fn stretches(conn: &Connection, incident: i64) -> rusqlite::Result<Vec<LevelStretch>> {
    let mut select = conn.prepare_cached(OF_STRETCHES)?;
    let rows = select.query_map([incident], |row| {
        Ok(LevelStretch {
            from: get(row, "begins")?,
            to: maybe(row, "ends")?,
            level: get(row, "level")?,
            calls: get(row, "calls")?,
            calls_failed: get(row, "failed")?,
        })
    })?;
    rows.collect()
}

/// Most requests first.
pub(crate) fn carried_by(conn: &Connection, incident: i64) -> rusqlite::Result<Vec<CarriedBy>> {
    let mut select = conn.prepare_cached(OF_FALLBACKS)?;
    let rows = select.query_map([incident], |row| {
        Ok(CarriedBy {
            provider: get::<ProviderId>(row, "provider")?,
            answered: get(row, "answered")?,
            cost: get::<MicroDollars>(row, "cost")?,
        })
    })?;
    rows.collect()
}

/// `None`: there is no such incident, or it is open.
fn count(conn: &Connection, incident: i64) -> rusqlite::Result<Option<Figures>> {
    let last_exchange = conn
        .prepare_cached("SELECT coalesce(max(id), 0) FROM exchanges")?
        .query_row((), |row| row.get(0))?;
    let closed = conn
        .prepare_cached(
            "SELECT opened_at, closed_at FROM incidents WHERE id = ?1 AND closed_at IS NOT NULL",
        )?
        .query_row([incident], |row| {
            Ok((get(row, "opened_at")?, get(row, "closed_at")?))
        })
        .optional()?;
    let (Some((opened, closed)), Some((met, items))) = (closed, items::counted(conn, incident)?)
    else {
        return Ok(None);
    };
    let fallbacks = match met.traffic.hit {
        0 => Vec::new(),
        _ => affected::carried_by(conn, incident)?,
    };
    Ok(Some(Figures {
        incident,
        opened,
        closed,
        last_exchange,
        met,
        fallbacks,
        items,
    }))
}

/// A new incident may have hit the items of closed ones first.
pub(crate) fn count_overlapping_again(
    tx: &Transaction<'_>,
    incident: i64,
    since: DateTime<Utc>,
    at: DateTime<Utc>,
) -> rusqlite::Result<()> {
    tx.prepare_cached(OVERLAPPING_AGAIN)?
        .execute((incident, Col(since), Col(at)))?;
    Ok(())
}

/// In the transaction that closes it.
pub(crate) fn settle(tx: &Transaction<'_>, incident: i64) -> rusqlite::Result<()> {
    if let Some(figures) = count(tx, incident)? {
        store(tx, &figures)?;
    }
    Ok(())
}

fn store(tx: &Transaction<'_>, figures: &Figures) -> rusqlite::Result<()> {
    let Figures {
        incident,
        met,
        fallbacks,
        items,
        ..
    } = figures;
    for sql in [
        "DELETE FROM incident_pipelines WHERE incident = ?1",
        "DELETE FROM incident_stretches WHERE incident = ?1",
        "DELETE FROM incident_fallbacks WHERE incident = ?1",
    ] {
        tx.prepare_cached(sql)?.execute([incident])?;
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO incident_pipelines (incident, pipeline, hit, carried) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for of in &met.pipelines {
        insert.execute((incident, &of.pipeline, Col(of.hit), Col(of.carried)))?;
    }
    let mut insert = tx.prepare_cached(
        "INSERT OR REPLACE INTO incident_stretches (incident, begins, ends, level, calls, failed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for of in &met.stretches {
        insert.execute((
            incident,
            Col(of.from),
            of.to.map(Col),
            Col(of.level),
            Col(of.calls),
            Col(of.calls_failed),
        ))?;
    }
    let mut insert = tx.prepare_cached(
        "INSERT INTO incident_fallbacks (incident, provider, answered, cost) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for of in fallbacks {
        insert.execute((incident, Col(&of.provider), Col(of.answered), Col(of.cost)))?;
    }
    items::store(tx, *incident, items)?;
    tx.prepare_cached(
        "UPDATE incidents SET hit = ?2, carried = ?3, failed = ?4, not_kept = ?5 WHERE id = ?1",
    )?
    .execute((
        incident,
        Col(met.traffic.hit),
        Col(met.traffic.carried_by_fallback),
        Col(met.traffic.failed),
        Col(met.failed),
    ))?;
    Ok(())
}

/// A recorded exchange changes the figures of incidents that closed while it was open, which are then counted again. If it
/// succeeded, its item is no longer lost.
pub(crate) fn follow(tx: &Transaction<'_>, exchange: &ExchangeRow) -> rusqlite::Result<()> {
    if exchange.rehearsal {
        return Ok(());
    }
    let primary = exchange.primary.iter().filter(|_| exchange.carried());
    let failed = exchange.attempts.iter().filter(|a| a.provider_failed);
    let mut providers: Vec<&ProviderId> = primary.map(|primary| &primary.provider).collect();
    providers.extend(failed.map(|attempt| &attempt.provider));
    providers.sort_unstable();
    providers.dedup();
    // A clock that was set back changes no figure of an incident that came later.
    let total = i64::try_from(exchange.total_ms).unwrap_or(i64::MAX);
    let ended = exchange.started.timestamp_millis().saturating_add(total);
    for provider in providers {
        tx.prepare_cached(COUNT_AGAIN)?
            .execute((Col(provider), Col(exchange.started), ended))?;
    }
    if exchange.end.answered()
        && let (Some(pipeline), Some(item)) = (&exchange.pipeline, &exchange.item)
    {
        tx.prepare_cached(
            "UPDATE incident_items SET answered = 1 WHERE pipeline = ?1 AND key = ?2 AND answered = 0",
        )?
        .execute((pipeline, item))?;
    }
    Ok(())
}

impl Ledger {
    /// Closed incidents whose figures are missing: of an older version, or changed by a late exchange.
    pub fn has_uncounted_incidents(&self) -> Result<bool, LedgerError> {
        Ok(self
            .conn
            .prepare_cached(HAS_UNCOUNTED)?
            .query_row((), |row| row.get(0))?)
    }

    /// Stores figures that a [`Reader`](crate::Reader) counted. An incident that has changed since is counted again later.
    pub fn store_figures(&mut self, counted: &[Figures]) -> Result<(), LedgerError> {
        let tx = self.write()?;
        for figures in counted {
            let current: bool = tx.prepare_cached(IS_CURRENT)?.query_row(
                (
                    figures.incident,
                    Col(figures.opened),
                    Col(figures.closed),
                    figures.last_exchange,
                ),
                |row| row.get(0),
            )?;
            if current {
                store(&tx, figures)?;
                tx.prepare_cached(FOUND_LATER)?
                    .execute((figures.incident, figures.last_exchange))?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Counts and stores some of them, for a ledger without a [`Reader`](crate::Reader).
    pub fn count_incidents(&mut self, most: u32) -> Result<(), LedgerError> {
        let counted = self.figures(most)?;
        self.store_figures(&counted)
    }

    pub(crate) fn figures(&self, most: u32) -> Result<Vec<Figures>, LedgerError> {
        let ids: Vec<i64> = self
            .conn
            .prepare_cached(UNCOUNTED)?
            .query_map([most], |row| row.get("id"))?
            .collect::<Result<_, _>>()?;
        let mut counted = Vec::new();
        for id in ids {
            counted.extend(count(&self.conn, id)?);
        }
        Ok(counted)
    }
}

const TOTALS: &str = "SELECT hit, carried, failed, not_kept FROM incidents WHERE id = ?1 AND closed_at IS NOT NULL AND hit IS NOT NULL";
const OF_PIPELINES: &str =
    "SELECT pipeline, hit, carried FROM incident_pipelines WHERE incident = ?1 ORDER BY pipeline";
const IS_STORED: &str = "SELECT EXISTS (SELECT 1 FROM incidents WHERE id = ?1 AND closed_at IS NOT NULL AND hit IS NOT NULL)";
const OF_STRETCHES: &str = "SELECT begins, ends, level, calls, failed FROM incident_stretches WHERE incident = ?1 ORDER BY begins";
const OF_FALLBACKS: &str =
    "SELECT provider, answered, cost FROM incident_fallbacks WHERE incident = ?1
      ORDER BY answered DESC, provider";
pub(crate) const COUNT_AGAIN: &str = "UPDATE incidents SET hit = NULL
      WHERE provider = ?1 AND closed_at >= ?2 AND opened_at <= ?3 AND hit IS NOT NULL";
const OVERLAPPING_AGAIN: &str = "UPDATE incidents SET hit = NULL
      WHERE closed_at >= ?2 AND opened_at <= ?3 AND id <> ?1 AND NOT past AND hit IS NOT NULL";
pub(crate) const HAS_UNCOUNTED: &str =
    "SELECT EXISTS (SELECT 1 FROM incidents WHERE closed_at IS NOT NULL AND hit IS NULL)";
pub(crate) const UNCOUNTED: &str =
    "SELECT id FROM incidents WHERE closed_at IS NOT NULL AND hit IS NULL
      ORDER BY closed_at DESC LIMIT ?1";
/// No exchange of its time was recorded since.
const IS_CURRENT: &str =
    "SELECT EXISTS (SELECT 1 FROM incidents WHERE id = ?1 AND opened_at = ?2 AND closed_at = ?3)
        AND NOT EXISTS (SELECT 1 FROM exchanges WHERE id > ?4 AND started_at <= ?3)";
/// Lost items of which an exchange that was recorded since is a success.
const FOUND_LATER: &str = concat!(
    "UPDATE incident_items SET answered = 1 WHERE incident = ?1
        AND EXISTS (
            SELECT 1 FROM exchanges later
             WHERE later.pipeline = incident_items.pipeline AND later.item = incident_items.key AND later.item IS NOT NULL AND later.id > ?2
               AND later.ended IN ",
    answered_ends!(),
    ")"
);
