//! The layer below HTTP: reports when bytes are sent, and controls how the connection closes.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;

/// Controls the connection of a response.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    flushes: Arc<watch::Sender<u64>>,
    reset: Arc<AtomicBool>,
}

impl Carrier {
    pub(crate) fn new() -> Carrier {
        Carrier {
            flushes: Arc::new(watch::Sender::new(0)),
            reset: Arc::default(),
        }
    }

    /// Ends when all bytes that were written before this call have been sent: hyper flushes its connection only when its buffer
    /// is empty. Otherwise a deliberate cut would also drop bytes that should arrive.
    pub(crate) fn sent(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut flushes = self.flushes.subscribe();
        let before = *flushes.borrow_and_update();
        async move {
            // An error means that the connection is closed.
            let _ = flushes.wait_for(|count| *count > before).await;
        }
    }

    /// Resets the connection when it is dropped, instead of closing it.
    pub(crate) fn reset_on_drop(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }
}

/// A connection that reports flushes to its [`Carrier`] and can be reset.
pub(crate) struct Carried<I> {
    io: I,
    carrier: Carrier,
    reset: fn(&I),
}

impl<I> Carried<I> {
    /// `reset`: makes dropping `io` a reset, if the transport has resets.
    pub(crate) fn new(io: I, carrier: Carrier, reset: fn(&I)) -> Self {
        Self { io, carrier, reset }
    }
}

impl<I> Drop for Carried<I> {
    fn drop(&mut self) {
        if self.carrier.reset.load(Ordering::Relaxed) {
            (self.reset)(&self.io);
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Carried<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Carried<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        if let Poll::Ready(Ok(())) = flushed {
            self.carrier.flushes.send_modify(|count| *count += 1);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
