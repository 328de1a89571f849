//! "Retry all": which waiting requests are run again, and how far that is. Running them is the control API's part.

use api::{Accepted, ControlError};
use chrono::{DateTime, Utc};

use super::MainLoop;
use crate::event::RetryBegun;
use crate::retry::Retry;

impl MainLoop {
    pub(super) fn begin_retry(
        &mut self,
        incident: Option<i64>,
        pipeline: Option<&str>,
        count_only: bool,
    ) -> Result<RetryBegun, ControlError> {
        let at_work = self.state.retry.as_ref().is_some_and(Retry::is_at_work);
        if at_work && !count_only {
            return Err(ControlError {
                error: "waiting requests are being run again already".into(),
                fix: Some("wait until that has ended, or stop it first".into()),
            });
        }
        let ids = self
            .ledger
            .retriable_reviews(incident, pipeline)
            .map_err(|error| ControlError {
                error: format!("the review queue cannot be read: {error}"),
                fix: None,
            })?;
        let which = match (ids.len(), count_only) {
            (0, _) => "No waiting request can be run again.".to_owned(),
            (1, true) => "1 request waits and can be run again.".into(),
            (n, true) => format!("{n} requests wait and can be run again, one after the other."),
            (1, false) => "1 request is run again.".into(),
            (n, false) => format!("{n} requests are run again, one after the other."),
        };
        if count_only || ids.is_empty() {
            return Ok(RetryBegun {
                ids: Vec::new(),
                said: which,
            });
        }
        self.state.retry = Some(Retry::of(ids.len()));
        Ok(RetryBegun { ids, said: which })
    }

    /// True: the next one is to be run.
    pub(super) fn retried(&mut self, answered: Option<bool>) -> bool {
        let may_go_on = !self.state.draining;
        let retry = self.state.retry.as_mut();
        retry.is_some_and(|retry| retry.ran(answered)) && may_go_on
    }

    pub(super) fn retry_ended(&mut self, now: DateTime<Utc>) {
        if let Some(retry) = &mut self.state.retry {
            retry.end(now);
        }
    }

    pub(super) fn stop_retry(&mut self) -> Result<Accepted, ControlError> {
        match self.state.retry.as_mut().filter(|retry| retry.is_at_work()) {
            Some(retry) => {
                retry.stop();
                Ok(Accepted {
                    said: "The request that runs is the last one.".into(),
                })
            }
            None => Err(ControlError {
                error: "no waiting request is being run again".into(),
                fix: None,
            }),
        }
    }
}
