//! The sums since local midnight, and the time of the next midnight.

use std::ops::Deref;

use catalog::MicroDollars;
use chrono::{DateTime, Utc};
use ledger::{ExchangeRow, FallbackTestRow, Sums};

use super::Zone;

#[derive(Debug)]
pub(crate) struct Day {
    sums: Sums,
    began: DateTime<Utc>,
    ends: DateTime<Utc>,
}

impl Day {
    pub(crate) fn of(now: DateTime<Utc>, zone: &Zone) -> Day {
        Day {
            sums: Sums::default(),
            began: zone.day_began(now),
            ends: zone.day_ends(now),
        }
    }

    pub(crate) fn began(&self) -> DateTime<Utc> {
        self.began
    }

    pub(crate) fn ends(&self) -> DateTime<Utc> {
        self.ends
    }

    /// Sets the day's sums from the ledger.
    pub(crate) fn summed(&mut self, sums: Sums) {
        self.sums = sums;
    }

    pub(crate) fn count(&mut self, row: &ExchangeRow, carried: bool) {
        if row.end == ledger::End::TurnedAway {
            // Rejected by the engine itself; no attempt was made.
            return;
        }
        let sums = &mut self.sums;
        sums.exchanges += 1;
        sums.fallbacks += row.fallbacks_cost();
        sums.failed += u64::from(row.end.failed());
        sums.carried_by_fallback += u64::from(carried);
        match row.cost {
            Some(cost) => {
                sums.spent += cost;
                sums.of_estimated_tokens += row.cost_of_estimated_tokens();
            }
            None => sums.unpriced += u64::from(row.is_unpriced()),
        }
    }

    /// A run of the drain, beyond the cost of fallbacks.
    pub(crate) fn drained(&mut self, cost: MicroDollars) {
        self.sums.fallbacks += cost;
    }

    pub(crate) fn probed(&mut self, cost: Option<MicroDollars>) {
        self.sums.probes += cost.unwrap_or_default();
    }

    /// A drill's own request is no traffic, but its cost is real.
    pub(crate) fn drilled(&mut self, row: &ExchangeRow) {
        let sums = &mut self.sums;
        sums.fallbacks += row.fallbacks_cost();
        let cost = row.cost.unwrap_or_default();
        sums.spent += cost;
        sums.drills += cost;
        sums.of_estimated_tokens += row.cost_of_estimated_tokens();
    }

    pub(crate) fn tested(&mut self, row: &FallbackTestRow) {
        let sums = &mut self.sums;
        sums.fallbacks += row.counted;
        if let Some(cost) = row.cost {
            sums.spent += cost;
            if row.tokens_estimated {
                sums.of_estimated_tokens += cost;
            }
        }
    }
}

impl Deref for Day {
    type Target = Sums;

    fn deref(&self) -> &Sums {
        &self.sums
    }
}
