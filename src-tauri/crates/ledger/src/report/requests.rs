//! Requests by pipeline, those that a fallback answered for a provider, and the providers that received them.

use catalog::ProviderId;

use super::texts::json_of;
use crate::column::get;
use crate::daily::in_slot;
use crate::series::slots;
use crate::sums::{answered_ends, failed_ends};
use crate::{Ledger, LedgerError, Slots};

/// Requests of one pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRequests {
    /// `None`: they had none.
    pub pipeline: Option<String>,
    pub requests: u64,
    pub answered: u64,
    /// By a fallback.
    pub carried: u64,
    pub failed: u64,
}

/// A provider, and how many requests it received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportProviderUse {
    pub provider: ProviderId,
    pub requests: u64,
}

impl Ledger {
    /// Most requests first. Without those that the gateway rejected.
    pub fn report_requests(&self, slots: &Slots) -> Result<Vec<ReportRequests>, LedgerError> {
        let mut select = self.conn.prepare_cached(REQUESTS)?;
        let rows = select.query_map([slots.json()], |row| {
            let pipeline: String = row.get("pipeline")?;
            Ok(ReportRequests {
                pipeline: Some(pipeline).filter(|name| !name.is_empty()),
                requests: get(row, "requests")?,
                answered: get(row, "answered")?,
                carried: get(row, "carried")?,
                failed: get(row, "failed")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Requests of each primary's provider that a fallback answered, by slot.
    pub fn report_carried(
        &self,
        slots: &Slots,
    ) -> Result<Vec<(ProviderId, u32, u64)>, LedgerError> {
        let mut select = self.conn.prepare_cached(CARRIED)?;
        let rows = select.query_map([slots.json()], |row| {
            Ok((
                get(row, "provider")?,
                row.get("slot")?,
                get(row, "carried")?,
            ))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Providers to which requests of these pipelines went, most requests first.
    pub fn report_provider_use(
        &self,
        slots: &Slots,
        pipelines: &[&str],
    ) -> Result<Vec<ReportProviderUse>, LedgerError> {
        let names = json_of(pipelines);
        let mut select = self.conn.prepare_cached(PROVIDER_USE)?;
        let rows = select.query_map((slots.json(), names), |row| {
            Ok(ReportProviderUse {
                provider: get(row, "provider")?,
                requests: get(row, "requests")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Providers of the fallbacks that answered requests of these pipelines, as far as their rows are kept.
    pub fn report_carried_by(
        &self,
        slots: &Slots,
        pipelines: &[&str],
    ) -> Result<Vec<ProviderId>, LedgerError> {
        let mut select = self.conn.prepare_cached(CARRIED_BY)?;
        let rows = select.query_map((slots.json(), json_of(pipelines)), |row| {
            get(row, "provider")
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

const REQUESTS: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT pipeline, sum(requests) AS requests, sum(answered) AS answered, sum(carried) AS carried, sum(failed) AS failed
       FROM (
        SELECT coalesce(e.pipeline, '') AS pipeline, 1 AS requests, e.ended IN ",
    answered_ends!(),
    " AS answered, e.carried AS carried, e.ended IN ",
    failed_ends!(),
    " AS failed
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_by_start
         WHERE e.rehearsal = 0 AND e.ended <> 'turned_away' AND e.started_at >= s.begins AND e.started_at < s.ends
        UNION ALL
        SELECT d.pipeline, d.requests - d.turned_away, d.complete + d.replayed + d.truncated + d.refused, d.carried,
               d.cut + d.exhausted + d.our_fault
          FROM slots s
         CROSS JOIN daily d
         WHERE d.requests > d.turned_away AND ",
    in_slot!(),
    "
     )
     GROUP BY pipeline
     ORDER BY requests DESC, pipeline"
);

const CARRIED: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT provider, slot, sum(carried) AS carried FROM (
        SELECT e.primary_provider AS provider, s.slot AS slot, 1 AS carried
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_by_start
         WHERE e.rehearsal = 0 AND e.carried AND e.primary_provider IS NOT NULL
           AND e.started_at >= s.begins AND e.started_at < s.ends
        UNION ALL
        SELECT d.provider, s.slot, d.carried
          FROM slots s
         CROSS JOIN daily d
         WHERE d.carried > 0 AND ",
    in_slot!(),
    "
     )
     GROUP BY provider, slot"
);

/// The last attempt answered.
const CARRIED_BY: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT DISTINCT a.provider AS provider
       FROM slots s
      CROSS JOIN exchanges e INDEXED BY exchanges_by_start
      CROSS JOIN attempts a
      WHERE e.rehearsal = 0 AND e.carried AND e.pipeline IN (SELECT value FROM json_each(?2))
        AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id
        AND a.number = (SELECT max(last.number) FROM attempts last WHERE last.exchange = e.id)
      ORDER BY provider"
);

/// Nothing was sent where the attempt did not reach the provider.
const PROVIDER_USE: &str = concat!(
    "WITH ",
    slots!(),
    "SELECT provider, sum(requests) AS requests FROM (
        SELECT DISTINCT e.id AS id, a.provider AS provider, 1 AS requests
          FROM slots s
         CROSS JOIN exchanges e INDEXED BY exchanges_by_start
         CROSS JOIN attempts a
         WHERE e.rehearsal = 0 AND e.pipeline IN (SELECT value FROM json_each(?2))
           AND e.started_at >= s.begins AND e.started_at < s.ends AND a.exchange = e.id
           AND a.outcome NOT LIKE 'not reached%' AND a.outcome <> 'made by a drill'
        UNION ALL
        SELECT NULL, d.provider, d.attempts
          FROM slots s
         CROSS JOIN daily d
         WHERE d.attempts > 0 AND d.pipeline IN (SELECT value FROM json_each(?2)) AND ",
    in_slot!(),
    "
     )
     GROUP BY provider
     ORDER BY requests DESC, provider"
);
