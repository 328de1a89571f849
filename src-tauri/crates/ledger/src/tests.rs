mod conversations;
mod damage;
mod effects;
mod exchanges;
mod fallback_tests;
mod figures;
mod impact;
mod incidents;
mod interruptions;
mod migration;
mod notifications;
mod observations;
mod odd_rows;
mod outages;
pub(crate) mod paging;
mod pipelines;
mod plans;
mod presence;
mod reading;
mod replays;
mod report;
mod retention;
mod review;
mod search;
mod small;
mod sums;
mod vacuum;

use catalog::{Dialect, MicroDollars, REHEARSAL, Tokens};
use chrono::{DateTime, Duration, Utc};
use health::{Basis, Blame, Change, Evidence, Level, ProviderVerdict, Transition, Verdict};

use crate::{AttemptOutcome, AttemptRow, Candidate, End, ExchangeRow, Ledger, LoggedTransition};

/// 21 June 2026, 20:00 UTC.
pub(crate) fn t0() -> DateTime<Utc> {
    DateTime::from_timestamp(1_782_072_000, 0).unwrap()
}

pub(crate) fn minutes(count: i64) -> Duration {
    Duration::minutes(count)
}

pub(crate) fn fresh() -> Ledger {
    Ledger::in_memory(t0()).unwrap()
}

pub(crate) fn candidate(name: &str) -> Candidate {
    Candidate {
        provider: name.into(),
        endpoint: format!("{name}-api").as_str().into(),
        model: format!("{name}-large").as_str().into(),
    }
}

fn attempt(at: &Candidate, outcome: AttemptOutcome, provider_failed: bool) -> AttemptRow {
    AttemptRow {
        provider: at.provider.clone(),
        endpoint: at.endpoint.clone(),
        model: at.model.clone(),
        started_ms: 3,
        total_ms: 900,
        ttft_ms: (!provider_failed).then_some(310),
        status: Some(if provider_failed { 529 } else { 200 }),
        by_subscription: false,
        spoken: None,
        left_out: Vec::new(),
        outcome,
        provider_failed,
        detail: provider_failed.then(|| "overloaded_error".to_owned()),
        stop_reason: (!provider_failed).then(|| "end_turn".to_owned()),
        tokens: (!provider_failed).then_some(Tokens {
            input: 12,
            output: 345,
            cache_read: 6789,
            cache_write: 1,
            cache_write_hour: 0,
        }),
        tokens_estimated: false,
        cost: (!provider_failed).then_some(MicroDollars(5_260)),
        price_as_of: (!provider_failed).then(|| "2026-06-01".to_owned()),
    }
}

/// The primary, "lead", succeeded.
pub(crate) fn answered(started: DateTime<Utc>) -> ExchangeRow {
    let lead = candidate("lead");
    ExchangeRow {
        request_id: Some("v5x7q00".to_owned()),
        started,
        client: "Claude Code".to_owned(),
        session: Some("s-1".to_owned()),
        dialect: Dialect::Anthropic,
        route: "agents".to_owned(),
        model: "lead-large".to_owned(),
        streamed: true,
        rehearsal: false,
        pipeline: None,
        item: None,
        primary: Some(lead.clone()),
        end: End::Complete,
        detail: None,
        status: Some(200),
        total_ms: 903,
        ttft_ms: Some(313),
        cost: Some(MicroDollars(5_260)),
        restarts: 0,
        shown_early: false,
        passed_over: Vec::new(),
        parked: None,
        token: None,
        attempts: vec![attempt(&lead, AttemptOutcome::Complete, false)],
    }
}

/// "lead" failed, "second" succeeded.
pub(crate) fn carried(started: DateTime<Utc>) -> ExchangeRow {
    ExchangeRow {
        attempts: vec![
            attempt(&candidate("lead"), AttemptOutcome::Failed, true),
            attempt(&candidate("second"), AttemptOutcome::Complete, false),
        ],
        ..answered(started)
    }
}

/// "lead" failed, and no candidate was left.
pub(crate) fn exhausted(started: DateTime<Utc>) -> ExchangeRow {
    ExchangeRow {
        end: End::Exhausted,
        status: Some(529),
        ttft_ms: None,
        cost: None,
        attempts: vec![attempt(&candidate("lead"), AttemptOutcome::Failed, true)],
        ..answered(started)
    }
}

/// On the rehearsal models.
pub(crate) fn rehearsed(mut of: ExchangeRow) -> ExchangeRow {
    let stage = candidate(REHEARSAL);
    for attempt in &mut of.attempts {
        attempt.provider = stage.provider.clone();
    }
    ExchangeRow {
        rehearsal: true,
        primary: Some(stage),
        ..of
    }
}

/// A drill's own request: "lead" failed on purpose, "second" succeeded.
pub(crate) fn drilled(started: DateTime<Utc>) -> ExchangeRow {
    let mut row = carried(started);
    row.attempts[0].outcome = AttemptOutcome::Drill;
    row.attempts[0].provider_failed = false;
    row.attempts[0].cost = Some(MicroDollars::ZERO);
    ExchangeRow {
        rehearsal: true,
        ..row
    }
}

fn transition(
    provider: &str,
    at: DateTime<Utc>,
    level: Level,
    change: Change,
    evidence: &str,
) -> LoggedTransition {
    let transition = Transition {
        at,
        provider: provider.into(),
        change,
        verdict: ProviderVerdict {
            verdict: Verdict::Known(level),
            since: Some(at),
            basis: Basis::Measured,
            blame: Blame::Them,
            evidence: Evidence::default(),
            unstable: false,
            surfaces: Default::default(),
            models: Default::default(),
        },
        announce: true,
    };
    LoggedTransition {
        transition,
        evidence: evidence.to_owned(),
        entry: evidence.to_owned(),
    }
}

pub(crate) fn opened(provider: &str, at: DateTime<Utc>) -> LoggedTransition {
    transition(
        provider,
        at,
        Level::PartialOutage,
        Change::Opened {
            level: Level::PartialOutage,
            since: at,
        },
        "Lead: it is them.",
    )
}

pub(crate) fn recovered(
    provider: &str,
    since: DateTime<Utc>,
    at: DateTime<Utc>,
) -> LoggedTransition {
    let change = Change::Recovered {
        since,
        peak: Level::PartialOutage,
    };
    transition(
        provider,
        at,
        Level::Operational,
        change,
        "Lead works again.",
    )
}
