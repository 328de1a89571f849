//! What the bytes of one connection show: when the last one arrived, how it ended, and how many streams the peer allows.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::time::Instant;

use super::dialed::Dialed;
use super::preface::Preface;
use super::room::Room;

/// Maximum number of bytes of one read.
const PIECE: usize = 8 << 10;

const NONE: u64 = u64::MAX;

/// When an HTTP/2 connection with open streams gets a ping, and how long the answer may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pings {
    pub(super) after: Duration,
    pub(super) within: Duration,
}

impl Pings {
    /// A dead connection is found well before the response headers are due.
    pub(super) fn of(headers: Duration) -> Pings {
        let quarter = (headers / 4).clamp(Duration::from_secs(1), Duration::from_secs(8));
        Pings {
            after: quarter,
            within: quarter,
        }
    }
}

/// The state of one connection, shared with the requests on it.
#[derive(Debug)]
pub(super) struct Life {
    began: Instant,
    /// `None`: HTTP/1.1, which has no pings.
    pings: Option<Pings>,
    /// Milliseconds from `began` to the last byte that arrived.
    last_in: AtomicU64,
    /// Milliseconds from `began` to the first byte that was sent after `last_in`; [`NONE`] before one was.
    unanswered: AtomicU64,
    /// The peer, or a router, closed it.
    closed: AtomicBool,
    /// The system gave up: the peer acknowledged nothing.
    unacknowledged: AtomicBool,
}

impl Life {
    fn new(pings: Option<Pings>) -> Life {
        Life {
            began: Instant::now(),
            pings,
            last_in: AtomicU64::new(0),
            unanswered: AtomicU64::new(NONE),
            closed: AtomicBool::new(false),
            unacknowledged: AtomicBool::new(false),
        }
    }

    /// True if nothing came back, not even the answer to a ping. It is so for every request on the connection, also for one that was
    /// just sent.
    pub(super) fn is_dead(&self) -> bool {
        if self.unacknowledged.load(Ordering::Relaxed) {
            return true;
        }
        let Some(Pings { after, within }) = self.pings else {
            return false;
        };
        let unanswered = self.unanswered.load(Ordering::Relaxed);
        !self.closed.load(Ordering::Relaxed)
            && unanswered != NONE
            && self.since(unanswered) >= within
            && self.since(self.last_in.load(Ordering::Relaxed)) >= after + within
    }

    fn since(&self, milliseconds: u64) -> Duration {
        (self.began + Duration::from_millis(milliseconds)).elapsed()
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(NONE - 1)
    }

    fn arrived(&self) {
        self.last_in.store(self.milliseconds(), Ordering::Relaxed);
        self.unanswered.store(NONE, Ordering::Relaxed);
    }

    fn sent(&self) {
        if self.unanswered.load(Ordering::Relaxed) == NONE {
            self.unanswered
                .store(self.milliseconds(), Ordering::Relaxed);
        }
    }

    fn failed(&self, error: &io::Error) {
        let ended = match error.kind() == io::ErrorKind::TimedOut {
            true => &self.unacknowledged,
            false => &self.closed,
        };
        ended.store(true, Ordering::Relaxed);
    }
}

/// A connection that records its [`Life`].
pub(super) struct Watched {
    io: Dialed,
    life: Arc<Life>,
    room: Room,
    /// Set until the peer's first frame has been read.
    preface: Option<Preface>,
    /// Number under which this connection set the room.
    leads: Option<u64>,
}

impl Watched {
    pub(super) fn new(io: Dialed, pings: Pings, room: Room) -> Watched {
        let is_h2 = io.connected().is_negotiated_h2();
        if !is_h2 {
            room.is_unlimited();
        }
        Watched {
            io,
            life: Arc::new(Life::new(is_h2.then_some(pings))),
            room,
            preface: is_h2.then(Preface::default),
            leads: None,
        }
    }

    fn observe(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.life.closed.store(true, Ordering::Relaxed);
            return;
        }
        self.life.arrived();
        if let Some(preface) = &mut self.preface
            && let Some(streams) = preface.read(bytes)
        {
            self.preface = None;
            self.leads = Some(self.room.has_streams(streams));
        }
    }

    fn written(&self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(1..)) = &polled {
            self.life.sent();
        }
        self.noted(polled)
    }

    fn noted<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &polled {
            self.life.failed(error);
        }
        polled
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(leads) = self.leads {
            self.room.has_ended(leads);
        }
    }
}

impl Connection for Watched {
    fn connected(&self) -> Connected {
        self.io.connected().extra(Arc::clone(&self.life))
    }
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut space = [const { MaybeUninit::uninit() }; PIECE];
        let most = buf.remaining().min(PIECE);
        if most == 0 {
            return Poll::Ready(Ok(()));
        }
        let mut read = ReadBuf::uninit(&mut space[..most]);
        let polled = Pin::new(&mut self.io).poll_read(cx, read.unfilled());
        ready!(self.noted(polled))?;
        self.observe(read.filled());
        buf.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl Write for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        self.written(polled)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_flush(cx);
        self.noted(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.written(polled)
    }
}
