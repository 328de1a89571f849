//! "Check now" waits for its round without blocking the loop: the reply is stored until the watch reports the round.

use api::{Accepted, ControlError};
use tokio::sync::mpsc::error::TrySendError;
use watch::{Nudge, Round};

use super::MainLoop;
use crate::event::Reply;
use crate::view;

impl MainLoop {
    pub(super) fn check_now(&mut self, reply: Reply<Result<Accepted, ControlError>>) {
        self.checks.last += 1;
        let round = self.checks.last;
        let failed = match self.outlets.nudges.try_send(Nudge::CheckNow { round }) {
            Ok(()) => {
                self.checks.waiting.insert(round, reply);
                return;
            }
            Err(TrySendError::Full(_)) => (
                "too many checks are running",
                "wait a few seconds and try again",
            ),
            Err(TrySendError::Closed(_)) => (
                "status pages and probes are not checked",
                "the engine's log shows the reason; correct it and start the engine again",
            ),
        };
        let (error, fix) = failed;
        // A reply whose receiver is gone is not an error.
        let _ = reply.send(Err(ControlError {
            error: error.into(),
            fix: Some(fix.into()),
        }));
    }

    pub(super) fn checked_now(&mut self, round: &Round) {
        if let Some(reply) = self.checks.waiting.remove(&round.id) {
            self.publish();
            let message = view::checked::answer(self.state(), round);
            let _ = reply.send(Ok(Accepted { message }));
        }
    }
}
