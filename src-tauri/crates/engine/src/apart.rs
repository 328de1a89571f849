//! Work on files whose disk may hang, such as a network share: it has a thread of its own, and neither the loop nor the end of the
//! process waits for it.

use tokio::sync::oneshot;

/// The receiver fails if the work panicked.
pub(crate) fn apart<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> oneshot::Receiver<T> {
    let (done, result) = oneshot::channel();
    std::thread::spawn(move || {
        // Nothing waits for it any more if the receiver is gone.
        let _ = done.send(work());
    });
    result
}
