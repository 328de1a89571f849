use chrono::{DateTime, Utc};
use rusqlite::{Row, named_params};

use crate::column::{Col, get, word_enum};
use crate::schema::Step;
use crate::{Ledger, LedgerError};

// AUTOINCREMENT: an id must not be used again after a deletion, or the shell would mistake a new notification for one
// it has shown.
pub(crate) const STEPS: &[Step] = &[Step {
    version: 1,
    sql: "
CREATE TABLE notices (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL, -- ms
    kind     TEXT NOT NULL,
    thread   TEXT NOT NULL,
    title    TEXT NOT NULL,
    body     TEXT NOT NULL,
    urgency  TEXT NOT NULL,
    incident INTEGER REFERENCES incidents (id) ON DELETE CASCADE,
    outcome  TEXT,             -- NULL: still to be shown
    why      TEXT
) STRICT;
CREATE INDEX notices_by_outcome ON notices (outcome, at);
CREATE INDEX notices_by_incident ON notices (incident) WHERE incident IS NOT NULL;
",
}];

word_enum! {
    NotificationKind {
        Outage = "outage",
        Rise = "rise",
        Recovery = "recovery",
        /// Requests were parked for the user.
        Review = "review",
        /// A fallback answers, could answer, or no longer answers.
        Fallback = "fallback",
        /// Concerns this installation, not a provider.
        Own = "own",
    }
}

word_enum! {
    Urgency {
        Low = "low",
        Normal = "normal",
        Critical = "critical",
    }
}

/// A desktop notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRow {
    pub at: DateTime<Utc>,
    pub kind: NotificationKind,
    /// Notifications about one event share it.
    pub thread: String,
    pub title: String,
    pub body: String,
    pub urgency: Urgency,
    pub incident: Option<i64>,
}

/// Result of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Shown,
    NotShown {
        why: String,
    },
    /// Replaced by a later one of its thread, or too old to show.
    Dropped,
}

impl Ledger {
    /// Returns the notification's id, which is never used again, over restarts too.
    pub fn enqueue_notification(
        &mut self,
        notification: &NotificationRow,
    ) -> Result<i64, LedgerError> {
        self.conn
            .prepare_cached(
                "INSERT INTO notices (at, kind, thread, title, body, urgency, incident)
                 VALUES (:at, :kind, :thread, :title, :body, :urgency, :incident)",
            )?
            .execute(named_params! {
                ":at": Col(notification.at),
                ":kind": Col(notification.kind),
                ":thread": notification.thread,
                ":title": notification.title,
                ":body": notification.body,
                ":urgency": Col(notification.urgency),
                ":incident": notification.incident,
            })?;
        Ok(self.conn.last_insert_rowid())
    }

    /// Not yet shown, dated `since` or later (ten minutes ago: older ones are not worth showing), oldest first.
    pub fn pending_notifications(
        &self,
        since: DateTime<Utc>,
    ) -> Result<Vec<(i64, NotificationRow)>, LedgerError> {
        let mut pending = self.conn.prepare_cached(
            "SELECT * FROM notices WHERE outcome IS NULL AND at >= ?1 ORDER BY at, id",
        )?;
        let rows = pending.query_map([Col(since)], read_notification)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Notifications that could not be shown on the desktop, oldest first, each with the reason.
    pub fn unshown_notifications(
        &self,
        since: DateTime<Utc>,
    ) -> Result<Vec<(i64, NotificationRow, String)>, LedgerError> {
        let mut unshown = self.conn.prepare_cached(
            "SELECT * FROM notices WHERE outcome = 'not_shown' AND at >= ?1 ORDER BY at, id",
        )?;
        let rows = unshown.query_map([Col(since)], |row| {
            let (id, notification) = read_notification(row)?;
            Ok((id, notification, row.get("why")?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Records a notification's result once. False: there is no such notification, or it has a result.
    pub fn mark_notification(&mut self, id: i64, outcome: &Outcome) -> Result<bool, LedgerError> {
        let (word, why) = match outcome {
            Outcome::Shown => ("shown", None),
            Outcome::NotShown { why } => ("not_shown", Some(why)),
            Outcome::Dropped => ("dropped", None),
        };
        let changed = self
            .conn
            .prepare_cached(
                "UPDATE notices SET outcome = ?2, why = ?3 WHERE id = ?1 AND outcome IS NULL",
            )?
            .execute((id, word, why))?;
        Ok(changed == 1)
    }
}

fn read_notification(row: &Row<'_>) -> rusqlite::Result<(i64, NotificationRow)> {
    let notification = NotificationRow {
        at: get(row, "at")?,
        kind: get(row, "kind")?,
        thread: row.get("thread")?,
        title: row.get("title")?,
        body: row.get("body")?,
        urgency: get(row, "urgency")?,
        incident: row.get("incident")?,
    };
    Ok((row.get("id")?, notification))
}
