//! One check, from its start to its result. Runs as a separate task without shared state.

use catalog::{MicroDollars, is_beyond_this_network};
use health::{CallOutcome, FailureKind, Level};
use tokio::sync::watch;

use crate::client::Http;
use crate::clock::Clock;
use crate::online::{self, Connectivity};
use crate::page::{PageReader, Reading};
use crate::probe::{self, ProbeResult, Unreached};
use crate::rhythm::After;
use crate::targets::ProbeTarget;

/// A check with all the data that it needs.
pub(crate) enum LookTask {
    Controls,
    Page(PageReader),
    Complete {
        target: ProbeTarget,
        /// Reserved in the budget; corrected by the real cost afterwards.
        reserved: MicroDollars,
    },
    Reach(ProbeTarget),
}

pub(crate) struct EndedLook {
    pub(crate) what: LookResult,
    /// Set only if no response arrived, or one stopped.
    pub(crate) checked: Option<Connectivity>,
}

pub(crate) enum LookResult {
    Controls,
    Page(PageReader, Reading),
    Completed {
        target: ProbeTarget,
        reserved: MicroDollars,
        result: ProbeResult,
    },
    Reached(ProbeTarget, Result<(), Unreached>),
}

/// Begins a request again after each signal, because its connection is dead: its timeout would be called the provider's failure.
/// A function with an async closure would not be `Send`.
macro_rules! again_after {
    ($woke:expr, $request:expr) => {
        loop {
            tokio::select! {
                biased;
                Ok(()) = $woke.changed() => {}
                result = $request => break result,
            }
        }
    };
}

impl LookTask {
    /// `controls`: the hosts for the network check. `None`: another check covers the network. `woke`: the machine slept, or its
    /// network changed.
    pub(crate) async fn run(
        self,
        http: Http,
        controls: Option<Vec<String>>,
        clock: Clock,
        mut woke: watch::Receiver<()>,
    ) -> EndedLook {
        let (what, no_response) = match self {
            LookTask::Controls => (LookResult::Controls, true),
            LookTask::Page(mut reader) => {
                let reading = again_after!(woke, reader.read(&http, clock()));
                let no_response = reading.result.as_ref().is_err_and(|miss| miss.transport);
                (LookResult::Page(reader, reading), no_response)
            }
            // One that begins again may be billed twice, and is counted once.
            LookTask::Complete { target, reserved } => {
                let (endpoint, model) = (&target.endpoint, &target.model);
                let (key, limits) = (target.key.as_ref(), probe::LIMITS);
                let result = again_after!(
                    woke,
                    probe::complete(&http, endpoint, model, key, limits, clock())
                );
                let no_response = result.network_may_be_down();
                let what = LookResult::Completed {
                    target,
                    reserved,
                    result,
                };
                (what, no_response)
            }
            LookTask::Reach(target) => {
                let reached = again_after!(woke, probe::reach(&http, &target.endpoint));
                let no_response = reached.is_err();
                (LookResult::Reached(target, reached), no_response)
            }
        };
        let checked = match controls.filter(|_| no_response) {
            Some(hosts) => Some(again_after!(woke, online::check(&http, &hosts))),
            None => None,
        };
        EndedLook { what, checked }
    }
}

impl LookResult {
    /// Whether a host beyond this machine responded.
    pub(crate) fn got_response(&self) -> bool {
        match self {
            LookResult::Controls => false,
            LookResult::Page(_, reading) => reading.result.is_ok(),
            LookResult::Completed { target, result, .. } => {
                let answered = matches!(
                    result.outcome,
                    CallOutcome::Ok { .. }
                        | CallOutcome::Failed {
                            kind: FailureKind::Status(_) | FailureKind::ErrorEvent,
                            ..
                        }
                );
                answered && is_beyond_this_network(&target.endpoint.base)
            }
            LookResult::Reached(target, reached) => {
                reached.is_ok() && is_beyond_this_network(&target.endpoint.base)
            }
        }
    }
}

/// The effect of a page reading on the next check: a page with trouble is polled more often.
pub(crate) fn after_page(reading: &Reading) -> After {
    match &reading.result {
        Ok(page) => {
            let ill = page.surfaces.values().any(|l| *l >= Level::Degraded);
            if ill || page.incidents.iter().any(|i| i.resolved.is_none()) {
                After::Bad
            } else {
                After::Quiet
            }
        }
        Err(miss) if miss.retry_after.is_some() => After::Refused {
            retry_after: miss.retry_after,
        },
        Err(miss) => match miss.why {
            health::Unreadable::Blocked(_) => After::Refused { retry_after: None },
            health::Unreadable::Offline
            | health::Unreadable::Unreachable(_)
            | health::Unreadable::NotThePage(_) => After::Failed,
        },
    }
}

pub(crate) fn after_call(result: &ProbeResult) -> After {
    match result.outcome {
        CallOutcome::Ok { .. } | CallOutcome::Neutral => After::Quiet,
        CallOutcome::Failed { .. } => After::Bad,
        // An earlier retry with the same key or the same request changes nothing.
        CallOutcome::Ours(_) => After::Refused {
            retry_after: result.retry_after,
        },
    }
}
