//! The state of a connection's request: whether it has arrived completely, and waits for the end of its response.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

/// Shared by a connection and its requests, of which one is in progress at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrived(Arc<AtomicU8>);

/// No request is in progress.
const IDLE: u8 = 0;
const ARRIVING: u8 = 1;
const ARRIVED: u8 = 2;

impl Arrived {
    pub(super) fn is_in_progress(&self) -> bool {
        self.0.load(Ordering::Relaxed) != IDLE
    }

    pub(super) fn is_complete(&self) -> bool {
        self.0.load(Ordering::Relaxed) == ARRIVED
    }

    /// A request's body that reports its end here.
    pub(super) fn watch(&self, body: Incoming) -> Arriving {
        let is_complete = body.is_end_stream();
        let state = if is_complete { ARRIVED } else { ARRIVING };
        self.0.store(state, Ordering::Relaxed);
        Arriving {
            body,
            arrived: self.clone(),
        }
    }

    /// Until this is dropped, the response has not ended.
    pub(super) fn response(&self) -> AwaitedResponse {
        AwaitedResponse(self.clone())
    }
}

pub(super) struct AwaitedResponse(Arrived);

impl Drop for AwaitedResponse {
    fn drop(&mut self) {
        self.0.0.store(IDLE, Ordering::Relaxed);
    }
}

pub(super) struct Arriving {
    body: Incoming,
    arrived: Arrived,
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if self.body.is_end_stream() || matches!(polled, Poll::Ready(None)) {
            self.arrived.0.store(ARRIVED, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
