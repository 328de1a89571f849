mod stretch;

use chrono::{DateTime, TimeDelta, Utc};

use super::network::Network;
use crate::{
    CallOutcome, CallSource, FailureKind, LastRequest, Level, OurFault, Thresholds, Unknown,
};

pub(super) use stretch::Stretch;

/// The calls to one endpoint's model, probes and requests together.
#[derive(Debug, Default)]
pub(super) struct Run {
    state: State,
    failures: u32,
    successes: u32,
    /// The failures that count now: those since the last good state.
    stretch: Option<Stretch>,
    last: Option<DateTime<Utc>>,
    /// The latest call is from before a suspend.
    slept: bool,
    ours: Option<(OurFault, DateTime<Utc>)>,
    past_failure: PastFailure,
    last_request: Option<LastRequest>,
    /// The time of the last faded failure, or of a failure after it. `None`: a call has succeeded since.
    faded: Option<DateTime<Utc>>,
    /// The last successful call.
    last_success: Option<DateTime<Utc>>,
}

/// Whether the model ever counted as failing, and how that ended. Kept after the calls are stale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum PastFailure {
    #[default]
    No,
    Yes,
    /// It counted as unreachable and then sent a response; nothing more is known since.
    Refuted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Unproven,
    Works,
    Fails {
        /// When the threshold was reached.
        at: DateTime<Utc>,
        /// It had worked until then.
        worked: bool,
    },
}

/// What the calls show now.
#[derive(Debug)]
pub(super) enum Measured<'a> {
    Works {
        /// The last successful call.
        last_success: Option<DateTime<Utc>>,
    },
    Fails {
        level: Level,
        stretch: &'a Stretch,
    },
    Unknown(Unknown),
}

/// Failures that a local network outage could explain wait this long for a network check.
pub(super) const DOUBT: TimeDelta = TimeDelta::seconds(10);

impl Run {
    pub(super) fn record(
        &mut self,
        at: DateTime<Utc>,
        source: CallSource,
        outcome: &CallOutcome,
        thresholds: &Thresholds,
    ) {
        if let (CallSource::Traffic, Some(answered)) = (source, answered(outcome)) {
            self.last_request = Some(LastRequest { at, answered });
        }
        match outcome {
            CallOutcome::Ok { .. } => {
                self.forget_if_stale(at, thresholds);
                self.ours = None;
                self.succeeded(at, source, thresholds);
            }
            CallOutcome::Failed { kind, .. } => {
                self.forget_if_stale(at, thresholds);
                self.failed(at, source, *kind, thresholds);
            }
            CallOutcome::Ours(fault) => {
                self.ours = Some((*fault, at));
                self.answered();
            }
            CallOutcome::Neutral => {}
        }
    }

    /// The provider responded, which clears failures to connect and no others: a provider that rejects a key may still be
    /// unable to serve a valid one.
    fn answered(&mut self) {
        if self
            .stretch
            .as_ref()
            .is_none_or(Stretch::failed_after_connecting)
        {
            return;
        }
        let past_failure = self.past_failure == PastFailure::Yes;
        self.restore();
        if past_failure {
            self.past_failure = PastFailure::Refuted;
        }
    }

    /// Clears the failures that count now.
    fn restore(&mut self) {
        self.failures = 0;
        self.stretch = None;
        self.past_failure = PastFailure::No;
        if let State::Fails { worked, .. } = self.state {
            self.state = if worked {
                State::Works
            } else {
                State::Unproven
            };
        }
    }

    fn succeeded(&mut self, at: DateTime<Utc>, source: CallSource, thresholds: &Thresholds) {
        self.faded = None;
        self.last_success = self.last_success.max(Some(at));
        self.failures = 0;
        self.successes = self.successes.saturating_add(1);
        if self.confirmed(thresholds) {
            self.past_failure = PastFailure::No;
        }
        match self.state {
            State::Fails { .. } if self.successes < thresholds.successes => {
                if let Some(stretch) = &mut self.stretch {
                    let failures = &mut stretch.tally(source).failures;
                    failures.total = failures.total.saturating_add(1);
                }
            }
            State::Fails { .. } | State::Unproven => {
                self.state = State::Works;
                self.stretch = None;
            }
            State::Works => self.stretch = None,
        }
    }

    fn failed(
        &mut self,
        at: DateTime<Utc>,
        source: CallSource,
        kind: FailureKind,
        thresholds: &Thresholds,
    ) {
        self.successes = 0;
        self.failures = self.failures.saturating_add(1);
        self.faded = self.faded.map(|last| last.max(at));
        let stretch = self.stretch.get_or_insert_with(|| Stretch::new(at));
        stretch.last = stretch.last.max(at);
        stretch.tally(source).add(kind);
        if self.failures >= thresholds.failures {
            self.past_failure = PastFailure::Yes;
            self.state = match self.state {
                State::Fails { .. } => self.state,
                State::Unproven => State::Fails { at, worked: false },
                State::Works => State::Fails { at, worked: true },
            };
        }
    }

    /// A gap longer than the stale time ends a run: the next call starts a new one.
    fn forget_if_stale(&mut self, at: DateTime<Utc>, thresholds: &Thresholds) {
        let faded = self.fades_at(thresholds).is_some_and(|fades| fades <= at);
        if faded {
            self.faded = self.stretch.as_ref().map(|stretch| stretch.last);
            self.past_failure = PastFailure::No;
        }
        if faded || self.last.is_some() && !self.fresh(at, thresholds) {
            self.state = State::Unproven;
            (self.failures, self.successes) = (0, 0);
            self.stretch = None;
        }
        self.last = Some(at);
        self.slept = false;
        if self.past_failure == PastFailure::Refuted {
            self.past_failure = PastFailure::No;
        }
    }

