//! How many requests a lane takes at once: known only after its first connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// No connection so far.
    Unknown,
    /// The first request opens a connection.
    Opening,
    /// HTTP/1.1: each request has its own connection.
    Unlimited,
    /// One HTTP/2 connection.
    Streams { most: usize, connection: u64 },
}

/// Cheap to clone; the lane and its connections share it.
#[derive(Clone, Debug)]
pub(super) struct Room(Arc<watch::Sender<Protocol>>);

impl Room {
    pub(super) fn new() -> Room {
        Room(Arc::new(watch::Sender::new(Protocol::Unknown)))
    }

    pub(super) fn protocol(&self) -> Protocol {
        *self.0.borrow()
    }

    /// Resolves at the next change.
    pub(super) fn changes(&self) -> watch::Receiver<Protocol> {
        self.0.subscribe()
    }

    pub(super) fn opens(&self) {
        self.0.send_replace(Protocol::Opening);
    }

    /// The request that opened the connection has ended before a connection was there.
    pub(super) fn is_abandoned(&self) {
        self.leaves_opening(Protocol::Unknown);
    }

    /// No connection came: later requests do not wait for each other.
    pub(super) fn is_unreachable(&self) {
        self.leaves_opening(Protocol::Unlimited);
    }

    fn leaves_opening(&self, to: Protocol) {
        self.0.send_if_modified(|protocol| {
            let opening = *protocol == Protocol::Opening;
            if opening {
                *protocol = to;
            }
            opening
        });
    }

    pub(super) fn is_unlimited(&self) {
        self.0.send_replace(Protocol::Unlimited);
    }

    /// Returns the number of the connection.
    pub(super) fn has_streams(&self, most: usize) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let connection = NEXT.fetch_add(1, Ordering::Relaxed);
        self.0.send_replace(Protocol::Streams {
            // A peer that allows none at first allows some later.
            most: most.max(1),
            connection,
        });
        connection
    }

    /// The next request opens another connection.
    pub(super) fn has_ended(&self, ended: u64) {
        self.0.send_if_modified(|protocol| {
            let current =
                matches!(protocol, Protocol::Streams { connection, .. } if *connection == ended);
            if current {
                *protocol = Protocol::Unknown;
            }
            current
        });
    }
}
