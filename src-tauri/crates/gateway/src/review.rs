//! Requests of pipelines, which are parked if no provider can answer them. An agent's request is not: a user cannot finish it
//! by hand.

mod ask;
mod entered;
mod queries;
mod resume;
mod reviewed;

use bytes::Bytes;
use http::StatusCode;
use ledger::{ReplayKey, Unattended};

pub use ask::ReviewAsk;
pub(crate) use entered::{Entered, Entries};
pub(crate) use queries::ReviewQueries;
pub use resume::may_receive;
pub(crate) use reviewed::{Reviewed, unparked, waits};

/// The effect of an exchange on the review queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Review {
    /// It has no response: to be parked. Its client receives the id after the request is stored.
    Parked(ParkedRequest),
    /// Answered, but its client had disconnected: the response is stored for the client's next attempt, and for the user.
    Unfetched(ParkedRequest),
    /// Answered: parked attempts with this id, of this item, or with this idempotency key are settled.
    Answered {
        id: String,
        replay: Option<ReplayKey>,
    },
    /// Answered without its client: the item is settled when its receiver has the response.
    Drained(String),
}

/// An unfetched response of a request that is stored under this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfetched {
    pub id: String,
    pub status: StatusCode,
    pub content_type: Option<String>,
    pub body: Bytes,
}

/// Marks a request of the review queue that the user runs again; it is in the request's extensions, which no network client can
/// set.
#[derive(Clone, Debug, Default)]
pub struct Rerun {
    /// The request's idempotency key, as [`ParkedRequest::replay`].
    pub replay: Option<ReplayKey>,
    /// The item whose response goes to the pipeline's receiver. The request does not run while another one of this item is
    /// open, or after the item was settled.
    pub drains: Option<String>,
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
    /// Empty for a new run of a parked request.
    pub unattended: Unattended,
}
