//! Requests of pipelines, which are parked for a person where no provider can answer them. An agent's request is not: a person
//! cannot finish it by hand.

mod reviewed;

use bytes::Bytes;
use http::StatusCode;
use ledger::ReplayKey;

pub(crate) use reviewed::{Reviewed, waits};

/// What an exchange means for the review queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Review {
    /// No provider could answer: to be kept for a person. The client received the id.
    Parked(ParkedRequest),
    /// Answered, but its client had left: the response is kept for the client's next try, and for a person.
    Unfetched(ParkedRequest),
    /// Answered: parked attempts under this id, or of this item, are settled.
    Answered(String),
}

/// An unfetched response of a request that is kept under this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfetched {
    pub id: String,
    pub status: StatusCode,
    pub body: Bytes,
}

/// Marks a request of the review queue that a person has run again; it is in the request's extensions, which no network client
/// can set.
#[derive(Clone, Debug, Default)]
pub struct Rerun {
    /// The request's idempotency key, as [`ParkedRequest::replay`].
    pub replay: Option<ReplayKey>,
}

/// A request as it can be sent once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedRequest {
    /// 16 hexadecimal digits, the same for each attempt of the same request.
    pub id: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// Under which its response is kept for its client, where it had an idempotency key.
    pub replay: Option<ReplayKey>,
}
