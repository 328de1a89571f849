//! One look, from its start to its result. Runs as a separate task without shared state.

use catalog::{MicroDollars, is_beyond_this_network};
use chrono::{DateTime, Utc};
use health::{CallOutcome, FailureKind, Level};

use crate::client::Http;
use crate::online::{self, Connectivity};
use crate::page::{PageReader, Reading};
use crate::probe::{self, Answer};
use crate::rhythm::After;
use crate::targets::ProbeTarget;

/// A look with all the data that it needs.
pub(crate) enum Errand {
    Controls,
    Page(PageReader),
    Complete {
        target: ProbeTarget,
        /// Reserved in the budget; corrected by the real cost afterwards.
        reserved: MicroDollars,
    },
    Reach(ProbeTarget),
}

pub(crate) struct Seen {
    pub(crate) what: Sight,
    /// Set only where no response arrived, or one stopped.
    pub(crate) checked: Option<Connectivity>,
}

pub(crate) enum Sight {
    Controls,
    Page(PageReader, Reading),
    Completed {
        target: ProbeTarget,
        reserved: MicroDollars,
        answer: Answer,
    },
    Reached(ProbeTarget, Result<(), String>),
}

impl Errand {
    /// `controls`: the hosts for the network check. `None`: another look checks the network.
    pub(crate) async fn run(
        self,
        http: Http,
        controls: Option<Vec<String>>,
        at: DateTime<Utc>,
    ) -> Seen {
        let (what, unanswered) = match self {
            Errand::Controls => (Sight::Controls, true),
            Errand::Page(mut reader) => {
                let reading = reader.read(&http, at).await;
                let unanswered = reading.result.as_ref().is_err_and(|miss| miss.transport);
                (Sight::Page(reader, reading), unanswered)
            }
            Errand::Complete { target, reserved } => {
                let key = target.key.as_ref();
                let limits = probe::LIMITS;
                let answer =
                    probe::complete(&http, &target.endpoint, &target.model, key, limits, at).await;
                let unanswered = answer.network_may_be_to_blame();
                let what = Sight::Completed {
                    target,
                    reserved,
                    answer,
                };
                (what, unanswered)
            }
            Errand::Reach(target) => {
                let reached = probe::reach(&http, &target.endpoint).await;
                let unanswered = reached.is_err();
                (Sight::Reached(target, reached), unanswered)
            }
        };
        let checked = match controls.filter(|_| unanswered) {
            Some(hosts) => Some(online::check(&http, &hosts).await),
            None => None,
        };
        Seen { what, checked }
    }
}

impl Sight {
    /// Whether a host beyond this machine responded.
    pub(crate) fn was_answered(&self) -> bool {
        match self {
            Sight::Controls => false,
            Sight::Page(_, reading) => reading.result.is_ok(),
            Sight::Completed { target, answer, .. } => {
                let answered = matches!(
                    answer.outcome,
                    CallOutcome::Ok { .. }
                        | CallOutcome::Failed {
                            kind: FailureKind::Status(_) | FailureKind::ErrorEvent,
                            ..
                        }
                );
                answered && is_beyond_this_network(&target.endpoint.base)
            }
            Sight::Reached(target, reached) => {
                reached.is_ok() && is_beyond_this_network(&target.endpoint.base)
            }
        }
    }
}

/// The effect of a page reading on the next look: a page with trouble is polled more often.
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

pub(crate) fn after_call(answer: &Answer) -> After {
    match answer.outcome {
        CallOutcome::Ok { .. } | CallOutcome::Neutral => After::Quiet,
        CallOutcome::Failed { .. } => After::Bad,
        // An earlier retry with the same key or the same request changes nothing.
        CallOutcome::Ours(_) => After::Refused {
            retry_after: answer.retry_after,
        },
    }
}
