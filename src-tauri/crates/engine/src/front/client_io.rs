//! A client may close its sending side after a request and wait for the response (`nc -N`, some HTTP libraries). The end of its
//! bytes is the same as of a client that left, so it is passed on only when that client's socket is closed.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep};

use super::arrived::Arrived;
use super::peers::Peers;

/// Until the first check: the request's body is read meanwhile, and one check finds all clients that leave together.
const FIRST_CHECK: Duration = Duration::from_millis(50);
const NEXT_CHECK: Duration = Duration::from_secs(1);

/// A client's connection, with or without TLS.
pub(super) struct ClientIo<S> {
    stream: S,
    arrived: Arrived,
    peers: Peers,
    /// Client and engine; `None`: unknown.
    ends: Option<(SocketAddr, SocketAddr)>,
    /// Set after the client's last byte: resolves when its socket is closed.
    left: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl<S> ClientIo<S> {
    /// `ends`: of the connection, client and engine.
    pub(super) fn new(
        stream: S,
        ends: Option<(SocketAddr, SocketAddr)>,
        arrived: Arrived,
        peers: Peers,
    ) -> ClientIo<S> {
        ClientIo {
            stream,
            arrived,
            peers,
            ends,
            left: None,
        }
    }
}

async fn left(arrived: Arrived, peers: Peers, ends: (SocketAddr, SocketAddr)) {
    let mut since = Instant::now();
    sleep(FIRST_CHECK).await;
    while arrived.is_complete() && peers.is_open(ends, since).await {
        since = Instant::now();
        sleep(NEXT_CHECK).await;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for ClientIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.left.is_none() {
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        }
        if buffer.filled().len() > before
            || buffer.remaining() == 0
            || !self.arrived.is_in_progress()
        {
            return Poll::Ready(Ok(()));
        }
        // Unknown, or the client has left.
        let Some(ends) = self.ends else {
            return Poll::Ready(Ok(()));
        };
        let (arrived, peers) = (self.arrived.clone(), self.peers.clone());
        let left = self
            .left
            .get_or_insert_with(|| Box::pin(left(arrived, peers, ends)));
        ready!(left.as_mut().poll(context));
        (self.left, self.ends) = (None, None);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for ClientIo<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
