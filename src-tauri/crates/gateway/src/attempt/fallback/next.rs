//! What happens after a failed attempt. Pure, but for the jitter.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use catalog::Dialect;
use wire::Class;

use crate::attempt::breaker::PATIENCE;
use crate::attempt::lost::Lost;
use crate::{Candidate, Credential};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The same candidate once more.
    Again(Duration),
    Other,
    /// Only a candidate whose window has more tokens than this.
    Larger(u64),
    /// Its words are returned unchanged.
    Stop,
}

/// `first`: of all that were asked. `translated`: the candidate was asked in other words than the client's.
pub(super) fn next(
    lost: &Lost,
    candidate: &Candidate,
    context: Option<u64>,
    first: bool,
    translated: bool,
) -> Next {
    match lost.class {
        // The client's own login is the client's to renew; it does so when it hears of it.
        Class::Credential if first && candidate.credential == Credential::ClientLogin => Next::Stop,
        // In other words it may be a mistake of ours.
        Class::Caller if first && !translated => Next::Stop,
        Class::ContentPolicy if first => Next::Stop,
        // The window that the provider names outranks the catalogue's.
        Class::ContextTooLong => Next::Larger(lost.window.or(context).unwrap_or(u64::MAX)),
        Class::Transient | Class::RateLimit if lost.hopeless => Next::Other,
        Class::Transient | Class::RateLimit => match lost.retry_after {
            Some(wait) if wait > PATIENCE => Next::Other,
            Some(wait) => Next::Again(wait.max(backoff())),
            None => Next::Again(backoff()),
        },
        Class::Silent
        | Class::Limit
        | Class::Quota
        | Class::Credential
        | Class::ModelGone
        | Class::Caller
        | Class::ContentPolicy => Next::Other,
    }
}

/// Does a failure say something about the endpoint, whoever asks next?
pub(super) fn bears_on_breaker(lost: &Lost, candidate: &Candidate, client: Dialect) -> bool {
    match lost.class {
        // It may be a word of ours that it does not like.
        Class::Caller if candidate.dialect != client => false,
        Class::Credential => candidate.credential != Credential::ClientLogin,
        Class::Transient => lost.kind.is_some(),
        Class::RateLimit
        | Class::Limit
        | Class::Silent
        | Class::Quota
        | Class::ModelGone
        | Class::Caller
        | Class::ContextTooLong
        | Class::ContentPolicy => true,
    }
}

/// Half a second, give or take a quarter of one, so that sessions cut together do not come back together.
fn backoff() -> Duration {
    Duration::from_millis(250 + RandomState::new().hash_one(0) % 500)
}

#[cfg(test)]
mod tests;
