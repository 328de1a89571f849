//! The rows of which the figures in memory are made.

use catalog::{MicroDollars, ProviderId};
use chrono::{DateTime, Utc};
use rusqlite::Row;

use crate::column::{get, maybe};
use crate::drills::is_drills;
use crate::sums::{
    judged_probes, limit_outcomes, local_outcomes, of_fallback, shows_health, unpriced,
};

/// What a call was for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Own,
    Fallback,
    Probe,
}

/// A row of any of the sources.
pub(super) struct Call {
    pub(super) id: i64,
    pub(super) at: DateTime<Utc>,
    /// Empty: a request that reached no candidate.
    pub(super) provider: ProviderId,
    pub(super) shows_health: bool,
    pub(super) failed: bool,
    pub(super) uncarried: bool,
    /// At the first attempt of a request that a fallback answered: the request's provider.
    pub(super) carried_for: Option<ProviderId>,
    pub(super) limit: bool,
    pub(super) local: bool,
    pub(super) complete: bool,
    pub(super) ttft_ms: Option<u64>,
    pub(super) total_ms: u64,
    pub(super) cost: Option<MicroDollars>,
    pub(super) kind: Kind,
    pub(super) estimated: bool,
    pub(super) unpriced: bool,
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Call> {
    Ok(Call {
        id: row.get("id")?,
        at: get(row, "at")?,
        provider: get(row, "provider")?,
        shows_health: row.get("shows_health")?,
        failed: row.get("failed")?,
        uncarried: row.get("uncarried")?,
        carried_for: maybe(row, "carried_for")?,
        limit: row.get("is_limit")?,
        local: row.get("local")?,
        complete: row.get("complete")?,
        ttft_ms: maybe(row, "ttft_ms")?,
        total_ms: get(row, "total_ms")?,
        cost: maybe(row, "cost")?,
        kind: match row.get_ref("kind")?.as_str()? {
            "probe" => Kind::Probe,
            "fallback" => Kind::Fallback,
            _ => Kind::Own,
        },
        estimated: row.get("estimated")?,
        unpriced: row.get("unpriced")?,
    })
}

/// An exchange without attempts counts only if this computer failed.
macro_rules! of_exchanges {
    () => {
        concat!(
            "SELECT e.id AS id, e.started_at AS at,
                iif(a.number IS NULL, coalesce(e.primary_provider, ''), a.provider) AS provider,
                a.number IS NOT NULL AND ",
            shows_health!(),
            " AS shows_health,
                coalesce(a.provider_failed, 0) AS failed,
                coalesce(a.provider_failed, 0) AND NOT (e.carried AND a.provider IS e.primary_provider) AS uncarried,
                iif(e.carried AND a.number = 1, coalesce(e.primary_provider, a.provider), NULL) AS carried_for,
                a.number IS NOT NULL AND NOT ",
            shows_health!(),
            " AND a.outcome IN ",
            limit_outcomes!(),
            " AS is_limit,
                a.number IS NULL OR NOT ",
            shows_health!(),
            " AND a.outcome IN ",
            local_outcomes!(),
            " AS local,
                coalesce(a.outcome = 'complete', 0) AS complete, a.ttft_ms AS ttft_ms, coalesce(a.total_ms, 0) AS total_ms,
                iif(e.ended <> 'turned_away' AND e.cost IS NOT NULL, a.cost, NULL) AS cost,
                iif(",
            of_fallback!("e"),
            ", 'fallback', 'own') AS kind, coalesce(a.tokens_estimated, 0) AS estimated, ",
            unpriced!("e"),
            " AS unpriced
           FROM exchanges e LEFT JOIN attempts a ON a.exchange = e.id
          WHERE e.rehearsal = 0 AND (a.number IS NOT NULL OR e.ended = 'our_fault') AND "
        )
    };
}

macro_rules! of_probes {
    () => {
        concat!(
            "SELECT id, at, provider, outcome IN ",
            judged_probes!(),
            " AS shows_health,
            outcome <> 'complete' AND outcome IN ",
            judged_probes!(),
            " AS failed, outcome <> 'complete' AND outcome IN ",
            judged_probes!(),
            " AS uncarried, NULL AS carried_for, outcome IN ",
            limit_outcomes!(),
            " AS is_limit, outcome IN ",
            local_outcomes!(),
            " AS local, outcome = 'complete' AS complete, ttft_ms, total_ms, cost, 'probe' AS kind, 0 AS estimated,
            0 AS unpriced
       FROM probes WHERE "
        )
    };
}

macro_rules! of_tests {
    () => {
        "SELECT id, at, provider, 0 AS shows_health, 0 AS failed, 0 AS uncarried, NULL AS carried_for, 0 AS is_limit, 0 AS local,
            0 AS complete, NULL AS ttft_ms, total_ms, cost, 'fallback' AS kind, tokens_estimated AS estimated, 0 AS unpriced
       FROM fallback_tests WHERE "
    };
}

/// Rehearsals are few, and have an index by time.
macro_rules! of_drills {
    () => {
        concat!(
            "SELECT e.id AS id, e.started_at AS at, a.provider AS provider, 0 AS shows_health, 0 AS failed, 0 AS uncarried,
            NULL AS carried_for, 0 AS is_limit, 0 AS local, 0 AS complete, NULL AS ttft_ms, a.total_ms AS total_ms,
            iif(e.ended <> 'turned_away' AND e.cost IS NOT NULL, a.cost, NULL) AS cost, 'fallback' AS kind,
            a.tokens_estimated AS estimated, 0 AS unpriced
       FROM exchanges e CROSS JOIN attempts a ON a.exchange = e.id
      WHERE e.rehearsal = 1 AND ",
            is_drills!(),
            " AND "
        )
    };
}

/// The same rows as [`UPTIME`](super::super::uptime::UPTIME), [`COST`](super::super::cost::COST) and
/// [`LATENCY`](super::super::latency::LATENCY), from the row after `?1` and the time `?2` on. The plus keeps SQLite from reading
/// all rows of that time again.
pub(crate) const SOURCES: [&str; 4] = [
    concat!(
        of_exchanges!(),
        "e.id > ?1 AND +e.started_at >= ?2 ORDER BY e.id"
    ),
    concat!(of_probes!(), "id > ?1 AND +at >= ?2 ORDER BY id"),
    concat!(of_tests!(), "id > ?1 AND +at >= ?2 ORDER BY id"),
    concat!(
        of_drills!(),
        "e.id > ?1 AND e.started_at >= ?2 ORDER BY e.id"
    ),
];

/// The same rows up to the row `?1`, from the time `?2` to before `?3`.
pub(super) const SOURCES_OF_TIME: [&str; 4] = [
    concat!(
        of_exchanges!(),
        "e.started_at >= ?2 AND e.started_at < ?3 AND +e.id <= ?1"
    ),
    concat!(of_probes!(), "at >= ?2 AND at < ?3 AND +id <= ?1"),
    concat!(of_tests!(), "at >= ?2 AND at < ?3 AND +id <= ?1"),
    concat!(
        of_drills!(),
        "e.started_at >= ?2 AND e.started_at < ?3 AND +e.id <= ?1"
    ),
];
