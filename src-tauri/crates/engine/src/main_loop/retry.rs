//! "Retry all": the parked requests to run again, and the progress. The control API runs them.

use api::ControlError;

use super::MainLoop;
use crate::event::RetryBegun;

impl MainLoop {
    pub(super) fn begin_retry(
        &mut self,
        ids: Vec<String>,
        count_only: bool,
    ) -> Result<RetryBegun, ControlError> {
        if !count_only {
            self.desk.may_retry()?;
        }
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
                message: which,
            });
        }
        self.desk.retry_begins(ids.len());
        Ok(RetryBegun {
            ids,
            message: which,
        })
    }
}
