//! The failure that the client gets if no candidate answers.

use crate::Candidate;
use crate::attempt::failed_attempt::FailedAttempt;

#[derive(Debug, Default)]
pub(crate) struct ReportedFailure {
    /// The primary's failure has precedence.
    primary: Option<(Candidate, FailedAttempt)>,
    /// Of the fallbacks: the first failure for which a retry may help, else the first.
    fallback: Option<(Candidate, FailedAttempt)>,
}

impl ReportedFailure {
    pub(super) fn record(&mut self, candidate: &Candidate, failed_attempt: FailedAttempt) {
        let retryable = failed_attempt.class.is_retryable();
        let failure = (candidate.clone(), failed_attempt);
        if candidate.is_primary() {
            self.primary.get_or_insert(failure);
        } else if self
            .fallback
            .as_ref()
            .is_none_or(|(_, known)| !known.class.is_retryable() && retryable)
        {
            self.fallback = Some(failure);
        }
    }

    pub(crate) fn of_primary(&self) -> Option<&(Candidate, FailedAttempt)> {
        self.primary.as_ref()
    }

    /// The primary's failure, or a fallback's if the primary got no request.
    pub(crate) fn take(&mut self) -> Option<(Candidate, FailedAttempt)> {
        self.primary.take().or_else(|| self.fallback.take())
    }
}
