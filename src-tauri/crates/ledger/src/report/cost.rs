//! What was spent: own requests, fallbacks, probes.

use catalog::MicroDollars;

use crate::column::{Col, get};
use crate::daily::in_slot;
use crate::series::slots;
use crate::sums::of_fallback;
use crate::{Ledger, LedgerError, Slots};

/// Cost within one slot, at list prices. The first three parts do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportCost {
    pub slot: u32,
    pub own: MicroDollars,
    /// With tests of fallbacks, and with requests that were forwarded with a kept key.
    pub fallback: MicroDollars,
    pub probes: MicroDollars,
    /// Of all: attempts that the provider failed.
    pub incomplete: MicroDollars,
    /// Of all: from tokens that are estimated from bytes.
    pub estimated: MicroDollars,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportSpending {
    pub slots: Vec<ReportCost>,
    /// Requests that billed a key, and whose cost is not known.
    pub unpriced: u64,
    /// Slots of which a part is only in daily sums.
    pub summed: u64,
}

impl Ledger {
    /// Requests that billed a key, and whose cost is not known.
    fn unpriced(&self, slots: &Slots) -> Result<u64, LedgerError> {
        let mut select = self.conn.prepare_cached(UNPRICED)?;
        let found: Col<u64> = select.query_row([slots.json()], |row| row.get(0))?;
        Ok(found.0)
    }

    pub fn report_spending(&self, slots: &Slots) -> Result<ReportSpending, LedgerError> {
        let mut select = self.conn.prepare_cached(COST)?;
        let rows = select.query_map([slots.json()], |row| {
            Ok(ReportCost {
                slot: row.get("slot")?,
                own: get(row, "own")?,
                fallback: get(row, "fallback")?,
                probes: get(row, "probes")?,
                incomplete: get(row, "incomplete")?,
                estimated: get(row, "estimated")?,
            })
        })?;
        let rows = rows.collect::<Result<_, _>>()?;
        let mut select = self.conn.prepare_cached(SUMMED)?;
        let summed: Col<u64> = select.query_row([slots.json()], |row| row.get(0))?;
        Ok(ReportSpending {
            slots: rows,
            unpriced: self.unpriced(slots)?,
            summed: summed.0,
        })
    }
}

/// Amounts as [`COST`](crate::series) counts them, split as [`TODAY`](crate::sums::TODAY) does.
const COST: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT slot,
            CAST(total(cost) FILTER (WHERE kind = 'own') AS INTEGER) AS own,
            CAST(total(cost) FILTER (WHERE kind = 'fallback') AS INTEGER) AS fallback,
            CAST(total(cost) FILTER (WHERE kind = 'probe') AS INTEGER) AS probes,
            CAST(total(cost) FILTER (WHERE incomplete) AS INTEGER) AS incomplete,
            CAST(total(cost) FILTER (WHERE estimated) AS INTEGER) AS estimated
       FROM (
        SELECT s.slot AS slot, a.cost AS cost, a.provider_failed AS incomplete, a.tokens_estimated AS estimated,
               iif(",
    of_fallback!("e"),
    ", 'fallback', 'own') AS kind
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_by_start
         CROSS JOIN attempts a
         WHERE e.rehearsal = 0 AND e.ended <> 'turned_away' AND e.cost IS NOT NULL
           AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id AND a.cost > 0
        UNION ALL
        SELECT s.slot, p.cost, 0, 0, 'probe'
          FROM slots s
         CROSS JOIN probes p INDEXED BY probes_by_time
         WHERE p.at >= s.begins AND p.at < s.ends
        UNION ALL
        SELECT s.slot, t.cost, 0, t.tokens_estimated, 'fallback'
          FROM slots s
         CROSS JOIN fallback_tests t
         WHERE t.at >= s.begins AND t.at < s.ends
        UNION ALL
        SELECT s.slot,
               CASE x.value WHEN 'fallback' THEN d.cost_fallback WHEN 'probe' THEN d.cost_probes
                    WHEN 'own' THEN 0.0 + d.cost_measured + d.cost_estimated - d.cost_fallback - d.cost_probes
                    ELSE d.cost_estimated END,
               0, x.value = 'estimated', x.value
          FROM slots s
         CROSS JOIN daily d
         CROSS JOIN json_each('[\"own\", \"fallback\", \"probe\", \"estimated\"]') x
         WHERE ",
    in_slot!(),
    "
     )
     GROUP BY slot
    HAVING total(cost) > 0
     ORDER BY slot"
);

const UNPRICED: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT count(*)
       FROM slots s
      CROSS JOIN exchanges e INDEXED BY exchanges_by_start
      WHERE e.rehearsal = 0 AND e.ended <> 'turned_away' AND e.cost IS NULL
        AND e.started_at >= s.begins AND e.started_at < s.ends
        AND EXISTS (SELECT 1 FROM attempts a WHERE a.exchange = e.id AND NOT a.by_subscription)"
);

const SUMMED: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT count(DISTINCT s.slot) FROM slots s CROSS JOIN daily d WHERE ",
    in_slot!()
);
