//! Whether the client of a recorded response is still connected.

use catalog::Dialect;
use tokio::sync::watch;

use super::completion_check;
use super::tape::{Attendance, Tape};

/// Detects if a response's client is still connected.
#[derive(Clone, Debug)]
pub(crate) struct Attended {
    tape: Tape,
    /// The client's dialect.
    dialect: Dialect,
    /// The engine stops, and with it every client's connection.
    stopped: watch::Receiver<bool>,
}

impl Attended {
    pub(crate) fn new(stopped: watch::Receiver<bool>, tape: &Tape, dialect: Dialect) -> Attended {
        Attended {
            tape: tape.clone(),
            dialect,
            stopped,
        }
    }

    /// Its client disconnected, or was cut off, before it received everything. Some close the connection without reading the
    /// last bytes.
    pub(crate) fn is_alone(&self) -> bool {
        if self.tape.attendance() != Attendance::Left && !*self.stopped.borrow() {
            return false;
        }
        let released = self.tape.head().zip(self.tape.released());
        !released.is_some_and(|(head, released)| {
            completion_check::has_all(self.dialect, &head, &released)
        })
    }
}
