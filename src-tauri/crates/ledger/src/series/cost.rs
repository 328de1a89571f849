use catalog::{MicroDollars, ProviderId};

use super::{Slots, slots};
use crate::column::get;
use crate::daily::in_slot;
use crate::drills::is_drills;
use crate::sums::{of_fallback, unpriced};
use crate::{Ledger, LedgerError};

/// Cost of one provider within one slot, at list prices. The first three parts do not overlap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostPoint {
    pub provider: ProviderId,
    pub slot: u32,
    pub own: MicroDollars,
    /// With tests of fallbacks, drills, and requests that were forwarded with a kept key.
    pub fallback: MicroDollars,
    pub probes: MicroDollars,
    /// Of all: from tokens that are estimated from bytes.
    pub estimated: MicroDollars,
    /// Requests that billed a key, and whose cost is not known.
    pub unpriced: u64,
}

impl Ledger {
    /// By provider, then by slot. A slot without a cost and without an unpriced request has no point.
    pub fn cost(&self, slots: &Slots) -> Result<Vec<CostPoint>, LedgerError> {
        let mut select = self.conn.prepare_cached(COST)?;
        let points = select.query_map([slots.json()], |row| {
            Ok(CostPoint {
                provider: get(row, "provider")?,
                slot: row.get("slot")?,
                own: get(row, "own")?,
                fallback: get(row, "fallback")?,
                probes: get(row, "probes")?,
                estimated: get(row, "estimated")?,
                unpriced: get(row, "unpriced")?,
            })
        })?;
        Ok(points.collect::<Result<_, _>>()?)
    }
}

/// The same sums as [`TODAY`](crate::sums::TODAY), with the probes: an exchange whose cost is unknown has no amount.
pub(super) const COST: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT provider, slot,
            CAST(total(own) AS INTEGER) AS own,
            CAST(total(fallback) AS INTEGER) AS fallback,
            CAST(total(probes) AS INTEGER) AS probes,
            CAST(total(estimated) AS INTEGER) AS estimated,
            sum(unpriced) AS unpriced
       FROM (
        SELECT slot, provider, iif(is_fallback, 0, cost) AS own, iif(is_fallback, cost, 0) AS fallback, 0 AS probes,
               iif(tokens_estimated, cost, 0) AS estimated, unpriced
          FROM (
            SELECT s.slot AS slot, a.provider AS provider,
                   iif(e.ended <> 'turned_away' AND e.cost IS NOT NULL, a.cost, NULL) AS cost, ",
    of_fallback!("e"),
    " AS is_fallback, a.tokens_estimated AS tokens_estimated, ",
    unpriced!("e"),
    " AS unpriced
              FROM slots s
             CROSS JOIN exchanges e INDEXED BY exchanges_by_start
             CROSS JOIN attempts a
             WHERE e.rehearsal = 0 AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id
          )
        UNION ALL
        SELECT s.slot, a.provider, 0, a.cost, 0, iif(a.tokens_estimated, a.cost, 0), 0
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_of_rehearsals
         CROSS JOIN attempts a
         WHERE e.rehearsal = 1 AND e.ended <> 'turned_away' AND e.cost IS NOT NULL
           AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id AND ",
    is_drills!(),
    "
        UNION ALL
        SELECT s.slot, p.provider, 0, 0, p.cost, 0, 0
          FROM slots s
         CROSS JOIN probes p INDEXED BY probes_by_time
         WHERE p.at >= s.begins AND p.at < s.ends
        UNION ALL
        SELECT s.slot, t.provider, 0, t.cost, 0, iif(t.tokens_estimated, t.cost, 0), 0
          FROM slots s
         CROSS JOIN fallback_tests t
         WHERE t.at >= s.begins AND t.at < s.ends
        UNION ALL
        SELECT s.slot, d.provider, 0.0 + d.cost_measured + d.cost_estimated - d.cost_fallback - d.cost_probes,
               d.cost_fallback, d.cost_probes, d.cost_estimated, d.unpriced
          FROM slots s
         CROSS JOIN daily d
         WHERE ",
    in_slot!(),
    "
     )
     WHERE provider <> ''
     GROUP BY provider, slot
    HAVING total(own) + total(fallback) + total(probes) > 0 OR sum(unpriced) > 0
     ORDER BY provider, slot"
);
