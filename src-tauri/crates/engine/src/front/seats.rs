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
pub(super) const IDLE_AT_LEAST: Duration = Duration::from_millis(250);

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
    closing: CancellationToken,
}

/// One connection. Dropping it frees its place.
pub(super) struct Seat {
    seats: Seats,
    number: u64,
    closing: CancellationToken,
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

    /// A place for a new connection. If all are taken, the connection that was idle for longest is closed. `None`: all have a
    /// request, or may have one.
    pub(super) fn take(&self, now: Instant) -> Option<Seat> {
        let mut table = self.table();
        if table.open.len() >= self.most {
            let idle = table.open.iter().filter(|(_, open)| {
                open.requests == 0 && now.duration_since(open.idle_since) >= IDLE_AT_LEAST
            });
            let (number, _) = idle.min_by_key(|(_, open)| open.idle_since)?;
            let number = *number;
            if let Some(open) = table.open.remove(&number) {
                open.closing.cancel();
            }
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
                closing: closing.clone(),
            },
        );
        Some(Seat {
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

    /// Resolves when the connection must be closed: its first request is late, or its place is needed.
    pub(super) async fn closes(&self) {
        tokio::select! {
            () = self.closing.cancelled() => {}
            () = self.first_request_is_late() => {}
        }
    }

    async fn first_request_is_late(&self) {
        sleep(FIRST_REQUEST_WITHIN).await;
        let had_request = {
            let table = self.seats.table();
            let open = table.open.get(&self.number);
            open.is_some_and(|open| open.had_request)
        };
        if had_request {
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
