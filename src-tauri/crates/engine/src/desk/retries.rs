//! "Retry all": its progress, and whether it continues.

use api::{Accepted, ControlError};
use chrono::{DateTime, Utc};

use super::Desk;
use crate::retry::Retry;

impl Desk {
    /// # Errors
    /// A run is in progress.
    pub(crate) fn may_retry(&self) -> Result<(), ControlError> {
        match self.state.retry.as_ref().is_some_and(Retry::is_at_work) {
            true => Err(ControlError {
                error: "waiting requests are being run again already".into(),
                fix: Some("wait until that has ended, or stop it first".into()),
            }),
            false => Ok(()),
        }
    }

    pub(crate) fn retry_begins(&mut self, count: usize) {
        self.state.retry = Some(Retry::of(count));
    }

    /// True: run the next request.
    pub(crate) fn retried(&mut self, answered: Option<bool>) -> bool {
        let may_continue = !self.state.draining;
        let retry = self.state.retry.as_mut();
        retry.is_some_and(|retry| retry.ran(answered)) && may_continue
    }

    pub(crate) fn retry_ended(&mut self, now: DateTime<Utc>) {
        if let Some(retry) = &mut self.state.retry {
            retry.end(now);
        }
    }

    /// # Errors
    /// No run is in progress.
    pub(crate) fn stop_retry(&mut self) -> Result<Accepted, ControlError> {
        let retry = self.state.retry.as_mut();
        let Some(retry) = retry.filter(|retry| retry.is_at_work()) else {
            return Err(ControlError {
                error: "no waiting request is being run again".into(),
                fix: None,
            });
        };
        retry.stop();
        Ok(Accepted {
            message: "The running request is the last one.".into(),
        })
    }
}
