use catalog::ProviderId;

use super::{Slots, slots};
use crate::column::get;
use crate::daily::in_slot;
use crate::sums::{judged_probes, shows_health};
use crate::{Ledger, LedgerError};

/// Calls to one provider within one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UptimePoint {
    pub provider: ProviderId,
    pub slot: u32,
    /// Requests and probes that show whether the provider works.
    pub calls: u64,
    pub failed: u64,
}

impl Ledger {
    /// By provider, then by slot. A slot without calls has no point.
    pub fn uptime(&self, slots: &Slots) -> Result<Vec<UptimePoint>, LedgerError> {
        let mut select = self.conn.prepare_cached(UPTIME)?;
        let points = select.query_map([slots.json()], |row| {
            Ok(UptimePoint {
                provider: get(row, "provider")?,
                slot: row.get("slot")?,
                calls: get(row, "calls")?,
                failed: get(row, "failed")?,
            })
        })?;
        Ok(points.collect::<Result<_, _>>()?)
    }
}

/// Counts the same calls as [`CALLS`](crate::outages::CALLS) does for an incident.
pub(super) const UPTIME: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT provider, slot, sum(calls) AS calls, sum(failed) AS failed FROM (
        SELECT s.slot AS slot, a.provider AS provider, 1 AS calls, a.provider_failed AS failed
          FROM slots s
         CROSS JOIN exchanges e
         CROSS JOIN attempts a
         WHERE e.rehearsal = 0 AND e.started_at >= s.begins AND e.started_at < s.ends
           AND a.exchange = e.id AND ",
    shows_health!(),
    "
        UNION ALL
        SELECT s.slot, p.provider, 1, p.outcome <> 'complete'
          FROM slots s
         CROSS JOIN probes p
         WHERE p.at >= s.begins AND p.at < s.ends AND p.outcome IN ",
    judged_probes!(),
    "
        UNION ALL
        SELECT s.slot, d.provider, d.calls, d.calls_failed
          FROM slots s
         CROSS JOIN daily d
         WHERE d.calls > 0 AND ",
    in_slot!(),
    "
     )
     GROUP BY provider, slot
     ORDER BY provider, slot"
);
