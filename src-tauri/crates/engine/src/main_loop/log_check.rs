//! Makes a log that cannot be written a visible problem, and detects its end.

use super::MainLoop;
use crate::desk::Event;

impl MainLoop {
    pub(super) fn check_log(&mut self) {
        let now = self.now();
        if self.state().log_loss.is_some() && self.log_timer.is_due(now) {
            self.outlets.log.try_again();
        }
        self.outlets.log.report_missing();
        let loss = self.outlets.log.loss();
        if loss != self.state().log_loss {
            self.decide(Event::LogLoss(loss));
        }
    }
}
