//! Calls of providers and models, with those that show nothing about them.

use catalog::ProviderId;

use crate::column::get;
use crate::daily::in_slot;
use crate::series::slots;
use crate::sums::{judged_probes, limit_outcomes, local_outcomes, shows_health};
use crate::{Ledger, LedgerError, Slots};

/// Requests and probes of one model within one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportCalls {
    pub provider: ProviderId,
    pub model: String,
    pub slot: u32,
    /// They show whether the provider works.
    pub judged: u64,
    pub failed: u64,
    /// Not judged: a rate limit, a used-up plan or balance.
    pub limits: u64,
    /// Not judged: this computer, its settings, or the request.
    pub ours: u64,
    /// Not judged, and the reason shows nothing or is deleted.
    pub unknown: u64,
}

/// Seconds of a slot in which something showed a provider's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportEvidence {
    pub provider: ProviderId,
    pub slot: u32,
    pub seconds: u64,
}

impl Ledger {
    /// By provider, model and slot.
    pub fn report_calls(&self, slots: &Slots) -> Result<Vec<ReportCalls>, LedgerError> {
        let mut select = self.conn.prepare_cached(CALLS)?;
        let rows = select.query_map([slots.json()], |row| {
            Ok(ReportCalls {
                provider: get(row, "provider")?,
                model: row.get("model")?,
                slot: row.get("slot")?,
                judged: get(row, "judged")?,
                failed: get(row, "failed")?,
                limits: get(row, "limits")?,
                ours: get(row, "ours")?,
                unknown: get(row, "unknown")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// An hour with a judged call or a readable status page counts; of days that are summed, the time of a readable page.
    pub fn report_evidence(&self, slots: &Slots) -> Result<Vec<ReportEvidence>, LedgerError> {
        let mut select = self.conn.prepare_cached(EVIDENCE)?;
        let rows = select.query_map([slots.json()], |row| {
            Ok(ReportEvidence {
                provider: get(row, "provider")?,
                slot: row.get("slot")?,
                seconds: get(row, "seconds")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Outcomes whose cause is the request itself, or a drill.
macro_rules! request_outcomes {
    () => {
        "('request at fault', 'request refused', 'context too long', 'content policy', 'made by a drill')"
    };
}

const CALLS: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT provider, model, slot,
            CAST(total(judged) AS INTEGER) AS judged,
            CAST(total(failed) AS INTEGER) AS failed,
            CAST(total(NOT judged AND outcome IN ",
    limit_outcomes!(),
    ") AS INTEGER) AS limits,
            CAST(total(NOT judged AND (outcome IN ",
    local_outcomes!(),
    " OR outcome IN ",
    request_outcomes!(),
    ")) AS INTEGER) AS ours,
            CAST(total(unknown) + total(NOT judged AND outcome IS NOT NULL AND outcome NOT IN ",
    limit_outcomes!(),
    " AND outcome NOT IN ",
    local_outcomes!(),
    " AND outcome NOT IN ",
    request_outcomes!(),
    ") AS INTEGER) AS unknown
       FROM (
        SELECT a.provider AS provider, a.model AS model, s.slot AS slot, ",
    shows_health!(),
    " AS judged, a.provider_failed AS failed, a.outcome AS outcome, 0 AS unknown
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_by_start
         CROSS JOIN attempts a
         WHERE e.rehearsal = 0 AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id
        UNION ALL
        SELECT p.provider, p.model, s.slot, p.outcome IN ",
    judged_probes!(),
    ", p.outcome <> 'complete' AND p.outcome IN ",
    judged_probes!(),
    ", p.outcome, 0
          FROM slots s
         CROSS JOIN probes p INDEXED BY probes_by_time
         WHERE p.at >= s.begins AND p.at < s.ends
        UNION ALL
        SELECT d.provider, d.model, s.slot, d.calls, d.calls_failed, NULL, max(0, d.attempts + d.probes - d.calls)
          FROM slots s
         CROSS JOIN daily d
         WHERE d.attempts + d.probes > 0 AND ",
    in_slot!(),
    "
     )
     WHERE provider <> ''
     GROUP BY provider, model, slot
     ORDER BY provider, model, slot"
);

const EVIDENCE: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT provider, slot, max(seconds) AS seconds FROM (
        SELECT provider, slot, 3600 * count(*) AS seconds FROM (
            SELECT a.provider AS provider, s.slot AS slot, (e.started_at - s.begins) / 3600000 AS hour
              FROM slots s
             CROSS JOIN exchanges e INDEXED BY exchanges_by_start
             CROSS JOIN attempts a
             WHERE e.rehearsal = 0 AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id AND ",
    shows_health!(),
    "
            UNION
            SELECT p.provider, s.slot, (p.at - s.begins) / 3600000
              FROM slots s
             CROSS JOIN probes p INDEXED BY probes_by_time
             WHERE p.at >= s.begins AND p.at < s.ends AND p.outcome IN ",
    judged_probes!(),
    "
            UNION
            SELECT o.provider, s.slot, (o.at - s.begins) / 3600000
              FROM slots s
             CROSS JOIN observations o INDEXED BY observations_by_time
             WHERE o.at >= s.begins AND o.at < s.ends AND o.source = 'page' AND o.said <> 'unreadable'
        )
        GROUP BY provider, slot
        UNION ALL
        SELECT provider, slot, max(seconds) FROM (
            SELECT d.provider AS provider, s.slot AS slot, sum(d.seconds) AS seconds
              FROM slots s
             CROSS JOIN daily_states d
             WHERE d.state <> 'unreadable' AND ",
    in_slot!(),
    "
             GROUP BY d.provider, d.surface, s.slot
        )
        GROUP BY provider, slot
     )
     GROUP BY provider, slot
     ORDER BY provider, slot"
);
