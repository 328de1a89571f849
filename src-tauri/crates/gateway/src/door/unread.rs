//! A request's body whose rest is read and discarded if nothing needs it: a client that is still sending would otherwise get a
//! reset connection instead of the response.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http::header::EXPECT;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::runtime::Handle;

/// Maximum bytes that are discarded of a sender that has not shown the token, and of others.
const UNKNOWN_SENDER: usize = 1 << 20;
const KNOWN_SENDER: usize = 64 << 20;
const WITHIN: Duration = Duration::from_secs(5);

pub(super) struct Unread<B: Body<Data = Bytes> + Send + 'static> {
    body: Option<Pin<Box<B>>>,
    most: usize,
}

impl<B: Body<Data = Bytes> + Send + 'static> Unread<B> {
    pub(super) fn new(headers: &HeaderMap, body: B) -> Self {
        // A client that waits for `100 Continue` sends no body after another response.
        let waits = headers.contains_key(EXPECT);
        Self {
            body: Some(Box::pin(body)),
            most: if waits { 0 } else { UNKNOWN_SENDER },
        }
    }

    /// The sender has shown the token.
    pub(super) fn of_known_sender(mut self) -> Self {
        if self.most > 0 {
            self.most = KNOWN_SENDER;
        }
        self
    }
}

impl<B: Body<Data = Bytes> + Send + 'static> Body for Unread<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let polled = body.as_mut().poll_frame(context);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            self.body = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let body = self.body.as_ref();
        body.map_or(SizeHint::with_exact(0), |body| body.size_hint())
    }
}

impl<B: Body<Data = Bytes> + Send + 'static> Drop for Unread<B> {
    fn drop(&mut self) {
        let rest = self.body.take().filter(|body| !body.is_end_stream());
        let (Some(mut rest), Ok(runtime)) = (rest, Handle::try_current()) else {
            return;
        };
        let mut room = self.most;
        runtime.spawn(async move {
            let all = async {
                while room > 0
                    && let Some(Ok(frame)) = rest.frame().await
                {
                    room = room.saturating_sub(frame.data_ref().map_or(0, Buf::remaining));
                }
            };
            // The response is the same whether it ended or not.
            let _ = tokio::time::timeout(WITHIN, all).await;
        });
    }
}
