use catalog::{ProviderId, REHEARSAL};
use chrono::{DateTime, Utc};
use health::{Blame, Change, Level, Note, PageIncident, Transition, Verdict};
use rusqlite::{OptionalExtension, Transaction, named_params};

use super::TimelineSource::{self, StatusPage, Understudy};
use crate::column::{Col, maybe};
use crate::figures;
use crate::{Ledger, LedgerError, LoggedTransition};

impl Ledger {
    /// Applies a transition to its incident. Returns the incident, or `None` if there is none: a note while no incident is
    /// open, or any transition of the rehearsal provider.
    ///
    /// An incident whose opening was not stored (the ledger could not be written) is created here.
    pub fn apply(&mut self, logged: &LoggedTransition) -> Result<Option<i64>, LedgerError> {
        if logged.transition.provider.as_str() == REHEARSAL {
            return Ok(None);
        }
        let tx = self.write()?;
        let incident = write(&tx, logged)?;
        if let (Some(id), Change::Recovered { .. } | Change::Faded { .. }) =
            (incident, &logged.transition.change)
        {
            figures::settle(&tx, id)?;
        }
        tx.commit()?;
        Ok(incident)
    }
}

fn write(tx: &Transaction<'_>, logged: &LoggedTransition) -> rusqlite::Result<Option<i64>> {
    let Transition {
        at,
        provider,
        change,
        verdict,
        announce: _,
    } = &logged.transition;
    let (at, evidence, text) = (*at, logged.evidence.as_str(), logged.entry.as_str());
    match change {
        Change::Opened { level, since } => {
            let id = match open_of(tx, provider)? {
                Some(id) => {
                    update(tx, id, *level, verdict.blame, evidence)?;
                    id
                }
                None => begin(tx, logged, *since, *level)?,
            };
            entry(tx, id, at, Some(*level), Understudy, text)?;
            Ok(Some(id))
        }
        Change::Rose { to, .. } | Change::Eased { to, .. } => {
            let id = match open_of(tx, provider)? {
                Some(id) => {
                    update(tx, id, *to, verdict.blame, evidence)?;
                    id
                }
                None => {
                    let since = verdict.since.map_or(at, |since| since.min(at));
                    begin(tx, logged, since, *to)?
                }
            };
            entry(tx, id, at, Some(*to), Understudy, text)?;
            Ok(Some(id))
        }
        Change::Updated => {
            let id = open_of(tx, provider)?;
            if let Some(id) = id {
                update_evidence(tx, id, verdict.blame, evidence)?;
            }
            Ok(id)
        }
        Change::Noted(note) => {
            let Some(id) = open_of(tx, provider)? else {
                return Ok(None);
            };
            if *note == Note::Verdict {
                update_evidence(tx, id, verdict.blame, evidence)?;
            }
            let source = match note {
                Note::Page(_) | Note::PageResolved(_) => StatusPage,
                Note::Verdict
                | Note::FailingAgain
                | Note::RecoveryNotCounted
                | Note::NoLongerWatched => Understudy,
            };
            entry(tx, id, at, None, source, text)?;
            Ok(Some(id))
        }
        Change::Recovered { since, peak } => {
            let id = match open_of(tx, provider)? {
                Some(id) => id,
                None => begin(tx, logged, (*since).min(at), *peak)?,
            };
            match verdict.verdict {
                Verdict::Known(level @ (Level::Operational | Level::Maintenance)) => {
                    close(tx, id, at, Some(level), *peak)?;
                    entry(tx, id, at, Some(level), Understudy, text)?;
                }
                // The record ends, not the outage: the provider is no longer watched, as the previous note states.
                Verdict::Known(_) | Verdict::Unknown(_) => close(tx, id, at, None, *peak)?,
            }
            Ok(Some(id))
        }
        Change::Faded { since, peak } => {
            let id = match open_of(tx, provider)? {
                Some(id) => id,
                None => begin(tx, logged, (*since).min(at), *peak)?,
            };
            close(tx, id, at, None, *peak)?;
            entry(tx, id, at, None, Understudy, text)?;
            Ok(Some(id))
        }
        Change::Past(page) => past(tx, provider, at, page, evidence).map(Some),
    }
}

fn open_of(tx: &Transaction<'_>, provider: &ProviderId) -> rusqlite::Result<Option<i64>> {
    tx.prepare_cached("SELECT id FROM incidents WHERE provider = ?1 AND closed_at IS NULL")?
        .query_row([Col(provider)], |row| row.get(0))
        .optional()
}

