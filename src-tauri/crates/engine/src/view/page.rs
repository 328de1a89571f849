//! Pages of stored rows, newest first. They are read from the ledger, or from a read-only copy of its connection.

use api::{ExchangePage, Incident, IncidentPage, ReviewPage};
use chrono::{DateTime, Utc};
use ledger::{ExchangeFilter, Ledger, LedgerError, Which};

use super::facts::{Facts, PageFacts};
use super::{impact, interrupted, review, rows};
use crate::crash_log;
use crate::desk::keys::CRASHES;

pub(crate) fn exchanges(
    ledger: &Ledger,
    facts: &impl Facts,
    filter: &ExchangeFilter,
    limit: u32,
    before: Option<i64>,
) -> Result<ExchangePage, LedgerError> {
    let page = ledger.find_exchanges(filter, limit, before)?;
    let rows = page.rows.iter();
    Ok(ExchangePage {
        exchanges: rows
            .map(|(id, row)| rows::exchange(*id, row, facts))
            .collect(),
        unreadable: page.unreadable,
        next: page.next,
    })
}

/// `text`: a search; blank: all.
pub(crate) fn incidents(
    ledger: &Ledger,
    facts: &impl Facts,
    now: DateTime<Utc>,
    text: &str,
    (limit, before): (u32, Option<i64>),
) -> Result<IncidentPage, LedgerError> {
    let page = ledger.find_incidents(text, limit, before)?;
    let summaries = page.rows.iter().map(|(id, row)| {
        let met = ledger.met(*id)?.unwrap_or_default();
        Ok(rows::summary(facts, *id, row, &met, now))
    });
    Ok(IncidentPage {
        incidents: summaries.collect::<Result<_, LedgerError>>()?,
        unreadable: page.unreadable,
        next: page.next,
        unexpected_ends: match before {
            None if text.trim().is_empty() => {
                crash_log::parse(&ledger.meta(CRASHES)?.unwrap_or_default())
            }
            None | Some(_) => Vec::new(),
        },
    })
}

pub(crate) fn incident(
    ledger: &Ledger,
    facts: &impl Facts,
    now: DateTime<Utc>,
    id: i64,
) -> Result<Option<Incident>, LedgerError> {
    let Some(with_timeline) = ledger.incident(id)? else {
        return Ok(None);
    };
    let met = ledger.met(id)?.unwrap_or_default();
    let sessions = ledger.interruptions(id)?;
    let items = ledger.impact_items(id)?.unwrap_or_default();
    let clock = facts.clock(now);
    let is_over = with_timeline.incident.closed.is_some();
    Ok(Some(Incident {
        interrupted: sessions
            .iter()
            .map(|(id, row)| interrupted::interruption(&clock, *id, row, is_over))
            .collect(),
        items: items.iter().map(impact::item).collect(),
        ..rows::incident(facts, id, &with_timeline, &met, now)
    }))
}

pub(crate) fn reviews(
    ledger: &Ledger,
    facts: &PageFacts,
    now: DateTime<Utc>,
    which: Which,
    limit: u32,
    before: Option<i64>,
) -> Result<ReviewPage, LedgerError> {
    let page = ledger.reviews(which, limit, before)?;
    Ok(ReviewPage {
        items: page
            .rows
            .iter()
            .map(|(_, row)| review::summary(row, facts, now))
            .collect(),
        unreadable: page.unreadable,
        next: page.next,
    })
}
