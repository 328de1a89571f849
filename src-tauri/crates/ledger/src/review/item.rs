use std::fmt;

use catalog::Dialect;
use chrono::{DateTime, Utc};

use crate::column::word_enum;
use crate::{Digest, ReplayKey};

word_enum! {
    ReviewState {
        Open = "open",
        /// A later attempt at the same request succeeded.
        Answered = "answered",
        /// The user did the work by hand.
        Done = "done",
        /// The user decided that the work is not needed.
        Dismissed = "dismissed",
    }
}

word_enum! {
    /// The state of the response's way to the pipeline's receiver.
    Delivery {
        /// The response is stored.
        Ready = "ready",
        /// Written before the response is sent.
        Sending = "sending",
        Delivered = "delivered",
        /// The receiver refused it for good.
        Failed = "failed",
        /// It was sent, and it is not known whether it arrived.
        Unknown = "unknown",
    }
}

/// A request that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRequest {
    /// The same for every attempt at the same request.
    pub id: String,
    pub at: DateTime<Utc>,
    pub client: String,
    pub session: Option<String>,
    pub dialect: Dialect,
    pub route: String,
    pub model: String,
    pub streamed: bool,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    /// One sentence.
    pub why: String,
    pub status: Option<u16>,
    /// Headers to send with the body: name and value, none of them secret.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Set where the request had an idempotency key.
    pub replay: Option<ReplayKey>,
    pub unattended: Unattended,
}

/// How a request runs and is delivered without its client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unattended {
    /// Digest of the client's credential.
    pub owner: Option<Digest>,
    /// The key under which it runs, if it has no idempotency key.
    pub run: Option<Digest>,
    pub resume: Option<Resume>,
    /// The client's login was a subscription's.
    pub subscription: bool,
}

/// Where a workflow waits for the response.
#[derive(Clone, PartialEq, Eq)]
pub enum Resume {
    /// The URL, which contains a secret.
    Url(String),
    /// The client sent a URL that is not allowed.
    Refused,
}

/// Never the URL.
impl fmt::Debug for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Resume::Url(_) => "Url(…)",
            Resume::Refused => "Refused",
        })
    }
}

/// A response that settles parked items.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'a> {
    pub id: &'a str,
    /// With its item; has priority over the request if both are present.
    pub pipeline: Option<&'a str>,
    pub item: Option<&'a str>,
    /// Its idempotency key.
    pub replay: Option<ReplayKey>,
    /// The exchange's id; `None`: it could not be recorded.
    pub exchange: Option<i64>,
}

/// Result of parking a failed request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// It was not in the queue before.
    Newly,
    Again,
    /// The user closed it less than [`REVIEW_STANDS`](crate::REVIEW_STANDS) ago: counted, and still closed.
    StaysClosed,
}

/// An item without its request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRow {
    pub id: String,
    pub state: ReviewState,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    pub failures: u64,
    pub client: String,
    pub session: Option<String>,
    pub dialect: Dialect,
    pub route: String,
    pub model: String,
    pub streamed: bool,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    /// Of the last failure.
    pub why: String,
    pub status: Option<u16>,
    /// Bytes of the request's body.
    pub size: u64,
    pub closed: Option<DateTime<Utc>>,
    /// The exchange whose response settled it.
    pub settled_by: Option<i64>,
    pub note: Option<String>,
    /// The exchange with its idempotency key and another body that was answered meanwhile.
    pub similar: Option<i64>,
    /// Its request is stored.
    pub stored: bool,
    pub subscription: bool,
    pub resume: Option<Resume>,
    /// Runs by the drain.
    pub runs: u64,
    pub drained: Option<DateTime<Utc>>,
    /// `None`: there is no response for its receiver.
    pub delivery: Option<Delivery>,
    pub delivery_attempts: u64,
    /// The next attempt or, once it ended, when that was.
    pub delivery_at: Option<DateTime<Utc>>,
    pub delivery_note: Option<String>,
}

/// An item with its kept request and its last run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewItem {
    pub row: ReviewRow,
    pub headers: Vec<(String, String)>,
    /// `None`: not kept, or deleted.
    pub body: Option<Vec<u8>>,
    pub replay: Option<ReplayKey>,
    /// The key under which it runs without its client, if it has no idempotency key.
    pub run_scope: Option<Digest>,
    pub run: Option<ReviewRun>,
}

/// Result of running the request again for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRun {
    pub at: DateTime<Utc>,
    pub status: u16,
    pub content_type: Option<String>,
    pub body: Vec<u8>,
}

/// Which items to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Open,
    /// The open ones, and those settled since.
    Recent(DateTime<Utc>),
    All,
}

/// How the user closes an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing {
    Done,
    Dismissed,
}

impl Closing {
    pub(super) fn state(self) -> ReviewState {
        match self {
            Closing::Done => ReviewState::Done,
            Closing::Dismissed => ReviewState::Dismissed,
        }
    }
}