    /// When the failures fade. Only failures of requests do.
    pub(super) fn fades_at(&self, thresholds: &Thresholds) -> Option<DateTime<Utc>> {
        match (self.state, &self.stretch) {
            (State::Fails { .. }, Some(stretch)) if stretch.probes.failures.total == 0 => {
                Some(stretch.last + thresholds.fade())
            }
            (State::Fails { .. } | State::Works | State::Unproven, _) => None,
        }
    }

    /// The last failure, if it has faded and no call has succeeded since.
    pub(super) fn faded(
        &self,
        now: DateTime<Utc>,
        thresholds: &Thresholds,
    ) -> Option<DateTime<Utc>> {
        match self.fades_at(thresholds) {
            Some(fades) if fades <= now => self.stretch.as_ref().map(|stretch| stretch.last),
            Some(_) => None,
            None => self.faded,
        }
    }

    fn fresh(&self, now: DateTime<Utc>, thresholds: &Thresholds) -> bool {
        !self.slept
            && self
                .last
                .is_some_and(|last| now - last < thresholds.calls_stale())
    }

    pub(super) fn measured(
        &self,
        now: DateTime<Utc>,
        thresholds: &Thresholds,
        network: &Network,
    ) -> Measured<'_> {
        if self.last.is_none() {
            return Measured::Unknown(Unknown::NotYetRead);
        }
        if let Some(last_failure) = self.faded(now, thresholds) {
            return Measured::Unknown(Unknown::Faded { last_failure });
        }
        if !self.fresh(now, thresholds) {
            return Measured::Unknown(Unknown::Stale);
        }
        match (self.state, &self.stretch) {
            (State::Fails { at, worked }, Some(stretch))
                if stretch.in_doubt(network) && now < at + DOUBT =>
            {
                if worked {
                    self.works()
                } else {
                    Measured::Unknown(Unknown::NotYetRead)
                }
            }
            (State::Fails { .. }, Some(stretch)) => Measured::Fails {
                level: stretch.level(),
                stretch,
            },
            (State::Works, _) => self.works(),
            (State::Unproven | State::Fails { .. }, _) => Measured::Unknown(Unknown::NotYetRead),
        }
    }

    fn works(&self) -> Measured<'_> {
        Measured::Works {
            last_success: self.last_success,
        }
    }

    /// Enough consecutive successes to end an incident without another source.
    pub(super) fn confirmed(&self, thresholds: &Thresholds) -> bool {
        self.successes >= thresholds.successes
    }

    /// A response refuted its failures to connect. That is enough to end an incident in which the provider was
    /// unreachable.
    pub(super) fn refuted(&self) -> bool {
        self.past_failure == PastFailure::Refuted
    }

    /// True if it counted as failing, and the failure was neither refuted nor explained and has not faded.
    pub(super) fn has_unresolved_failure(
        &self,
        now: DateTime<Utc>,
        thresholds: &Thresholds,
    ) -> bool {
        self.past_failure == PastFailure::Yes && self.faded(now, thresholds).is_none()
    }

    pub(super) fn last_request(&self) -> Option<LastRequest> {
        self.last_request
    }

    pub(super) fn our_fault(
        &self,
        now: DateTime<Utc>,
        thresholds: &Thresholds,
    ) -> Option<OurFault> {
        let over = self.ours_until(thresholds)?;
        let (fault, _) = self.ours?;
        (now < over).then_some(fault)
    }

    /// A limit lasts until its reset. Any other account or settings fault lasts until its evidence is stale.
    fn ours_until(&self, thresholds: &Thresholds) -> Option<DateTime<Utc>> {
        let (fault, at) = self.ours?;
        Some(match fault {
            OurFault::Limit { until: Some(until) } => until,
            OurFault::Limit { until: None }
            | OurFault::Credential
            | OurFault::Quota
            | OurFault::RateLimit
            | OurFault::Request
            | OurFault::ModelGone => at + thresholds.calls_stale(),
        })
    }

    /// The local network was down: that explains failures after it was last known to be up.
    pub(super) fn ignore_network_failures(&mut self, up: Option<DateTime<Utc>>) {
        let explained = |stretch: &Stretch| up.is_none_or(|up| stretch.since > up);
        if self.stretch.as_ref().is_some_and(explained) {
            self.restore();
        }
    }

    pub(super) fn woke(&mut self) {
        self.slept = true;
    }

    /// When it becomes stale or fades, and when a doubt ends.
    pub(super) fn changes_at(
        &self,
        thresholds: &Thresholds,
    ) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let stale = self.last.map(|last| last + thresholds.calls_stale());
        let sure = match self.state {
            State::Fails { at, .. } => Some(at + DOUBT),
            State::Works | State::Unproven => None,
        };
        let account_fault_ends = self.ours_until(thresholds);
        let fades = self.fades_at(thresholds);
        let failed = self
            .stretch
            .as_ref()
            .map(|stretch| stretch.last)
            .max(self.faded);
        let expires = failed.map(|last| last + thresholds.calls_stale());
        [stale, sure, account_fault_ends, fades, expires]
            .into_iter()
            .flatten()
    }

    pub(super) fn last_call_at(&self) -> Option<DateTime<Utc>> {
        self.last.max(self.ours.map(|(_, at)| at))
    }
}

/// Whether a call is evidence about the provider, and whether it is good.
fn answered(outcome: &CallOutcome) -> Option<bool> {
    match outcome {
        CallOutcome::Ok { .. } => Some(true),
        CallOutcome::Failed { .. } => Some(false),
        CallOutcome::Ours(_) | CallOutcome::Neutral => None,
    }
}
