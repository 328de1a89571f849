//! The older engine's side: the newer one that waits for the port.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::sleep;

/// After the request for its port, an engine accepts requests until it is without one, at most for this time. Then new connections wait
/// until its open responses have ended.
const ACCEPTS_FOR: Duration = Duration::from_secs(5);

/// The newer engine, once it has reported.
#[derive(Clone, Debug, Default)]
pub(crate) struct Successor(Arc<Line>);

#[derive(Debug, Default)]
struct Line {
    waiting: Mutex<Option<Waiting>>,
    arrived: Notify,
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

    /// Resolves when the newer engine must have the port: this one was never without a request, so new connections wait for that
    /// one.
    pub(crate) async fn needs_the_port(&self) {
        self.0.arrived.notified().await;
        sleep(ACCEPTS_FOR).await;
    }

    /// Passes the socket on if a newer engine waits, and closes it here.
    pub(crate) fn give(&self, listener: TcpListener) {
        let waiting = self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waiting) = waiting {
            give(&waiting, &listener);
        }
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
fn give(waiting: &Waiting, listener: &TcpListener) {
    match super::passing::send(waiting, listener) {
        Ok(()) => tracing::info!("the newer engine has the port now"),
        Err(error) => tracing::error!(%error, "the newer engine did not get the port"),
    }
}

#[cfg(not(unix))]
fn give(waiting: &Waiting, _: &TcpListener) {
    match *waiting {}
}
