//! The connection of one request, which shows whose fault a timeout is.

use std::sync::{Arc, Mutex, PoisonError};

use health::FailureKind;
use http::Extensions;
use hyper_util::client::legacy::connect::CaptureConnection;

use super::lanes::Retired;
use super::life::Life;
use crate::Fault;
use crate::attempt::failed_attempt::FailedAttempt;

/// Cheap to clone. Filled when the request gets a connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line(Arc<Mutex<State>>);

#[derive(Debug, Default)]
enum State {
    /// The request waits for a place on a connection.
    #[default]
    Waiting,
    Sent {
        connection: CaptureConnection,
        retired: Retired,
    },
    /// A drill made the response.
    Unconnected,
}

impl Line {
    pub(super) fn sent(&self, connection: CaptureConnection, retired: Retired) {
        *self.state() = State::Sent {
            connection,
            retired,
        };
    }

    /// A drill makes the response: no connection is judged.
    pub(crate) fn has_no_connection(&self) {
        *self.state() = State::Unconnected;
    }

    /// A timeout on a connection that answers no ping is not the provider's. After any timeout, new requests get a new connection.
    pub(crate) fn judge(&self, failed_attempt: FailedAttempt) -> FailedAttempt {
        let timed_out = match failed_attempt.fault {
            Fault::Theirs(FailureKind::Timeout | FailureKind::Stalled) => true,
            Fault::Theirs(FailureKind::Connect | FailureKind::Cut) => false,
            Fault::Theirs(
                FailureKind::Status(_) | FailureKind::ErrorEvent | FailureKind::Malformed,
            )
            | Fault::Ours(_) => return failed_attempt,
        };
        let dead = self.is_dead();
        if timed_out || dead {
            self.retire();
        }
        if dead {
            return failed_attempt.on_dead_connection();
        }
        failed_attempt
    }

    /// New requests to this host get new connections.
    pub(crate) fn retire(&self) {
        if let State::Sent { retired, .. } = &*self.state() {
            retired.retire();
        }
    }

    /// True if the request never got a place on a connection.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(*self.state(), State::Waiting)
    }

    /// True if the request never got a place, or if its connection answers no ping.
    pub(crate) fn is_dead(&self) -> bool {
        match &*self.state() {
            State::Waiting => true,
            State::Unconnected => false,
            State::Sent { connection, .. } => {
                let mut extras = Extensions::new();
                if let Some(connected) = &*connection.connection_metadata() {
                    connected.get_extras(&mut extras);
                }
                let life = extras.get::<Arc<Life>>();
                life.is_some_and(|life| life.is_dead())
            }
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
