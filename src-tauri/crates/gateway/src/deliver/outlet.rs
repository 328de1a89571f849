//! The output for a committed response's bytes, one piece at a time: the sender measures the client's time.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The provider's response was truncated after its beginning was released. The server must drop the connection without the last
/// chunk, so that the client detects a broken response and not a short one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("aborted: {0}")]
pub struct Aborted(pub String);

/// The sending side.
#[derive(Debug)]
pub(crate) struct Outlet(mpsc::Sender<Result<Bytes, Aborted>>);

/// The client has disconnected: no byte reaches it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// Only one piece is in flight, so that a slow client slows the provider and uses no memory.
pub(crate) fn outlet() -> (Outlet, mpsc::Receiver<Result<Bytes, Aborted>>) {
    let (give, take) = mpsc::channel(1);
    (Outlet(give), take)
}

impl Outlet {
    /// Sends the next bytes, and waits until the client is ready for more. Returns the waiting time: it is the client's, not
    /// the provider's.
    ///
    /// # Errors [`Gone`]: the client has disconnected.
    pub(crate) async fn give(&self, bytes: Bytes) -> Result<Duration, Gone> {
        let since = Instant::now();
        self.0.send(Ok(bytes)).await.map_err(|_| Gone)?;
        drop(self.0.reserve().await.map_err(|_| Gone)?);
        Ok(since.elapsed())
    }

    /// Aborts the connection, so that the client detects a broken response and not a short one.
    pub(crate) async fn abort(&self, why: String) {
        // A client that has disconnected needs no error.
        let _ = self.0.send(Err(Aborted(why))).await;
    }

    /// All bytes were taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.capacity() == self.0.max_capacity()
    }
}
