use catalog::ProviderId;

use super::{Slots, slots};
use crate::column::get;
use crate::daily::in_slot;
use crate::sums::{judged_probes, limit_outcomes, local_outcomes, shows_health};
use crate::{Ledger, LedgerError};

/// Calls to one provider within one slot, and its requests that a fallback answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UptimePoint {
    pub provider: ProviderId,
    pub slot: u32,
    /// Requests and probes that show whether the provider works.
    pub calls: u64,
    pub failed: u64,
    /// Of the failed ones: not of this provider's requests that a fallback answered.
    pub uncarried: u64,
    /// Requests of this provider that a fallback answered, also those that made no call to it.
    pub carried: u64,
    /// Calls that met a limit.
    pub limits: u64,
    /// Calls and requests that failed because of this computer, its network or its settings.
    pub local: u64,
}

impl Ledger {
    /// By provider, then by slot. A slot in which nothing counts has no point.
    pub fn uptime(&self, slots: &Slots) -> Result<Vec<UptimePoint>, LedgerError> {
        let mut select = self.conn.prepare_cached(UPTIME)?;
        let points = select.query_map([slots.json()], |row| {
            Ok(UptimePoint {
                provider: get(row, "provider")?,
                slot: row.get("slot")?,
                calls: get(row, "calls")?,
                failed: get(row, "failed")?,
                uncarried: get(row, "uncarried")?,
                carried: get(row, "carried")?,
                limits: get(row, "limits")?,
                local: get(row, "local")?,
            })
        })?;
        Ok(points.collect::<Result<_, _>>()?)
    }
}

/// Counts the same calls as [`CALLS`](crate::outages::CALLS) does for an incident, and the same limits as a report.
pub(super) const UPTIME: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT provider, slot, sum(calls) AS calls, sum(failed) AS failed, sum(uncarried) AS uncarried, sum(carried) AS carried,
            sum(limits) AS limits, sum(local) AS local
       FROM (
        SELECT s.slot AS slot, a.provider AS provider, ",
    shows_health!(),
    " AS calls, a.provider_failed AS failed,
               a.provider_failed AND NOT (e.carried AND a.provider IS e.primary_provider) AS uncarried, 0 AS carried,
               NOT ",
    shows_health!(),
    " AND a.outcome IN ",
    limit_outcomes!(),
    " AS limits, NOT ",
    shows_health!(),
    " AND a.outcome IN ",
    local_outcomes!(),
    " AS local
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_by_start
         CROSS JOIN attempts a
         WHERE e.rehearsal = 0 AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id
        UNION ALL
        SELECT s.slot, coalesce(e.primary_provider, a.provider, ''), 0, 0, 0, e.carried, 0,
               e.ended = 'our_fault' AND a.number IS NULL
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_by_start
          LEFT JOIN attempts a ON a.exchange = e.id AND a.number = 1
         WHERE e.rehearsal = 0 AND e.started_at >= s.begins AND e.started_at < s.ends
           AND (e.carried OR e.ended = 'our_fault')
        UNION ALL
        SELECT s.slot, p.provider, p.outcome IN ",
    judged_probes!(),
    ", p.outcome <> 'complete' AND p.outcome IN ",
    judged_probes!(),
    ", p.outcome <> 'complete' AND p.outcome IN ",
    judged_probes!(),
    ", 0, p.outcome IN ",
    limit_outcomes!(),
    ", p.outcome IN ",
    local_outcomes!(),
    "
          FROM slots s
         CROSS JOIN probes p INDEXED BY probes_by_time
         WHERE p.at >= s.begins AND p.at < s.ends
        UNION ALL
        SELECT s.slot, d.provider, d.calls, d.calls_failed, d.calls_failed - d.calls_carried, d.carried, d.limits, d.local
          FROM slots s
         CROSS JOIN daily d
         WHERE ",
    in_slot!(),
    "
     )
     WHERE provider <> ''
     GROUP BY provider, slot
    HAVING sum(calls) + sum(carried) + sum(limits) + sum(local) > 0
     ORDER BY provider, slot"
);
