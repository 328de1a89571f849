//! Detects that the client of a recorded response has disconnected, as evidence about its timeout.

use tokio::sync::watch;
use tokio::time::Instant;

use super::tape::{Attendance, Tape};
use crate::plan::patience::ExitGroup;
use crate::services::Services;

/// A request whose client may disconnect.
pub(crate) struct Departure {
    services: Services,
    /// `None`: its disconnect was reported.
    exit_group: Option<ExitGroup>,
    /// True after it has disconnected.
    gone: watch::Sender<bool>,
    began: Instant,
}

impl Departure {
    /// `began`: start of the client's wait.
    pub(crate) fn new(services: Services, exit_group: Option<ExitGroup>, began: Instant) -> Self {
        Self {
            services,
            exit_group,
            gone: watch::Sender::new(false),
            began,
        }
    }

    pub(crate) fn gone(&self) -> watch::Receiver<bool> {
        self.gone.subscribe()
    }

    pub(crate) fn look(&mut self, tape: &Tape) {
        let gone = tape.attendance() == Attendance::Left;
        self.gone
            .send_if_modified(|sent| std::mem::replace(sent, gone) != gone);
        if gone
            && tape.head().is_none()
            && let Some(exit_group) = self.exit_group.take()
        {
            self.services.left(exit_group, self.began.elapsed());
        }
    }

    /// Never ends.
    pub(crate) async fn watch(&mut self, tape: &Tape) {
        loop {
            let changed = tape.attended();
            self.look(tape);
            changed.await;
        }
    }

    /// The response has arrived.
    pub(crate) fn ended(&mut self, tape: &Tape) {
        if tape.attendance() != Attendance::Left
            && let Some(exit_group) = self.exit_group.take()
        {
            self.services.stayed(&exit_group, self.began.elapsed());
        }
    }
}
