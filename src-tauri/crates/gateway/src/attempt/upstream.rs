//! The client side: one pooled HTTP client over any connection that the engine or a test opens.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response, Uri};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{Full, LengthLimitError};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::util::BoxCloneSyncService;
use tower_service::Service;

use crate::Config;
use crate::attempt::own_network::{OwnNetwork, UntrustedCertificate};

/// Idle connections are closed before the usual server (60 s and more) closes them during a request.
const POOL_IDLE: Duration = Duration::from_secs(30);

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Connects to an address. The engine adds TLS, proxies and the embedded rehearsal provider; tests connect in-memory pipes.
pub type Connect = BoxCloneSyncService<Uri, Dialed, BoxError>;

/// A [`Connect`] from a plain function.
pub fn connect<F, Fut>(dial: F) -> Connect
where
    F: Fn(Uri) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<Dialed, BoxError>> + Send + 'static,
{
    BoxCloneSyncService::new(tower::service_fn(dial))
}

/// Requirements for an open connection.
pub trait Io: Read + Write + Connection + Unpin + Send {}

impl<T: Read + Write + Connection + Unpin + Send> Io for T {}

/// A dialed connection.
pub struct Dialed(Box<dyn Io>);

impl Dialed {
    /// A connection with its own properties (negotiated HTTP/2, a proxy in between).
    pub fn new(io: impl Io + 'static) -> Self {
        Self(Box::new(io))
    }

    /// A plain byte stream with HTTP/1.1: an in-memory pipe, the embedded rehearsal provider.
    pub fn pipe(io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Self {
        Self(Box::new(Pipe(TokioIo::new(io))))
    }
}

impl Connection for Dialed {
    fn connected(&self) -> Connected {
        self.0.connected()
    }
}

impl Read for Dialed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Dialed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }
}

/// A body that is forwarded as it arrives.
pub(crate) type Passed = UnsyncBoxBody<Bytes, BoxError>;

/// The pooled clients. They never retry: one attempt is one request.
#[derive(Clone)]
pub(crate) struct Upstream {
    client: Client<Dial, Full<Bytes>>,
    passing: Client<Dial, Passed>,
}

impl Upstream {
    pub(crate) fn new(connect: Connect, config: watch::Receiver<Arc<Config>>) -> Self {
        let dial = Dial { connect, config };
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .retry_canceled_requests(false);
        Self {
            client: builder.build(dial.clone()),
            passing: builder.build(dial),
        }
    }

    /// A request whose body is not kept: it is sent once.
    pub(crate) async fn pass(
        &self,
        request: Request<Passed>,
    ) -> Result<Response<Incoming>, Unsent> {
        self.passing.request(request).await.map_err(|e| unsent(&e))
    }

    pub(crate) async fn send(
        &self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, Unsent> {
        let again = request.clone();
        match self.client.request(request).await {
            Ok(response) => Ok(response),
            // A pooled connection had been closed by the other side, and no byte was sent on it.
            Err(error) if was_not_written(&error) => {
                self.client.request(again).await.map_err(|e| unsent(&e))
            }
            Err(error) => Err(unsent(&error)),
        }
    }
}

/// Why no response came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsent {
    #[error("{0}")]
    ConnectTimedOut(ConnectTimedOut),
    #[error("no connection: {0}")]
    NotConnected(String),
    /// This machine has no network route.
    #[error("{0}")]
    NoRoute(String),
    #[error("{0}")]
    Untrusted(String),
    /// The provider may have started to process it.
    #[error("the connection broke before a response: {0}")]
    Broken(String),
    /// The client's body, which is forwarded as it arrives, is longer than the limit.
    #[error("the body is too long")]
    TooLong,
}

impl Unsent {
    /// True if the provider may have received the request.
    pub(crate) fn reached(&self) -> bool {
        match self {
            Unsent::Broken(_) | Unsent::TooLong => true,
            Unsent::ConnectTimedOut(_)
            | Unsent::NotConnected(_)
            | Unsent::NoRoute(_)
            | Unsent::Untrusted(_) => false,
        }
    }

    /// Set if this machine's network is at fault.
    pub(crate) fn own(&self) -> Option<OwnNetwork> {
        match self {
            Unsent::NoRoute(_) => Some(OwnNetwork::Offline),
            Unsent::Untrusted(_) => Some(OwnNetwork::Untrusted),
            Unsent::ConnectTimedOut(_)
            | Unsent::NotConnected(_)
            | Unsent::Broken(_)
            | Unsent::TooLong => None,
        }
    }
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("no connection within {} s", .0.as_secs_f32())]
pub(crate) struct ConnectTimedOut(Duration);

fn unsent(error: &Error) -> Unsent {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    loop {
        if let Some(timed_out) = cause.downcast_ref::<ConnectTimedOut>() {
            return Unsent::ConnectTimedOut(*timed_out);
        }
        if let Some(UntrustedCertificate(why)) = cause.downcast_ref() {
            return Unsent::Untrusted(why.clone());
        }
        if let Some(io) = cause.downcast_ref::<io::Error>()
            && error.is_connect()
            && is_without_route(io)
        {
            return Unsent::NoRoute(io.to_string());
        }
        if cause.is::<LengthLimitError>() {
            return Unsent::TooLong;
        }
        match cause.source() {
            Some(source) => cause = source,
            None if error.is_connect() => return Unsent::NotConnected(cause.to_string()),
            None => return Unsent::Broken(cause.to_string()),
        }
    }
}

fn is_without_route(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown
    )
}

fn was_not_written(error: &Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        if let Some(error) = source.downcast_ref::<hyper::Error>() {
            return error.is_canceled();
        }
        cause = source.source();
    }
    false
}

/// Connects with the current connect timeout.
#[derive(Clone)]
struct Dial {
    connect: Connect,
    config: watch::Receiver<Arc<Config>>,
}

impl Service<Uri> for Dial {
    type Response = Dialed;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Dialed, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.connect.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let within = self.config.borrow().timers.connect;
        let dialing = self.connect.call(to);
        Box::pin(async move {
            match tokio::time::timeout(within, dialing).await {
                Ok(dialed) => dialed,
                Err(_) => Err(ConnectTimedOut(within).into()),
            }
        })
    }
}

struct Pipe<T>(TokioIo<T>);

impl<T> Connection for Pipe<T> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl<T: AsyncRead + Unpin> Read for Pipe<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin> Write for Pipe<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
