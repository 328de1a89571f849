mod stretch;

use chrono::{DateTime, TimeDelta, Utc};

use super::network::Network;
use crate::{
    CallOutcome, CallSource, FailureKind, LastRequest, Level, OurFault, Thresholds, Unknown,
};

pub(super) use stretch::Stretch;

/// How the calls to one endpoint's model have gone, probes and traffic together.
#[derive(Debug, Default)]
pub(super) struct Run {
    state: State,
    failures: u32,
    successes: u32,
    /// The failures that count now: since the first after the last good state.
    stretch: Option<Stretch>,
    last: Option<DateTime<Utc>>,
    /// The latest call came before a suspend.
    slept: bool,
    ours: Option<(OurFault, DateTime<Utc>)>,
    accused: Accused,
    last_request: Option<LastRequest>,
    /// The last of the failures that have faded, and of those since. None: it has answered since.
    faded: Option<DateTime<Utc>>,
    /// The last good call.
    proved_at: Option<DateTime<Utc>>,
}

/// Whether it ever counted as failing, and what became of that. Outlasts the calls themselves going stale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Accused {
    #[default]
    No,
    Yes,
    /// It was said not to answer at all, and then it answered; nothing has been learnt since.
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

/// What may be believed of a run now.
#[derive(Debug)]
pub(super) enum Measured<'a> {
    Works {
        /// The last good call.
        proved_at: Option<DateTime<Utc>>,
    },
    Fails {
        level: Level,
        stretch: &'a Stretch,
    },
    Unknown(Unknown),
}

/// Failures that a dead network of ours could explain wait so long for a word about it.
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

    /// Somebody answers, and nothing more is known of it. That takes back failures to connect, and no others: whoever
    /// refuses a key may still be unable to answer a good one.
    fn answered(&mut self) {
        if self.stretch.as_ref().is_none_or(Stretch::was_heard) {
            return;
        }
        let accused = self.accused == Accused::Yes;
        self.restore();
        if accused {
            self.accused = Accused::Refuted;
        }
    }

    /// The failures that count now no longer do.
    fn restore(&mut self) {
        self.failures = 0;
        self.stretch = None;
        self.accused = Accused::No;
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
        self.proved_at = self.proved_at.max(Some(at));
        self.failures = 0;
        self.successes = self.successes.saturating_add(1);
        if self.proved(thresholds) {
            self.accused = Accused::No;
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
            self.accused = Accused::Yes;
            self.state = match self.state {
                State::Fails { .. } => self.state,
                State::Unproven => State::Fails { at, worked: false },
                State::Works => State::Fails { at, worked: true },
            };
        }
    }

    /// A run never goes on over a silence: what comes after it starts from nothing.
    fn forget_if_stale(&mut self, at: DateTime<Utc>, thresholds: &Thresholds) {
        let faded = self.fades_at(thresholds).is_some_and(|fades| fades <= at);
        if faded {
            self.faded = self.stretch.as_ref().map(|stretch| stretch.last);
            self.accused = Accused::No;
        }
        if faded || self.last.is_some() && !self.fresh(at, thresholds) {
            self.state = State::Unproven;
            (self.failures, self.successes) = (0, 0);
            self.stretch = None;
        }
        self.last = Some(at);
        self.slept = false;
        if self.accused == Accused::Refuted {
            self.accused = Accused::No;
        }
    }

    /// When its failures fade: only those of requests do.
    pub(super) fn fades_at(&self, thresholds: &Thresholds) -> Option<DateTime<Utc>> {
        match (self.state, &self.stretch) {
            (State::Fails { .. }, Some(stretch)) if stretch.probes.failures.total == 0 => {
                Some(stretch.last + thresholds.fade())
            }
            (State::Fails { .. } | State::Works | State::Unproven, _) => None,
        }
    }

    /// The last failure, where it has faded and nothing has answered since.
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
            return Measured::Unknown(Unknown::NotYetLooked);
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
                    Measured::Unknown(Unknown::NotYetLooked)
                }
            }
            (State::Fails { .. }, Some(stretch)) => Measured::Fails {
                level: stretch.level(),
                stretch,
            },
            (State::Works, _) => self.works(),
            (State::Unproven | State::Fails { .. }, _) => Measured::Unknown(Unknown::NotYetLooked),
        }
    }

    fn works(&self) -> Measured<'_> {
        Measured::Works {
            proved_at: self.proved_at,
        }
    }

    /// Enough good calls in a row to end a story without any other source.
    pub(super) fn proved(&self, thresholds: &Thresholds) -> bool {
        self.successes >= thresholds.successes
    }

    /// Its failures were taken back by an answer that proves nothing else: enough to end a story in which nobody answered.
    pub(super) fn refuted(&self) -> bool {
        self.accused == Accused::Refuted
    }

    /// It counted as failing, however long ago, and that was neither proved wrong nor explained, nor has it faded.
    pub(super) fn stands_accused(&self, now: DateTime<Utc>, thresholds: &Thresholds) -> bool {
        self.accused == Accused::Yes && self.faded(now, thresholds).is_none()
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

    /// A limit lasts until its reset. Any other problem of ours lasts until its evidence is stale.
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

    /// Our own network was down: failures after it was last known to be up are explained by that.
    pub(super) fn forgive(&mut self, up: Option<DateTime<Utc>>) {
        let explained = |stretch: &Stretch| up.is_none_or(|up| stretch.since > up);
        if self.stretch.as_ref().is_some_and(explained) {
            self.restore();
        }
    }

    pub(super) fn woke(&mut self) {
        self.slept = true;
    }

    /// When it goes stale or fades, and when a doubt ends.
    pub(super) fn changes_at(
        &self,
        thresholds: &Thresholds,
    ) -> impl Iterator<Item = DateTime<Utc>> + use<> {
        let stale = self.last.map(|last| last + thresholds.calls_stale());
        let sure = match self.state {
            State::Fails { at, .. } => Some(at + DOUBT),
            State::Works | State::Unproven => None,
        };
        let pardoned = self.ours_until(thresholds);
        let fades = self.fades_at(thresholds);
        let failed = self
            .stretch
            .as_ref()
            .map(|stretch| stretch.last)
            .max(self.faded);
        let outlived = failed.map(|last| last + thresholds.calls_stale());
        [stale, sure, pardoned, fades, outlived]
            .into_iter()
            .flatten()
    }

    pub(super) fn last_heard(&self) -> Option<DateTime<Utc>> {
        self.last.max(self.ours.map(|(_, at)| at))
    }
}

/// Whether a call proved something about the provider, and what.
fn answered(outcome: &CallOutcome) -> Option<bool> {
    match outcome {
        CallOutcome::Ok { .. } => Some(true),
        CallOutcome::Failed { .. } => Some(false),
        CallOutcome::Ours(_) | CallOutcome::Neutral => None,
    }
}
