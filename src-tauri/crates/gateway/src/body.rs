use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

use crate::End;
use crate::deliver::outlet::{Aborted, Outlet, outlet};
use crate::open::OpenExchange;

/// The body of a response to the client.
#[derive(Debug)]
pub struct Body(Kind);

#[derive(Debug)]
enum Kind {
    Done,
    Document(Bytes, Option<Box<(OpenExchange, End)>>),
    Stream(Stream),
}

impl Body {
    /// Bytes that belong to no exchange.
    pub(crate) fn plain(bytes: impl Into<Bytes>) -> Body {
        let bytes = bytes.into();
        Body(if bytes.is_empty() {
            Kind::Done
        } else {
            Kind::Document(bytes, None)
        })
    }

    /// The last response of an exchange, which ends when the server has taken it.
    pub(crate) fn last(bytes: impl Into<Bytes>, exchange: OpenExchange, end: End) -> Body {
        let bytes = bytes.into();
        if bytes.is_empty() {
            exchange.end(end);
            return Body(Kind::Done);
        }
        Body(Kind::Document(bytes, Some(Box::new((exchange, end)))))
    }

    /// The bytes that `giving` sends to its outlet. It runs while the client reads and is dropped with the body: if a client
    /// disconnects, everything in progress upstream is cancelled.
    pub(crate) fn driven<F>(giving: impl FnOnce(Outlet) -> F) -> Body
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let (give, take) = outlet();
        Body(Kind::Stream(Stream {
            giving: Some(giving(give).boxed()),
            take,
            aborting: None,
        }))
    }
}

struct Stream {
    /// `None`: it has ended.
    giving: Option<BoxFuture<'static, ()>>,
    take: mpsc::Receiver<Result<Bytes, Aborted>>,
    /// The server needs one poll to write the earlier bytes: an immediate error would make it drop them.
    aborting: Option<Aborted>,
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stream")
    }
}

impl Stream {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Aborted>>> {
        if let Some(aborted) = self.aborting.take() {
            return Poll::Ready(Some(Err(aborted)));
        }
        if let Some(giving) = &mut self.giving
            && giving.poll_unpin(cx).is_ready()
        {
            self.giving = None;
        }
        match self.take.poll_recv(cx) {
            Poll::Ready(Some(Err(aborted))) => {
                self.aborting = Some(aborted);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            taken @ (Poll::Ready(Some(Ok(_)) | None) | Poll::Pending) => taken,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        if let Kind::Stream(stream) = &mut self.0 {
            let next = stream.poll_next(cx);
            return next.map(|turn| turn.map(|bytes| bytes.map(Frame::data)));
        }
        match std::mem::replace(&mut self.0, Kind::Done) {
            Kind::Document(bytes, last) => {
                if let Some((mut exchange, end)) = last.map(|last| *last) {
                    exchange.handed(bytes.len());
                    exchange.end(end);
                }
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Kind::Done | Kind::Stream(_) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0, Kind::Done)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Done => SizeHint::with_exact(0),
            Kind::Document(bytes, _) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(_) => SizeHint::default(),
        }
    }
}
