use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use crate::End;
use crate::deliver::Delivery;
use crate::open::OpenExchange;

/// The body of what the client is answered.
#[derive(Debug)]
pub struct Body(Kind);

#[derive(Debug)]
enum Kind {
    Done,
    Whole(Bytes, Option<Box<(OpenExchange, End)>>),
    Stream(Box<Delivery>),
}

/// The provider's answer broke off after its beginning had been passed on. The server must drop the connection without the
/// last chunk, so that the client sees a broken answer and not a short one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("aborted: {0}")]
pub struct Aborted(pub String);

impl Body {
    /// Bytes that belong to no exchange.
    pub(crate) fn plain(bytes: impl Into<Bytes>) -> Body {
        let bytes = bytes.into();
        Body(if bytes.is_empty() {
            Kind::Done
        } else {
            Kind::Whole(bytes, None)
        })
    }

    /// The last word of an exchange, which ends once the server has taken it.
    pub(crate) fn last(bytes: impl Into<Bytes>, mut exchange: OpenExchange, end: End) -> Body {
        let bytes = bytes.into();
        if bytes.is_empty() {
            exchange.ended(end);
            return Body(Kind::Done);
        }
        Body(Kind::Whole(bytes, Some(Box::new((exchange, end)))))
    }

    pub(crate) fn stream(delivery: Delivery) -> Body {
        Body(Kind::Stream(Box::new(delivery)))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Aborted;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Aborted>>> {
        if let Kind::Stream(delivery) = &mut self.0 {
            let turn = ready!(delivery.poll_next(cx));
            return Poll::Ready(turn.map(|bytes| bytes.map(Frame::data)));
        }
        match std::mem::replace(&mut self.0, Kind::Done) {
            Kind::Whole(bytes, last) => {
                if let Some((mut exchange, end)) = last.map(|last| *last) {
                    exchange.handed(bytes.len());
                    exchange.ended(end);
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
            Kind::Whole(bytes, _) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(_) => SizeHint::default(),
        }
    }
}
