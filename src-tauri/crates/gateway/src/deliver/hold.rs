//! How long an answer is held back, and what of it.

use std::time::Duration;

use http::Version;
use http::request::Parts;
use tokio::time::Instant;
use wire::Client;

use crate::attempt::answer::Gate;
use crate::{Config, Delivery, Plan, Restart};

/// How long before a client gives up waiting for an event it is given what there is.
const WATCHDOG_MARGIN: Duration = Duration::from_secs(60);

/// How much of an answer is held back before the client gets any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Passed on as it comes: Understudy is paused.
    Nothing,
    /// Until the first content: the latest moment at which a dying provider costs the client nothing.
    UntilContent,
    /// Until it is proven. `at_most`: some clients give up while they are shown nothing, so that they get from then on
    /// what has arrived.
    UntilProven { at_most: Option<Instant> },
}

/// What is held back of an answer, and for how long.
pub(crate) fn back(config: &Config, head: &Parts, plan: &Plan, began: Instant) -> (Hold, Gate) {
    if head.version <= Version::HTTP_10 {
        // The end of such a body is the end of the connection, whatever brought it about.
        return (Hold::UntilProven { at_most: None }, Gate::Nothing);
    }
    if config.paused || config.draining {
        return (Hold::Nothing, Gate::Nothing);
    }
    match plan.delivery {
        Delivery::Live => (Hold::UntilContent, Gate::Nothing),
        Delivery::Guarded => {
            let gate = match plan.restart {
                Restart::Never => Gate::Closings,
                Restart::AfterBlock | Restart::Always => Gate::Calls,
            };
            (Hold::UntilContent, gate)
        }
        Delivery::Verified => {
            let client = Client::identify(&head.headers);
            let waits = client.behaviour(plan.dialect, true).waits_through_pings;
            let at_most = waits.map(|waits| began + waits - WATCHDOG_MARGIN);
            (Hold::UntilProven { at_most }, Gate::Closings)
        }
    }
}
