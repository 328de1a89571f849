//! What a report is about, and when.

use chrono::{DateTime, Utc};
use ledger::{IncidentRow, Ledger, LedgerError, Slots};
use report::{Month, Period, PeriodKind, Place};

use crate::view::facts::Facts;
use crate::view::words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Month(Month),
    Incident(i64),
}

/// A period with its days, or with one slot for an incident.
pub(crate) struct Span {
    pub(crate) period: Period,
    pub(crate) place: Place,
    pub(crate) slots: Slots,
    /// Of an incident's report.
    pub(crate) incident: Option<(i64, IncidentRow)>,
}

/// `None`: there is no such incident.
pub(crate) fn period(
    ledger: &Ledger,
    facts: &impl Facts,
    zone_name: &str,
    now: DateTime<Utc>,
    of: Of,
) -> Result<Option<Span>, LedgerError> {
    let zone = facts.zone().offsets();
    let mut incident = None;
    let (period, bounds) = match of {
        Of::Month(month) => {
            let (from, ends) = (month.begins(&zone), month.ends(&zone));
            let period = Period {
                kind: PeriodKind::Month,
                name: month.to_string(),
                title: month.title(),
                from,
                to: ends.min(now).max(from),
                is_over: ends <= now,
                made: now,
                zone: zone_name.to_owned(),
            };
            (period, month.days(&zone))
        }
        Of::Incident(id) => {
            let Some(found) = ledger.incident(id)? else {
                return Ok(None);
            };
            let row = found.incident;
            let to = row.closed.unwrap_or(now).max(row.opened);
            let peak = row.peak.map_or("incident", ::words::level);
            let period = Period {
                kind: PeriodKind::Incident,
                name: id.to_string(),
                title: format!("{}: {peak}", facts.product(&row.provider)),
                from: row.opened,
                to,
                is_over: row.closed.is_some(),
                made: now,
                zone: zone_name.to_owned(),
            };
            let bounds = vec![
                row.opened,
                to.max(row.opened + chrono::TimeDelta::seconds(1)),
            ];
            incident = Some((id, row));
            (period, bounds)
        }
    };
    let place = Place::new(zone, zone_name, period.from, period.to);
    Ok(Some(Span {
        period,
        place,
        slots: Slots::new(bounds),
        incident,
    }))
}

/// "partial outage"
pub(super) fn peak(row: &IncidentRow) -> String {
    row.peak
        .map_or("incident", |peak| {
            words::level_words(words::known_level(peak))
        })
        .to_owned()
}
