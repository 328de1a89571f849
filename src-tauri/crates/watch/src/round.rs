//! One "check now": all checks that were due at once, and the result of each. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use health::{CallOutcome, FailureKind, OurFault, Unreadable};
use tokio::time::Instant;

use crate::look::LookResult;
use crate::rhythm::Look;

/// The user waits for the round; checks that take longer are reported as unfinished.
pub const LONGEST: Duration = Duration::from_secs(10);

/// Result of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The number in the nudge that started the round.
    pub id: u64,
    /// The local network is down: other checks were not started, or got no response.
    pub offline: bool,
    pub checks: BTreeMap<Look, LookOutcome>,
}

/// Result of one check of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookOutcome {
    /// The page was read, whatever its level; or the model completed a response.
    Good,
    /// The endpoint responds. Without a key that proves nothing about its models.
    Reached,
    /// Why the page could not be read, or how the provider failed.
    Failed(String),
    /// Refused because of the account or the settings.
    Ours(OurFault),
    /// The day's budget for probes is spent.
    BudgetSpent,
    /// No result within [`LONGEST`].
    Unfinished,
}

/// Rounds in progress.
#[derive(Debug, Default)]
pub(crate) struct Rounds(Vec<Open>);

#[derive(Debug)]
struct Open {
    round: Round,
    ends: Instant,
}

impl Rounds {
    /// `checks`: those that the round waits for.
    pub(crate) fn begin(&mut self, now: Instant, id: u64, checks: impl Iterator<Item = Look>) {
        let checks = checks.map(|look| (look, LookOutcome::Unfinished)).collect();
        self.0.push(Open {
            round: Round {
                id,
                offline: false,
                checks,
            },
            ends: now + LONGEST,
        });
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.0.iter().map(|open| open.ends).min()
    }

    pub(crate) fn ended(&mut self, look: &Look, outcome: &LookOutcome, offline: bool) {
        for open in &mut self.0 {
            open.round.offline |= offline;
            if let Some(waiting) = open.round.checks.get_mut(look) {
                *waiting = outcome.clone();
            }
        }
    }

    /// Removes and returns the rounds that have ended.
    pub(crate) fn take_finished(&mut self, now: Instant) -> Vec<Round> {
        let unfinished = |open: &Open| {
            let mut outcomes = open.round.checks.values();
            let waits = outcomes.any(|outcome| *outcome == LookOutcome::Unfinished);
            waits && !open.round.offline && now < open.ends
        };
        let (open, finished) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(unfinished);
        self.0 = open;
        let finished: Vec<Open> = finished;
        finished.into_iter().map(|open| open.round).collect()
    }
}

impl LookOutcome {
    pub(crate) fn of(result: &LookResult) -> Self {
        match result {
            LookResult::Controls => Self::Good,
            LookResult::Page(_, reading) => match &reading.result {
                Ok(_) => Self::Good,
                Err(miss) => Self::Failed(match &miss.why {
                    Unreadable::Offline => "this machine is offline".to_owned(),
                    Unreadable::Unreachable(why)
                    | Unreadable::Blocked(why)
                    | Unreadable::NotThePage(why) => why.clone(),
                }),
            },
            LookResult::Completed { result, .. } if result.local.is_some() => {
                Self::Failed(result.local.clone().unwrap_or_default())
            }
            LookResult::Completed { result, .. } => match &result.outcome {
                CallOutcome::Ok { .. } | CallOutcome::Neutral => Self::Good,
                CallOutcome::Ours(fault) => Self::Ours(*fault),
                CallOutcome::Failed { kind, detail } => Self::Failed(failure(*kind, detail)),
            },
            LookResult::Reached(_, Ok(())) => Self::Reached,
            LookResult::Reached(_, Err(unreached)) => Self::Failed(unreached.why.clone()),
        }
    }
}

fn failure(kind: FailureKind, detail: &str) -> String {
    match kind {
        FailureKind::Status(status) if detail.is_empty() => format!("status {status}"),
        FailureKind::Status(status) => format!("status {status}: {detail}"),
        FailureKind::Connect
        | FailureKind::Timeout
        | FailureKind::Cut
        | FailureKind::Stalled
        | FailureKind::ErrorEvent
        | FailureKind::Malformed => detail.to_owned(),
    }
}

#[cfg(test)]
mod tests;
