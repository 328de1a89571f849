//! Reads of the ledger beside its writer: on threads of their own, on read-only connections, each within a time limit. A page of
//! the window never makes the loop or a request wait.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ledger::{Interrupt, Ledger, LedgerError, Quarters, Reader};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

/// A read ends at this time, with an error.
const WITHIN: Duration = Duration::from_secs(5);
const INTERRUPT_EVERY: Duration = Duration::from_millis(5);
/// Connections; further reads wait.
const AT_ONCE: u32 = 4;

#[derive(Clone, Debug)]
pub(crate) struct Reads(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// None: the ledger is in memory.
    file: Mutex<Option<PathBuf>>,
    idle: Mutex<Vec<Reader>>,
    charts: Mutex<Quarters>,
    permits: Arc<Semaphore>,
    closing: CancellationToken,
}

/// Why nothing was read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// There is no file to read; the loop has the rows.
    NoFile,
    Failed(LedgerError),
}

impl From<LedgerError> for Unread {
    fn from(error: LedgerError) -> Unread {
        Unread::Failed(error)
    }
}

/// A connection for one read.
pub(crate) struct Lease {
    reader: Reader,
    shared: Arc<Shared>,
    permit: OwnedSemaphorePermit,
}

impl Reads {
    pub(crate) fn new(file: Option<PathBuf>) -> Reads {
        Reads(Arc::new(Shared {
            file: Mutex::new(file),
            idle: Mutex::default(),
            charts: Mutex::default(),
            permits: Arc::new(Semaphore::new(AT_ONCE as usize)),
            closing: CancellationToken::new(),
        }))
    }

    /// The ledger was in memory and is now this file.
    pub(crate) fn opened(&self, file: &Path) {
        *lock(&self.0.file) = Some(file.to_owned());
    }

    /// Ends all reads and closes their connections: the writer, which closes last, then leaves one complete file.
    pub(crate) async fn close(&self) {
        *lock(&self.0.file) = None;
        self.0.closing.cancel();
        let all = self.0.permits.acquire_many(AT_ONCE).await;
        lock(&self.0.idle).clear();
        drop(all);
    }

    /// None: there is no file that can be read, and the loop has the rows.
    pub(crate) async fn lease(&self) -> Option<Lease> {
        let permit = Arc::clone(&self.0.permits).acquire_owned().await.ok()?;
        let file = lock(&self.0.file).clone()?;
        let shared = Arc::clone(&self.0);
        let taken = tokio::task::spawn_blocking(move || {
            let idle = lock(&shared.idle).pop();
            // Another connection may still read a file that was deleted or replaced.
            let reader = match idle.filter(Reader::is_current) {
                Some(reader) => Ok(reader),
                None => Reader::open(&file),
            };
            reader.map(|reader| Lease {
                reader,
                shared,
                permit,
            })
        });
        match taken.await.ok()? {
            Ok(lease) => Some(lease),
            Err(error) => {
                tracing::warn!(%error, "the ledger could not be read beside its writer");
                None
            }
        }
    }

    /// Reads the rows of a chart, whose figures are kept in memory.
    pub(crate) async fn chart<T: Send + 'static>(
        &self,
        select: impl FnOnce(&mut Quarters, &Reader) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, Unread> {
        let lease = self.lease().await.ok_or(Unread::NoFile)?;
        let shared = Arc::clone(&self.0);
        let found = lease.read(move |reader| select(&mut lock(&shared.charts), reader));
        Ok(found.await?)
    }
}

impl Lease {
    /// It runs to its end also if its client disconnects.
    pub(crate) async fn read<T: Send + 'static>(
        self,
        select: impl FnOnce(&Reader) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let reading = tokio::spawn(self.read_within(WITHIN, select));
        reading.await.unwrap_or_else(|error| {
            tracing::error!(%error, "a read of the ledger ended early");
            Err(LedgerError::TooSlow)
        })
    }

    async fn read_within<T: Send + 'static>(
        self,
        within: Duration,
        select: impl FnOnce(&Reader) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let Lease {
            reader,
            shared,
            permit,
        } = self;
        let interrupt: Interrupt = reader.interrupt();
        let (done, mut found) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let found = reader.read(select);
            // An error means that nothing waits: the runtime ends.
            let _ = done.send((reader, found));
        });
        let over = async {
            tokio::select! {
                () = tokio::time::sleep(within) => {}
                () = shared.closing.cancelled() => {}
            }
        };
        let ended = tokio::select! {
            ended = &mut found => ended,
            () = over => end(&interrupt, &mut found).await,
        };
        let (reader, found) = ended.map_err(|_| LedgerError::TooSlow)?;
        lock(&shared.idle).push(reader);
        drop(permit);
        found
    }
}

/// An interrupt ends the statement that runs at that moment, so it is repeated until one is met.
async fn end<T>(
    interrupt: &Interrupt,
    found: &mut oneshot::Receiver<T>,
) -> Result<T, oneshot::error::RecvError> {
    loop {
        interrupt.end();
        tokio::select! {
            ended = &mut *found => return ended,
            () = tokio::time::sleep(INTERRUPT_EVERY) => {}
        }
    }
}

/// A panic during a read leaves these values usable.
fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A read that the loop makes itself: of a ledger in memory, or of a file that is not at its path.
pub(crate) struct LoopRead(Box<dyn FnOnce(&Ledger) + Send>);

impl LoopRead {
    pub(crate) fn new(read: impl FnOnce(&Ledger) + Send + 'static) -> LoopRead {
        LoopRead(Box::new(read))
    }

    pub(crate) fn of(self, ledger: &Ledger) {
        (self.0)(ledger);
    }
}

impl std::fmt::Debug for LoopRead {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoopRead")
    }
}

#[cfg(test)]
mod tests;
