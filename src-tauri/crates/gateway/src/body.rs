use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// The body of what the client is answered.
#[derive(Debug)]
pub struct Body {
    bytes: Option<Bytes>,
}

/// The provider's answer broke off after its beginning had been passed on. The server must drop the connection without the
/// last chunk, so that the client sees a broken answer and not a short one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("aborted: {0}")]
pub struct Aborted(pub String);

impl Body {
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
        Body {
            bytes: Some(bytes.into()).filter(|b| !b.is_empty()),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |b| b.len() as u64))
    }
}
