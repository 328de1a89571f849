use catalog::ProviderId;

use super::{Slots, slots};
use crate::column::{get, word_enum};
use crate::daily::in_slot;
use crate::{Ledger, LedgerError};

word_enum! {
    /// The measured time.
    LatencyMeasure {
        FirstToken = "first_token",
        /// From the start of the call to the end of the response.
        Total = "total",
    }
}

/// Response times of one provider within one slot. Percentiles are by nearest rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LatencyPoint {
    pub provider: ProviderId,
    pub slot: u32,
    pub measure: LatencyMeasure,
    /// Complete responses, of requests and of probes.
    pub responses: u64,
    pub p50_ms: u64,
    pub p95_ms: u64,
    /// Also from daily rows, whose times are rounded by less than 1 %.
    pub rounded: bool,
}

impl Ledger {
    /// By provider, measure and slot. A slot without a complete response has no point.
    pub fn latency(&self, slots: &Slots) -> Result<Vec<LatencyPoint>, LedgerError> {
        let mut select = self.conn.prepare_cached(LATENCY)?;
        let points = select.query_map([slots.json()], |row| {
            Ok(LatencyPoint {
                provider: get(row, "provider")?,
                slot: row.get("slot")?,
                measure: get(row, "measure")?,
                responses: get(row, "responses")?,
                p50_ms: get(row, "p50")?,
                p95_ms: get(row, "p95")?,
                rounded: row.get("rounded")?,
            })
        })?;
        Ok(points.collect::<Result<_, _>>()?)
    }
}

pub(super) const LATENCY: &str = concat!(
    "WITH ",
    slots!(),
    ", calls AS (
        SELECT s.slot AS slot, a.provider AS provider, a.ttft_ms AS ttft_ms, a.total_ms AS total_ms
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_by_start
         CROSS JOIN attempts a
         WHERE e.rehearsal = 0 AND e.started_at >= s.begins AND e.started_at < s.ends
           AND a.exchange = e.id AND a.outcome = 'complete'
        UNION ALL
        SELECT s.slot, p.provider, p.ttft_ms, p.total_ms
          FROM slots s
         CROSS JOIN probes p INDEXED BY probes_by_time
         WHERE p.at >= s.begins AND p.at < s.ends AND p.outcome = 'complete'
     ),
     measured AS (
        SELECT provider, slot, 'first_token' AS measure, ttft_ms AS ms, 1 AS responses, 0 AS rounded
          FROM calls WHERE ttft_ms IS NOT NULL
        UNION ALL
        SELECT provider, slot, 'total', total_ms, 1, 0 FROM calls
        UNION ALL
        SELECT d.provider, s.slot, l.measure, l.ms, l.responses, 1
          FROM slots s
         CROSS JOIN daily d
         CROSS JOIN daily_latency l
         WHERE l.daily = d.id AND ",
    in_slot!(),
    "
     ),
     ranked AS (
        SELECT provider, slot, measure, ms, rounded,
               sum(responses) OVER (PARTITION BY provider, slot, measure ORDER BY ms ROWS UNBOUNDED PRECEDING) AS rank,
               sum(responses) OVER (PARTITION BY provider, slot, measure) AS responses
          FROM measured
     )
     SELECT provider, measure, slot, max(responses) AS responses, max(rounded) AS rounded,
            min(ms) FILTER (WHERE rank >= (responses * 50 + 99) / 100) AS p50,
            min(ms) FILTER (WHERE rank >= (responses * 95 + 99) / 100) AS p95
       FROM ranked
      GROUP BY provider, measure, slot
      ORDER BY provider, measure, slot"
);
