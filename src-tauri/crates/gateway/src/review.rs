//! Requests of pipelines, which are parked if no provider can answer them. An agent's request is not: a user cannot finish it
//! by hand.

mod reviewed;

use bytes::Bytes;
use http::StatusCode;
use ledger::ReplayKey;

pub(crate) use reviewed::{Reviewed, unparked, waits};

/// The effect of an exchange on the review queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Review {
    /// It has no response: to be parked. Its client receives the id after the request is stored.
    Parked(ParkedRequest),
    /// Answered, but its client had disconnected: the response is stored for the client's next attempt, and for the user.
    Unfetched(ParkedRequest),
    /// Answered: parked attempts with this id, or of this item, are settled.
    Answered(String),
}

/// An unfetched response of a request that is stored under this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfetched {
    pub id: String,
    pub status: StatusCode,
    pub body: Bytes,
}

/// Marks a request of the review queue that the user runs again; it is in the request's extensions, which no network client can
/// set.
#[derive(Clone, Debug, Default)]
pub struct Rerun {
    /// The request's idempotency key, as [`ParkedRequest::replay`].
    pub replay: Option<ReplayKey>,
}

/// A request in a form that can be sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParkedRequest {
    /// 16 hexadecimal digits, the same for each attempt of the same request.
    pub id: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// The key under which its response is stored for its client, if it had an idempotency key.
    pub replay: Option<ReplayKey>,
}
