//! What the status page, the probes and the requests showed of one provider, side by side.

use catalog::ProviderId;
use health::Level;

use super::{Slots, slots};
use crate::column::{Col, get};
use crate::sums::{judged_probes, limit_outcomes, local_outcomes, shows_health};
use crate::{Ledger, LedgerError};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ribbon {
    /// By surface, then by slot.
    pub page: Vec<PagePoint>,
    pub probes: Vec<CallPoint>,
    pub traffic: Vec<CallPoint>,
}

/// Readings of the status page within one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePoint {
    /// Empty: the page itself.
    pub surface: String,
    pub slot: u32,
    /// The worst one. `None`: the page could not be read.
    pub level: Option<Level>,
}

/// Calls within one slot. A slot without calls has no point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallPoint {
    pub slot: u32,
    pub answered: u64,
    pub failed: u64,
    pub limits: u64,
    pub local: u64,
}

impl Ledger {
    pub fn ribbon(&self, provider: &ProviderId, slots: &Slots) -> Result<Ribbon, LedgerError> {
        let mut select = self.conn.prepare_cached(PAGE)?;
        let page = select.query_map((slots.json(), Col(provider)), |row| {
            let rank: i64 = row.get("rank")?;
            Ok(PagePoint {
                surface: row.get("surface")?,
                slot: row.get("slot")?,
                level: LEVELS
                    .get(usize::try_from(rank).unwrap_or(usize::MAX))
                    .copied(),
            })
        })?;
        Ok(Ribbon {
            page: page.collect::<Result<_, _>>()?,
            probes: self.calls_of(PROBES, provider, slots)?,
            traffic: self.calls_of(TRAFFIC, provider, slots)?,
        })
    }

    fn calls_of(
        &self,
        sql: &str,
        provider: &ProviderId,
        slots: &Slots,
    ) -> Result<Vec<CallPoint>, LedgerError> {
        let mut select = self.conn.prepare_cached(sql)?;
        let points = select.query_map((slots.json(), Col(provider)), |row| {
            Ok(CallPoint {
                slot: row.get("slot")?,
                answered: get(row, "answered")?,
                failed: get(row, "failed")?,
                limits: get(row, "limits")?,
                local: get(row, "local")?,
            })
        })?;
        Ok(points.collect::<Result<_, _>>()?)
    }
}

/// By the ranks of [`PAGE`].
const LEVELS: [Level; 5] = [
    Level::Operational,
    Level::Maintenance,
    Level::Degraded,
    Level::PartialOutage,
    Level::MajorOutage,
];

const PAGE: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT o.subject AS surface, s.slot AS slot,
            max(CASE o.said WHEN 'operational' THEN 0 WHEN 'maintenance' THEN 1 WHEN 'degraded' THEN 2
                            WHEN 'partial_outage' THEN 3 WHEN 'major_outage' THEN 4 ELSE -1 END) AS rank
       FROM slots s
      CROSS JOIN observations o INDEXED BY observations_by_time
      WHERE o.at >= s.begins AND o.at < s.ends AND o.source = 'page' AND o.provider = ?2
      GROUP BY surface, s.slot
      ORDER BY surface, s.slot"
);

const TRAFFIC: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT slot, sum(judged AND NOT failed) AS answered, sum(failed) AS failed, sum(is_limit) AS limits,
            sum(local) AS local
       FROM (
        SELECT s.slot AS slot, ",
    shows_health!(),
    " AS judged, a.provider_failed AS failed, NOT ",
    shows_health!(),
    " AND a.outcome IN ",
    limit_outcomes!(),
    " AS is_limit, NOT ",
    shows_health!(),
    " AND a.outcome IN ",
    local_outcomes!(),
    " AS local
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_by_start
         CROSS JOIN attempts a
         WHERE e.rehearsal = 0 AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id
           AND a.provider = ?2
     )
     GROUP BY slot
    HAVING answered + failed + limits + local > 0
     ORDER BY slot"
);

const PROBES: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT slot, sum(judged AND outcome = 'complete') AS answered, sum(judged AND outcome <> 'complete') AS failed,
            sum(outcome IN ",
    limit_outcomes!(),
    ") AS limits, sum(outcome IN ",
    local_outcomes!(),
    ") AS local
       FROM (
        SELECT s.slot AS slot, p.outcome AS outcome, p.outcome IN ",
    judged_probes!(),
    " AS judged
          FROM slots s
         CROSS JOIN probes p INDEXED BY probes_by_time
         WHERE p.at >= s.begins AND p.at < s.ends AND p.provider = ?2
     )
     GROUP BY slot
    HAVING answered + failed + limits + local > 0
     ORDER BY slot"
);
