//! A drill that runs, or that has ended: its facts, in order. Pure.

use std::time::Duration;

use catalog::MicroDollars;
use chrono::{DateTime, TimeDelta, Utc};
use gateway::MadeFailure;
use ledger::{Candidate, End, ExchangeRow};

use super::plan::DrillPlan;
use super::play::{Session, WITHIN};

/// The longest time for which live requests meet the failure.
const LIVE: TimeDelta = TimeDelta::seconds(60);
/// The end of the session is reported within this time after its own limit.
const REPORTED: TimeDelta = TimeDelta::seconds(3);

#[derive(Debug)]
pub(crate) struct DrillRun {
    pub(crate) id: u64,
    pub(crate) plan: DrillPlan,
    pub(crate) live: bool,
    pub(crate) began: DateTime<Utc>,
    pub(crate) until: DateTime<Utc>,
    pub(crate) ended: Option<DateTime<Utc>>,
    /// Of the test request that is open. None: the session has ended, or there was none.
    pub(crate) testing: Option<MadeFailure>,
    /// The failure that live requests meet.
    pub(crate) live_failure: MadeFailure,
    /// In chronological order.
    pub(crate) steps: Vec<(DateTime<Utc>, Step)>,
    /// Known when it has ended.
    pub(crate) report: Option<api::DrillReport>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// A test request is sent, and its primary fails.
    Sent(MadeFailure),
    Answered(SeenRequest),
    /// No end of the test request was reported.
    Unanswered,
    /// No test request can use the fallback.
    OnlyLive,
    Ended(EndedBy),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndedBy {
    /// The test session has ended.
    Itself,
    Owner,
    /// Its time was over.
    Time,
    /// The engine stops.
    Engine,
}

/// A request as its client saw it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SeenRequest {
    /// None: of the drill's own session.
    pub(crate) client: Option<String>,
    pub(crate) failure: MadeFailure,
    pub(crate) end: End,
    pub(crate) status: Option<u16>,
    /// The candidate of its response. None: no response was complete.
    pub(crate) by: Option<Candidate>,
    pub(crate) first_word: Option<Duration>,
    pub(crate) total: Duration,
    /// None: not known.
    pub(crate) cost: Option<MicroDollars>,
}

impl SeenRequest {
    pub(crate) fn of(row: &ExchangeRow, client: Option<String>) -> SeenRequest {
        let made = |attempt: &&ledger::AttemptRow| attempt.outcome == ledger::AttemptOutcome::Drill;
        let refused = row.attempts.iter().find(made);
        let failure = match refused.and_then(|attempt| attempt.status) {
            Some(200) | None => MadeFailure::Cut,
            Some(_) => MadeFailure::Overloaded,
        };
        let last = row.attempts.last().filter(|_| row.end == End::Complete);
        let unreached = row.attempts.iter().all(|attempt| made(&attempt));
        SeenRequest {
            client,
            failure,
            end: row.end,
            status: row.status,
            by: last.map(|attempt| Candidate {
                provider: attempt.provider.clone(),
                endpoint: attempt.endpoint.clone(),
                model: attempt.model.clone(),
            }),
            first_word: row.ttft_ms.map(Duration::from_millis),
            total: Duration::from_millis(row.total_ms),
            cost: match unreached {
                true => Some(MicroDollars::ZERO),
                false => row.cost,
            },
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.by.is_some()
    }
}

impl DrillRun {
    pub(crate) fn begin(id: u64, now: DateTime<Utc>, plan: DrillPlan, live: bool) -> DrillRun {
        let within = TimeDelta::from_std(WITHIN).unwrap_or(LIVE) + REPORTED;
        // A test request would show only that it has no login.
        let tests = !(live && plan.needs_client && plan.held.is_none());
        let first = MadeFailure::Cut;
        let step = match tests {
            true => Step::Sent(first),
            false => Step::OnlyLive,
        };
        DrillRun {
            id,
            plan,
            live,
            began: now,
            until: now + if live { LIVE } else { within },
            ended: None,
            testing: tests.then_some(first),
            live_failure: first,
            steps: vec![(now, step)],
            report: None,
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.ended.is_none()
    }

    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        self.is_running().then_some(self.until)
    }

    /// The session to play. None: there is none.
    pub(crate) fn session(&self) -> Option<Session> {
        Some(Session {
            id: self.id,
            dialect: self.plan.dialect,
            model: self.plan.model.clone(),
            login: self.plan.login,
            first: self.testing?,
        })
    }

    /// The test request has ended. Returns the failure of its repetition: like a coding agent, the session repeats a request
    /// whose connection was aborted.
    pub(crate) fn tested(
        &mut self,
        now: DateTime<Utc>,
        seen: Option<SeenRequest>,
    ) -> Option<MadeFailure> {
        let failure = self.testing.take()?;
        let aborted = seen.as_ref().is_some_and(|seen| seen.end == End::Cut);
        self.steps
            .push((now, seen.map_or(Step::Unanswered, Step::Answered)));
        if !aborted || failure == MadeFailure::Overloaded || !self.is_running() {
            return None;
        }
        self.testing = Some(MadeFailure::Overloaded);
        self.steps.push((now, Step::Sent(MadeFailure::Overloaded)));
        self.testing
    }

    /// A live request met the failure. True: from now on live requests meet a clean refusal, so that a client's repetition is
    /// carried.
    pub(crate) fn met(&mut self, now: DateTime<Utc>, seen: SeenRequest) -> bool {
        let aborted = seen.end == End::Cut;
        self.steps.push((now, Step::Answered(seen)));
        let changes = aborted && self.live_failure == MadeFailure::Cut;
        if changes {
            self.live_failure = MadeFailure::Overloaded;
        }
        changes
    }

    pub(crate) fn end(&mut self, now: DateTime<Utc>, by: EndedBy) {
        self.ended = Some(now);
        self.testing = None;
        if by != EndedBy::Itself {
            self.steps.push((now, Step::Ended(by)));
        }
    }

    /// The requests that met the failure, in order.
    pub(crate) fn seen(&self) -> impl Iterator<Item = &SeenRequest> {
        self.steps.iter().filter_map(|(_, step)| match step {
            Step::Answered(seen) => Some(seen),
            Step::Sent(_) | Step::Unanswered | Step::OnlyLive | Step::Ended(_) => None,
        })
    }

    /// Every client got a complete response to its last request; a live client counts before the drill's own session.
    pub(crate) fn passed(&self) -> bool {
        let mut last: Vec<&SeenRequest> = Vec::new();
        for seen in self.seen() {
            last.retain(|known| known.client != seen.client);
            last.push(seen);
        }
        let live = last.iter().any(|seen| seen.client.is_some());
        last.retain(|seen| !live || seen.client.is_some());
        !last.is_empty() && last.iter().all(|seen| seen.is_complete())
    }
}

#[cfg(test)]
mod tests;
