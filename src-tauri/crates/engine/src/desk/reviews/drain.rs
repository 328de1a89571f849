//! The open items of pipelines: what each waits for, and which one runs.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{EndpointId, MicroDollars, ModelId};
use chrono::{DateTime, TimeDelta, Utc};
use ledger::Drainable;

use super::waits::Waits;

/// Shortest time between two reads of the items.
pub(in crate::desk) const READ_EVERY: TimeDelta = TimeDelta::seconds(1);

/// An item with the present decision about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) item: Drainable,
    pub(crate) waits: Waits,
    /// Estimate of its run; None: the price is not known.
    pub(crate) cost: Option<MicroDollars>,
}

/// How a run of an item ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunResult {
    Answered,
    /// No candidate answered.
    ModelFailed,
    /// The request itself was refused.
    Refused,
    /// The item was settled, or a request of it is open.
    NotRun,
}

#[derive(Debug, Default)]
pub(crate) struct Draining {
    /// Oldest first.
    pub(in crate::desk) open: Vec<Open>,
    /// The item that runs, with its candidate.
    pub(in crate::desk) running: Option<(String, Option<(EndpointId, ModelId)>)>,
    pub(in crate::desk) delivering: BTreeSet<String>,
    /// For each pipeline, when its next item may run.
    pub(in crate::desk) turns: BTreeMap<String, DateTime<Utc>>,
    /// Models that failed a run, and have not answered since.
    pub(in crate::desk) failed: BTreeSet<(EndpointId, ModelId)>,
    /// The items have changed since they were read.
    pub(in crate::desk) changed: bool,
    pub(in crate::desk) read_at: Option<DateTime<Utc>>,
    /// The decisions were made at this time.
    pub(in crate::desk) decided_at: Option<DateTime<Utc>>,
}

impl Draining {
    pub(crate) fn open(&self) -> &[Open] {
        &self.open
    }

    /// The items of this pipeline.
    pub(crate) fn of_pipeline<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Open> {
        let is_its = move |open: &&Open| open.item.row.pipeline.as_deref() == Some(name);
        self.open.iter().filter(is_its)
    }

    /// A response of this model: it works again.
    pub(crate) fn answered(&mut self, endpoint: &EndpointId, model: &ModelId) {
        self.failed.remove(&(endpoint.clone(), model.clone()));
    }

    pub(in crate::desk) fn change(&mut self) {
        self.changed = true;
    }

    /// When a decision changes without an event.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        let read = self
            .changed
            .then(|| self.read_at.map(|at| at + READ_EVERY))
            .flatten();
        let waits = self.open.iter().filter_map(|open| match &open.waits {
            Waits::Delivery(_) if self.delivering.contains(&open.item.row.id) => None,
            Waits::Turn(at) | Waits::Delivery(at) | Waits::Hours(at) | Waits::Cap(at) => Some(*at),
            Waits::Nothing
            | Waits::Running
            | Waits::Refused(_)
            | Waits::Unknown
            | Waits::Caller
            | Waits::Similar(_)
            | Waits::NoReceiver
            | Waits::NoAddress
            | Waits::BadAddress
            | Waits::SwitchedOff
            | Waits::NotStored
            | Waits::TooOld(_)
            | Waits::RunsUsed(_)
            | Waits::Paused
            | Waits::Model(_)
            | Waits::NoCandidate(_)
            | Waits::Consent => None,
        });
        waits.chain(read).min()
    }
}
