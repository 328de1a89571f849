//! What an attempt has brought, where it brought an answer.

use bytes::Bytes;
use http::response::Parts;
use wire::Completion;

use crate::attempt::answer::Answer;

/// An answer that may be passed on.
#[derive(Debug)]
pub(crate) enum AttemptResponse {
    /// `ended`: the complete body has arrived already.
    Stream {
        head: Parts,
        answer: Box<Answer>,
        ended: Option<Completion>,
    },
    Document {
        head: Parts,
        bytes: Bytes,
        completion: Completion,
        report: wire::Report,
    },
}
