//! Records in the ledger that the last run crashed, for the incident log.

use super::MainLoop;
use crate::crash_log;
use crate::desk::keys::CRASHES;

impl MainLoop {
    pub(super) fn record_crash(&mut self) {
        let Some(ended) = self.state().crashed else {
            return;
        };
        let started = self.state().started;
        let earlier = self.ledger.meta(CRASHES);
        let written = earlier.and_then(|earlier| {
            let list = crash_log::with(&earlier.unwrap_or_default(), ended, started);
            self.ledger.set_meta(CRASHES, &list)
        });
        self.trouble("record that the last run crashed", written);
    }
}
