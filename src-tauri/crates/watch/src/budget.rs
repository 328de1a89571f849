use catalog::MicroDollars;
use chrono::{DateTime, NaiveDate, Utc};

/// Cost of today's probes (UTC).
#[derive(Debug)]
pub(crate) struct Budget {
    day: NaiveDate,
    spent: MicroDollars,
}

impl Budget {
    pub(crate) fn new(now: DateTime<Utc>, spent: MicroDollars) -> Self {
        Self {
            day: now.date_naive(),
            spent,
        }
    }

    /// Whether `cost` fits into today's budget. A free probe always does.
    pub(crate) fn allows(
        &mut self,
        now: DateTime<Utc>,
        per_day: MicroDollars,
        cost: MicroDollars,
    ) -> bool {
        self.turn_day(now);
        cost <= MicroDollars::ZERO || self.spent + cost <= per_day
    }

    pub(crate) fn book(&mut self, now: DateTime<Utc>, cost: MicroDollars) {
        self.turn_day(now);
        self.spent += cost;
    }

    fn turn_day(&mut self, now: DateTime<Utc>) {
        let today = now.date_naive();
        if self.day != today {
            self.day = today;
            self.spent = MicroDollars::ZERO;
        }
    }
}

#[cfg(test)]
mod tests;
