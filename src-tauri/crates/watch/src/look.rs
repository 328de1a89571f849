//! One check, from its start to its result. Runs as a separate task without shared state.

use catalog::{MicroDollars, is_beyond_this_network};
use chrono::{DateTime, Utc};
use health::{CallOutcome, FailureKind, Level};

use crate::client::Http;
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

impl LookTask {
    /// `controls`: the hosts for the network check. `None`: another check covers the network.
    pub(crate) async fn run(
        self,
        http: Http,
        controls: Option<Vec<String>>,
        at: DateTime<Utc>,
    ) -> EndedLook {
        let (what, no_response) = match self {
            LookTask::Controls => (LookResult::Controls, true),
            LookTask::Page(mut reader) => {
                let reading = reader.read(&http, at).await;
                let no_response = reading.result.as_ref().is_err_and(|miss| miss.transport);
                (LookResult::Page(reader, reading), no_response)
            }
            LookTask::Complete { target, reserved } => {
                let key = target.key.as_ref();
                let limits = probe::LIMITS;
                let result =
                    probe::complete(&http, &target.endpoint, &target.model, key, limits, at).await;
                let no_response = result.network_may_be_down();
                let what = LookResult::Completed {
                    target,
                    reserved,
                    result,
                };
                (what, no_response)
            }
            LookTask::Reach(target) => {
                let reached = probe::reach(&http, &target.endpoint).await;
                let no_response = reached.is_err();
                (LookResult::Reached(target, reached), no_response)
            }
        };
        let checked = match controls.filter(|_| no_response) {
            Some(hosts) => Some(online::check(&http, &hosts).await),
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
