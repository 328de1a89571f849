//! Incidents and their timelines. `incidents/apply.rs` applies a [`Transition`] to them.

mod apply;
mod search;

use catalog::ProviderId;
use chrono::{DateTime, Utc};
use health::{Blame, Level, OpenIncident, Transition};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::column::{Col, get, maybe, readable, word_enum};
use crate::schema::Step;
use crate::{Ledger, LedgerError, Page, page_limit};

pub(crate) const STEPS: &[Step] = &[
    Step {
        version: 1,
        sql: "
CREATE TABLE incidents (
    id        INTEGER PRIMARY KEY,
    provider  TEXT NOT NULL,
    opened_at INTEGER NOT NULL, -- ms
    closed_at INTEGER,          -- ms; NULL: open
    level     TEXT,             -- NULL: past, the page did not say
    peak      TEXT,
    past      INTEGER NOT NULL, -- was over when first seen on the page
    page_id   TEXT,
    title     TEXT,
    url       TEXT,
    blame     TEXT NOT NULL,
    evidence  TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_open_incident_each ON incidents (provider) WHERE closed_at IS NULL;
CREATE UNIQUE INDEX one_incident_of_a_page ON incidents (provider, page_id) WHERE page_id IS NOT NULL;
CREATE INDEX incidents_by_opening ON incidents (opened_at, id);

CREATE TABLE timeline (
    id       INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
    at       INTEGER NOT NULL, -- ms
    level    TEXT,             -- NULL: unchanged by this entry
    said     TEXT NOT NULL
) STRICT;
CREATE INDEX timeline_by_incident ON timeline (incident, at, id);
",
    },
    Step {
        version: 8,
        sql: "
ALTER TABLE timeline ADD COLUMN source TEXT NOT NULL DEFAULT 'understudy';
UPDATE timeline SET source = 'status_page'
 WHERE said GLOB 'Status page: *' OR incident IN (SELECT id FROM incidents WHERE past = 1);
",
    },
];

word_enum! {
    /// Origin of a timeline entry.
    TimelineSource {
        /// A verdict, or a note of the record.
        Understudy = "understudy",
        /// A post of the provider's status page.
        StatusPage = "status_page",
    }
}

/// A transition with the engine's sentences, which the ledger stores unchanged.
#[derive(Clone, Debug, PartialEq)]
pub struct LoggedTransition {
    pub transition: Transition,
    /// The incident's evidence after this transition.
    pub evidence: String,
    /// The new entry of the timeline.
    pub entry: String,
}

/// An incident without its timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRow {
    pub provider: ProviderId,
    pub opened: DateTime<Utc>,
    /// `None`: still open.
    pub closed: Option<DateTime<Utc>>,
    /// The present level, or the level at closing. `None`, as `peak`: the page lists the incident without a level.
    pub level: Option<Level>,
    pub peak: Option<Level>,
    /// Already over when first seen: known only from the page, never announced.
    pub past: bool,
    /// The page's title, if the page reported it.
    pub title: Option<String>,
    pub url: Option<String>,
    pub blame: Blame,
    /// The last evidence before it closed, as the [`LoggedTransition`] contained it.
    pub evidence: String,
}

/// An incident with its timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentWithTimeline {
    pub incident: IncidentRow,
    /// Oldest first.
    pub timeline: Vec<TimelineRow>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    pub at: DateTime<Utc>,
    /// The level after this entry; `None`: the entry did not change it.
    pub level: Option<Level>,
    pub source: TimelineSource,
    pub text: String,
}