fn begin(
    tx: &Transaction<'_>,
    logged: &LoggedTransition,
    since: DateTime<Utc>,
    level: Level,
) -> rusqlite::Result<i64> {
    tx.prepare_cached(
        "INSERT INTO incidents (provider, opened_at, level, peak, past, blame, evidence)
         VALUES (:provider, :opened_at, :level, :level, 0, :blame, :evidence)",
    )?
    .execute(named_params! {
        ":provider": Col(&logged.transition.provider),
        ":opened_at": Col(since),
        ":level": Col(level),
        ":blame": Col(logged.transition.verdict.blame),
        ":evidence": logged.evidence,
    })?;
    let id = tx.last_insert_rowid();
    figures::count_overlapping_again(tx, id, since, logged.transition.at)?;
    Ok(id)
}

fn update(
    tx: &Transaction<'_>,
    id: i64,
    level: Level,
    blame: Blame,
    evidence: &str,
) -> rusqlite::Result<()> {
    let peak = peak_of(tx, id)?.max(Some(level));
    tx.prepare_cached("UPDATE incidents SET level = ?2, peak = ?3 WHERE id = ?1")?
        .execute((id, Col(level), peak.map(Col)))?;
    update_evidence(tx, id, blame, evidence)
}

/// The blame is kept once it is known: evidence fades while an outage eases, which refutes nothing.
fn update_evidence(
    tx: &Transaction<'_>,
    id: i64,
    blame: Blame,
    evidence: &str,
) -> rusqlite::Result<()> {
    let blame = (blame != Blame::Undetermined).then_some(Col(blame));
    tx.prepare_cached(
        "UPDATE incidents SET blame = coalesce(?2, blame), evidence = ?3 WHERE id = ?1",
    )?
    .execute((id, blame, evidence))?;
    Ok(())
}

/// `level`: `None` keeps the last one.
fn close(
    tx: &Transaction<'_>,
    id: i64,
    at: DateTime<Utc>,
    level: Option<Level>,
    peak: Level,
) -> rusqlite::Result<()> {
    let peak = peak_of(tx, id)?.max(Some(peak));
    // If the clock was set back, the end is still not before the beginning.
    tx.prepare_cached(
        "UPDATE incidents SET closed_at = max(?2, opened_at), level = coalesce(?3, level), peak = ?4 WHERE id = ?1",
    )?
    .execute((id, Col(at), level.map(Col), peak.map(Col)))?;
    Ok(())
}

fn peak_of(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<Level>> {
    tx.prepare_cached("SELECT peak FROM incidents WHERE id = ?1")?
        .query_row([id], |row| maybe(row, "peak"))
}

/// An incident that was over when its page was first read. A restart reads the page again; a known incident is not
/// added twice.
fn past(
    tx: &Transaction<'_>,
    provider: &ProviderId,
    seen: DateTime<Utc>,
    page: &PageIncident,
    evidence: &str,
) -> rusqlite::Result<i64> {
    let id: i64 = tx
        .prepare_cached(
            "INSERT INTO incidents (provider, opened_at, closed_at, past, page_id, title, url, blame, evidence)
             VALUES (:provider, :opened_at, :closed_at, 1, :page_id, :title, :url, :blame, :evidence)
             ON CONFLICT (provider, page_id) WHERE page_id IS NOT NULL DO UPDATE
                SET hit = iif((opened_at, closed_at) = (excluded.opened_at, excluded.closed_at), hit, NULL),
                    opened_at = excluded.opened_at, closed_at = excluded.closed_at,
                    title = excluded.title, url = excluded.url
             RETURNING id",
        )?
        .query_row(
            named_params! {
                ":provider": Col(provider),
                ":opened_at": Col(page.started),
                ":closed_at": Col(page.resolved.unwrap_or(seen).max(page.started)),
                ":page_id": page.id,
                ":title": page.title,
                ":url": page.url,
                ":blame": Col(Blame::Them),
                ":evidence": evidence,
            },
            |row| row.get(0),
        )?;
    tx.prepare_cached("DELETE FROM timeline WHERE incident = ?1")?
        .execute([id])?;
    for (at, text) in &page.updates {
        entry(tx, id, *at, None, StatusPage, text)?;
    }
    Ok(id)
}

fn entry(
    tx: &Transaction<'_>,
    incident: i64,
    at: DateTime<Utc>,
    level: Option<Level>,
    source: TimelineSource,
    text: &str,
) -> rusqlite::Result<()> {
    tx.prepare_cached(
        "INSERT INTO timeline (incident, at, level, source, said) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((incident, Col(at), level.map(Col), Col(source), text))?;
    Ok(())
}
