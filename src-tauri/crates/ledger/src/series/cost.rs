use catalog::{MicroDollars, ProviderId};

use super::{Slots, slots};
use crate::column::get;
use crate::daily::in_slot;
use crate::drills::is_drills;
use crate::{Ledger, LedgerError};

/// Cost of one provider within one slot, at list prices. The two parts do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostPoint {
    pub provider: ProviderId,
    pub slot: u32,
    /// From tokens that the provider reported.
    pub measured: MicroDollars,
    /// From tokens that are estimated from bytes.
    pub estimated: MicroDollars,
}

impl Ledger {
    /// Requests, probes, tests of fallbacks and drills, by provider, then by slot. A slot without a cost has no point.
    pub fn cost(&self, slots: &Slots) -> Result<Vec<CostPoint>, LedgerError> {
        let mut select = self.conn.prepare_cached(COST)?;
        let points = select.query_map([slots.json()], |row| {
            Ok(CostPoint {
                provider: get(row, "provider")?,
                slot: row.get("slot")?,
                measured: get(row, "measured")?,
                estimated: get(row, "estimated")?,
            })
        })?;
        Ok(points.collect::<Result<_, _>>()?)
    }
}

/// The same sums as [`TODAY`](crate::sums::TODAY), with the probes: an exchange whose cost is unknown counts in neither.
pub(super) const COST: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT provider, slot,
            CAST(total(cost) FILTER (WHERE NOT estimated) AS INTEGER) AS measured,
            CAST(total(cost) FILTER (WHERE estimated) AS INTEGER) AS estimated
       FROM (
        SELECT s.slot AS slot, a.provider AS provider, a.cost AS cost, a.tokens_estimated AS estimated
          FROM slots s
         CROSS JOIN exchanges e
         CROSS JOIN attempts a
         WHERE e.rehearsal = 0 AND e.ended <> 'turned_away' AND e.cost IS NOT NULL
           AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id
        UNION ALL
        SELECT s.slot, a.provider, a.cost, a.tokens_estimated
          FROM slots s
         CROSS JOIN exchanges e
         CROSS JOIN attempts a
         WHERE e.rehearsal = 1 AND e.ended <> 'turned_away' AND e.cost IS NOT NULL
           AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id AND ",
    is_drills!(),
    "
        UNION ALL
        SELECT s.slot, p.provider, p.cost, 0
          FROM slots s
         CROSS JOIN probes p
         WHERE p.at >= s.begins AND p.at < s.ends
        UNION ALL
        SELECT s.slot, t.provider, t.cost, t.tokens_estimated
          FROM slots s
         CROSS JOIN fallback_tests t
         WHERE t.at >= s.begins AND t.at < s.ends
        UNION ALL
        SELECT s.slot, d.provider, iif(e.key, d.cost_estimated, d.cost_measured), e.key
          FROM slots s
         CROSS JOIN daily d
         CROSS JOIN json_each('[0, 1]') e
         WHERE ",
    in_slot!(),
    "
     )
     GROUP BY provider, slot
    HAVING total(cost) > 0
     ORDER BY provider, slot"
);
