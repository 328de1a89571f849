//! The clients' connections, fewer than the limit of open files allows. A connection without a request never keeps another one
//! out.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// The first request's headers arrive within this time, or the connection is closed.
pub(super) const FIRST_REQUEST_WITHIN: Duration = Duration::from_secs(10);

/// A connection that was idle for less may have a request that was not read yet.
pub(super) const IDLE_AT_LEAST: Duration = Duration::from_millis(400);
/// Until a place is looked for again when all connections have requests.
const FULL_FOR: Duration = Duration::from_millis(250);

/// All connections.
#[derive(Clone)]
pub(super) struct Seats {
    most: usize,
    table: Arc<Mutex<Table>>,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Open>,
}

struct Open {
    /// Number of requests whose responses have not ended.
    requests: usize,
    /// Its last request ended, or the connection was opened.
    idle_since: Instant,
    had_request: bool,
    /// It is being closed, and its place is another one's.
    leaves: bool,
    closing: CancellationToken,
}

/// One connection. Dropping it frees its place.
pub(super) struct Seat {
    seats: Seats,
    number: u64,
    closing: CancellationToken,
}

/// Answer to a new connection.
pub(super) enum Taken {
    Seat(Seat),
    /// A connection without a request must close by this time, unless a request arrives.
    SomeIdle(Instant),
    /// All have requests. Another look is worth it at this time.
    Full(Instant),
}

/// A request in progress on a connection.
pub(super) struct Request {
    seats: Seats,
    number: u64,
}

impl Seats {
    pub(super) fn new(most: usize) -> Seats {
        Seats {
            most,
            table: Arc::default(),
        }
    }

    /// A place for a new connection. If all are taken, the connection that was idle for longest is closed, if it was idle for long
    /// enough.
    pub(super) fn take(&self, now: Instant) -> Taken {
        let mut table = self.table();
        let staying = table.open.values().filter(|open| !open.leaves).count();
        if staying >= self.most {
            let open = table.open.values_mut();
            let idle = open.filter(|open| open.requests == 0 && !open.leaves);
            let Some(oldest) = idle.min_by_key(|open| open.idle_since) else {
                return Taken::Full(now + FULL_FOR);
            };
            let old_enough = oldest.idle_since + IDLE_AT_LEAST;
            if now < old_enough {
                return Taken::SomeIdle(old_enough);
            }
            oldest.leaves = true;
            oldest.closing.cancel();
        }
        let number = table.next;
        table.next += 1;
        let closing = CancellationToken::new();
        table.open.insert(
            number,
            Open {
                requests: 0,
                idle_since: now,
                had_request: false,
                leaves: false,
                closing: closing.clone(),
            },
        );
        Taken::Seat(Seat {
            seats: self.clone(),
            number,
            closing,
        })
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Returns a function that marks the beginning of a request.
    pub(super) fn requests(&self) -> impl Fn() -> Request + Clone + use<> {
        let (seats, number) = (self.seats.clone(), self.number);
        move || {
            if let Some(open) = seats.table().open.get_mut(&number) {
                open.requests += 1;
                open.had_request = true;
            }
            Request {
                seats: seats.clone(),
                number,
            }
        }
    }

    /// No request is in progress.
    pub(super) fn is_idle(&self) -> bool {
        let table = self.seats.table();
        let open = table.open.get(&self.number);
        open.is_none_or(|open| open.requests == 0)
    }

    /// Resolves when the connection must be closed: its first request is late, or its place is needed.
    pub(super) async fn closes(&self) {
        tokio::select! {
            () = self.closing.cancelled() => {}
            () = self.first_request_is_late() => {}
        }
    }

    /// Resolves when the connection must end because the engine stops. The request of a new one may not have been read yet.
    pub(super) async fn drains(&self, stopping: &CancellationToken) {
        stopping.cancelled().await;
        if !self.had_request() {
            sleep(IDLE_AT_LEAST).await;
        }
    }

    fn had_request(&self) -> bool {
        let table = self.seats.table();
        let open = table.open.get(&self.number);
        open.is_some_and(|open| open.had_request)
    }

    async fn first_request_is_late(&self) {
        sleep(FIRST_REQUEST_WITHIN).await;
        if self.had_request() {
            std::future::pending().await
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.table().open.remove(&self.number);
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        if let Some(open) = self.seats.table().open.get_mut(&self.number) {
            open.requests -= 1;
            open.idle_since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests;
