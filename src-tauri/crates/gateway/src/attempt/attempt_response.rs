//! The result of a successful attempt.

use bytes::Bytes;
use http::response::Parts;
use wire::Completion;

use crate::attempt::answer::Answer;

/// A response that can be released.
#[derive(Debug)]
pub(crate) enum AttemptResponse {
    /// `ended`: the complete body has already arrived.
    Stream {
        head: Parts,
        answer: Box<Answer>,
        ended: Option<Completion>,
    },
    Document {
        head: Parts,
        bytes: Bytes,
        completion: Completion,
        report: Box<wire::Report>,
    },
}
