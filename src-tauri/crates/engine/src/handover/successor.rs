//! The older engine's side: the newer one that waits for the port.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

/// After the request for its port, an engine accepts requests until it is without one, at most for this time. Then new connections
/// wait until its open responses have ended.
const ACCEPTS_FOR: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The requests of connections that were accepted last arrive within this time, and count as open.
const LAST_REQUESTS_WITHIN: Duration = Duration::from_millis(500);

/// The newer engine, once it has reported.
#[derive(Clone, Debug, Default)]
pub(crate) struct Successor(Arc<Line>);

#[derive(Debug, Default)]
struct Line {
    waiting: Mutex<Option<Waiting>>,
    arrived: Notify,
    passed: Notify,
}

#[cfg(unix)]
type Waiting = std::os::unix::net::UnixStream;
/// No system without Unix sockets passes a listening socket here.
#[cfg(not(unix))]
type Waiting = std::convert::Infallible;

#[derive(Debug, thiserror::Error)]
#[error("the newer engine cannot be reached at {path}: {why}")]
pub(crate) struct NoSuccessor {
    path: String,
    why: String,
}

impl Successor {
    /// Connects to the newer engine, which listens at this path.
    pub(crate) fn waits_at(&self, path: &Path) -> Result<(), NoSuccessor> {
        let waiting = connect(path).map_err(|why| NoSuccessor {
            path: path.display().to_string(),
            why,
        })?;
        *self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(waiting);
        self.0.arrived.notify_one();
        Ok(())
    }

    /// Resolves when the newer engine gets the port: this one is without a request, or was never. `open`: the number of requests.
    pub(crate) async fn gets_the_port(&self, open: impl Fn() -> usize) {
        self.0.arrived.notified().await;
        let deadline = Instant::now() + ACCEPTS_FOR;
        while open() > 0 && Instant::now() < deadline {
            sleep(LOOK_EVERY).await;
        }
    }

    /// Passes the socket on. False: no newer engine waits, or it is gone, and this one keeps the port.
    pub(crate) fn give(&self, listener: &TcpListener) -> bool {
        let waiting = self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let passed = waiting.is_some_and(|waiting| give(&waiting, listener));
        if passed {
            self.0.passed.notify_one();
        }
        passed
    }

    /// Resolves after the port was passed on and the last requests have arrived: this engine may stop then.
    pub(crate) async fn passed_on(&self) {
        self.0.passed.notified().await;
        sleep(LAST_REQUESTS_WITHIN).await;
    }
}

#[cfg(unix)]
fn connect(path: &Path) -> Result<Waiting, String> {
    Waiting::connect(path).map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn connect(_: &Path) -> Result<Waiting, String> {
    Err("this system does not pass sockets between programs".into())
}

#[cfg(unix)]
fn give(waiting: &Waiting, listener: &TcpListener) -> bool {
    let sent = super::passing::send(waiting, listener);
    match &sent {
        Ok(()) => tracing::info!("the newer engine has the port now"),
        Err(error) => tracing::error!(%error, "the newer engine did not get the port"),
    }
    sent.is_ok()
}

#[cfg(not(unix))]
fn give(waiting: &Waiting, _: &TcpListener) -> bool {
    match *waiting {}
}