impl Ledger {
    /// State for a new [`health::Book`] after a restart, so that no incident is announced twice.
    pub fn open_incidents(&self) -> Result<Vec<(i64, OpenIncident)>, LedgerError> {
        let mut open = self.conn.prepare_cached(OPEN)?;
        let rows = open.query_map((), |row| {
            let incident = OpenIncident {
                provider: get(row, "provider")?,
                since: get(row, "opened_at")?,
                level: get(row, "level")?,
                peak: get(row, "peak")?,
                last_failure: maybe(row, "last_failure")?,
            };
            Ok((row.get("id")?, incident))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Latest opening first, at most [`PAGE_LIMIT`](crate::PAGE_LIMIT), older than the incident `before`.
    pub fn incidents(
        &self,
        limit: u32,
        before: Option<i64>,
    ) -> Result<Page<IncidentRow>, LedgerError> {
        let limit = page_limit(limit);
        let requested = Col(limit as u64 + 1);
        let rows = match before {
            None => self
                .conn
                .prepare_cached(FIRST_PAGE)?
                .query_map([requested], read_listed)?
                .collect::<Result<_, _>>()?,
            Some(before) => self
                .conn
                .prepare_cached(NEXT_PAGE)?
                .query_map((before, requested), read_listed)?
                .collect::<Result<_, _>>()?,
        };
        Ok(Page::cut(rows, limit))
    }

    pub fn incident(&self, id: i64) -> Result<Option<IncidentWithTimeline>, LedgerError> {
        Ok(read(&self.conn, id)?)
    }
}

pub(crate) fn read(conn: &Connection, id: i64) -> rusqlite::Result<Option<IncidentWithTimeline>> {
    let Some((_, incident)) = conn
        .prepare_cached("SELECT * FROM incidents WHERE id = ?1")?
        .query_row([id], read_incident)
        .optional()?
    else {
        return Ok(None);
    };
    let mut select = conn.prepare_cached(TIMELINE)?;
    let timeline = select.query_map([id], |row| {
        Ok(TimelineRow {
            at: get(row, "at")?,
            level: maybe(row, "level")?,
            source: get(row, "source")?,
            text: row.get("said")?,
        })
    })?;
    let timeline = timeline.collect::<Result<_, _>>()?;
    Ok(Some(IncidentWithTimeline { incident, timeline }))
}

pub(crate) const TIMELINE: &str =
    "SELECT at, level, source, said FROM timeline WHERE incident = ?1 ORDER BY at, id";

/// Adds the last failed request if no page and no probe reported the incident.
pub(crate) const OPEN: &str = "
SELECT i.*,
       CASE WHEN NOT EXISTS (
              SELECT 1 FROM observations o
               WHERE o.provider = i.provider AND o.at >= i.opened_at
                 AND (o.source = 'probe' AND o.said = 'failed'
                      OR o.source = 'page' AND o.said IN ('degraded', 'partial_outage', 'major_outage')))
            THEN (SELECT max(o.at) FROM observations o
                   WHERE o.provider = i.provider AND o.at >= i.opened_at
                     AND o.source = 'traffic' AND o.said = 'failed')
       END AS last_failure
  FROM incidents i
 WHERE i.closed_at IS NULL
 ORDER BY i.provider";

pub(crate) const FIRST_PAGE: &str =
    "SELECT * FROM incidents ORDER BY opened_at DESC, id DESC LIMIT ?1";
pub(crate) const NEXT_PAGE: &str = "SELECT * FROM incidents
      WHERE (opened_at, id) < ((SELECT opened_at FROM incidents WHERE id = ?1), ?1)
      ORDER BY opened_at DESC, id DESC LIMIT ?2";

fn read_listed(row: &Row<'_>) -> rusqlite::Result<(i64, Option<IncidentRow>)> {
    let read = readable(read_incident(row))?;
    Ok((row.get("id")?, read.map(|(_, incident)| incident)))
}

fn read_incident(row: &Row<'_>) -> rusqlite::Result<(i64, IncidentRow)> {
    let incident = IncidentRow {
        provider: get(row, "provider")?,
        opened: get(row, "opened_at")?,
        closed: maybe(row, "closed_at")?,
        level: maybe(row, "level")?,
        peak: maybe(row, "peak")?,
        past: row.get("past")?,
        title: row.get("title")?,
        url: row.get("url")?,
        blame: get(row, "blame")?,
        evidence: row.get("evidence")?,
    };
    Ok((row.get("id")?, incident))
}
