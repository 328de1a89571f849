//! A response's body; its request is in progress until the body is dropped.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway::BoxError;
use http_body::{Frame, SizeHint};

use super::Body;
use super::seats::Request;

/// The length is known as before, so that `Content-Length` is sent.
pub(super) struct CountedBody {
    body: Body,
    _in_progress: Request,
}

impl CountedBody {
    pub(super) fn new(body: Body, in_progress: Request) -> CountedBody {
        CountedBody {
            body,
            _in_progress: in_progress,
        }
    }
}

impl http_body::Body for CountedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
