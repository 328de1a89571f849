//! The step after a failed attempt. Pure, except for the jitter.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use wire::FailureClass;

use crate::attempt::breaker::PATIENCE;
use crate::attempt::failed_attempt::FailedAttempt;
use crate::{Candidate, Carriage, Credential};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The same candidate again.
    Again(Duration),
    Other,
    /// Only a candidate whose context window is larger than this many tokens, or unknown.
    Larger(u64),
    /// Its response is returned unchanged.
    Stop,
}

/// Only the primary's refusal ends the exchange: a fallback may refuse what the primary would accept after its cooldown.
/// `translated`: the candidate did not get the client's own bytes. `for_limits`: the owner allows fallbacks for a used-up plan
/// too.
pub(super) fn next(
    failed_attempt: &FailedAttempt,
    candidate: &Candidate,
    context: Option<u64>,
    translated: bool,
    for_limits: bool,
) -> Next {
    let primary = candidate.is_primary();
    match failed_attempt.class {
        // The client renews its own login when it receives a refusal.
        FailureClass::Credential if primary && candidate.credential == Credential::ClientLogin => {
            Next::Stop
        }
        // The client waits for its plan's reset when it receives it.
        FailureClass::Limit
            if primary && candidate.credential == Credential::ClientLogin && !for_limits =>
        {
            Next::Stop
        }
        // A translated request may be refused because of the translation.
        FailureClass::Caller if primary && !translated => Next::Stop,
        FailureClass::ContentPolicy if primary => Next::Stop,
        // The window in the provider's error has priority over the catalogue's. If neither is known, every other candidate may
        // have a larger one.
        FailureClass::ContextTooLong => {
            Next::Larger(failed_attempt.window.or(context).unwrap_or(0))
        }
        FailureClass::Transient | FailureClass::RateLimit if failed_attempt.hopeless => Next::Other,
        FailureClass::Transient | FailureClass::RateLimit => match failed_attempt.retry_after {
            Some(wait) if wait > PATIENCE => Next::Other,
            Some(wait) => Next::Again(wait.max(backoff())),
            None => Next::Again(backoff()),
        },
        FailureClass::Timeout
        | FailureClass::Limit
        | FailureClass::Quota
        | FailureClass::Credential
        | FailureClass::ModelGone
        | FailureClass::Caller
        | FailureClass::ContentPolicy => Next::Other,
    }
}

/// An attempt of this length that the provider ended is not repeated while another candidate is left: two of them would exceed
/// the client's timeout.
pub(super) const LONG_ATTEMPT: Duration = Duration::from_secs(15);

/// True if an attempt that took `took` may be repeated. `left`: time until the client's timeout; `None`: it gets keep-alives.
pub(super) fn may_repeat(took: Duration, last: bool, left: Option<Duration>) -> bool {
    took < LONG_ATTEMPT || last && left.is_none_or(|left| left > took)
}

/// True if a failure is evidence about the endpoint for all clients.
pub(super) fn bears_on_breaker(failed_attempt: &FailedAttempt, candidate: &Candidate) -> bool {
    match failed_attempt.class {
        // The refused part may be one that Understudy wrote.
        FailureClass::Caller if candidate.carriage != Carriage::Own => false,
        // These depend on the login; other clients may have another one.
        FailureClass::Credential | FailureClass::Limit => {
            candidate.credential != Credential::ClientLogin
        }
        FailureClass::Transient => failed_attempt.fault.is_theirs(),
        FailureClass::RateLimit
        | FailureClass::Timeout
        | FailureClass::Quota
        | FailureClass::ModelGone
        | FailureClass::Caller
        | FailureClass::ContextTooLong
        | FailureClass::ContentPolicy => true,
    }
}

/// 500 ms ± 25 %, so that sessions that were cut together do not retry together.
fn backoff() -> Duration {
    Duration::from_millis(250 + RandomState::new().hash_one(0) % 500)
}

#[cfg(test)]
mod tests;
