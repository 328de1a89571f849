//! Incidents of a period.

use chrono::{DateTime, Utc};
use health::Blame;
use ledger::{IncidentRow, Ledger, LedgerError, Met};
use report::{Entry, LaneSlot, Lanes, Observer};

use super::period::peak;
use crate::view::facts::Facts;
use crate::view::impact;

/// An incident as the ledger has it.
pub(super) struct Found {
    pub(super) id: i64,
    pub(super) row: IncidentRow,
    pub(super) met: Met,
}

pub(super) fn found(
    ledger: &Ledger,
    rows: Vec<(i64, IncidentRow)>,
) -> Result<Vec<Found>, LedgerError> {
    let rows = rows.into_iter().map(|(id, row)| {
        let met = ledger.met(id)?.unwrap_or_default();
        Ok(Found { id, row, met })
    });
    rows.collect()
}

pub(super) fn row(
    ledger: &Ledger,
    facts: &impl Facts,
    found: &Found,
    now: DateTime<Utc>,
) -> Result<report::IncidentRow, LedgerError> {
    let Found { id, row, met } = found;
    let traffic = met.traffic;
    let more = ledger.report_incident(*id, row, traffic.carried_by_fallback > 0)?;
    let until = row.closed.unwrap_or(now);
    let since = |at: DateTime<Utc>| u64::try_from((at - row.opened).num_seconds()).unwrap_or(0);
    Ok(report::IncidentRow {
        id: *id,
        provider: row.provider.to_string(),
        product: facts.product(&row.provider),
        peak: peak(row),
        cause: cause(row.blame).to_owned(),
        opened: row.opened,
        closed: row.closed,
        observed_by: observers(row, met, more.has_posts),
        first_fallback_s: more.first_fallback.map(since),
        recovery_s: row.closed.map(since),
        hit: traffic.hit,
        carried: traffic.carried_by_fallback,
        waiting: met.waiting,
        failed: met.failed,
        fallback_cost_micro_usd: more.cost.0,
        impact: impact::impact(facts, subject(row, met), until),
    })
}

pub(super) fn subject<'s>(row: &'s IncidentRow, met: &'s Met) -> impact::Subject<'s> {
    impact::Subject {
        provider: &row.provider,
        met,
        opened: row.opened,
        closed: row.closed,
    }
}

fn cause(blame: Blame) -> &'static str {
    match blame {
        Blame::Them => "the provider",
        Blame::Us => "this computer or its network",
        Blame::SharedInfrastructure => "infrastructure that several providers share",
        Blame::Undetermined => "not determined",
    }
}

fn observers(row: &IncidentRow, met: &Met, has_posts: bool) -> Vec<Observer> {
    if row.past {
        return vec![Observer::StatusPageAfterwards];
    }
    let failed = met.stretches.iter().any(|stretch| stretch.calls_failed > 0);
    let mut observers = Vec::new();
    if failed || met.traffic.hit > 0 {
        observers.push(Observer::RequestsAndProbes);
    }
    if has_posts || row.title.is_some() || observers.is_empty() {
        observers.push(Observer::StatusPage);
    }
    observers
}

/// `None`: there is no such incident.
pub(super) fn lanes(
    ledger: &Ledger,
    facts: &impl Facts,
    id: i64,
    now: DateTime<Utc>,
) -> Result<Option<Lanes>, LedgerError> {
    let (Some(series), Some(incident)) = (ledger.incident_series(id, now)?, ledger.incident(id)?)
    else {
        return Ok(None);
    };
    let clock = facts.clock(now);
    let slots = series.points.iter().map(|point| LaneSlot {
        slot: point.slot,
        carried: point.carried,
        waiting: point.waiting,
        failed: point.failed,
    });
    let entries = incident.timeline.iter().map(|entry| Entry {
        at: entry.at,
        of_status_page: entry.source == ledger::TimelineSource::StatusPage,
        text: clock.plain(&::words::from_stored(&entry.text)),
    });
    Ok(Some(Lanes {
        bounds: series.slots.bounds().to_vec(),
        slots: slots.collect(),
        entries: entries.collect(),
    }))
}
