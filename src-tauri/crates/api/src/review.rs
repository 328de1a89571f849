use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Dialect;

/// A pipeline's request that every provider failed, parked for the user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewSummary {
    /// 16 hexadecimal digits; the client received it as `x-understudy-review-id`.
    pub id: String,
    pub state: ReviewState,
    /// Time of the first failure.
    pub first: DateTime<Utc>,
    /// Time of the last failure.
    pub last: DateTime<Utc>,
    /// Number of failures.
    pub failures: u64,
    pub client: String,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    pub route: String,
    pub model: String,
    pub dialect: Dialect,
    /// One sentence about the last failure.
    pub why: String,
    /// Bytes of the request.
    pub size: u64,
    pub closed: Option<DateTime<Utc>>,
    /// The exchange whose response closed it.
    pub settled_by: Option<i64>,
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ReviewState {
    Open,
    /// A later attempt, or another request of the same pipeline and item, succeeded.
    Answered,
    /// The user did the work by hand.
    Done,
    /// The user closed the item without a run.
    Dismissed,
}

/// `GET /control/review/<id>`: an item with its request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewItem {
    pub summary: ReviewSummary,
    /// The request as it was sent. None: it is not stored (any more); `kept` gives the reason.
    pub request: Option<String>,
    /// How long the request is kept, or why it is not kept.
    pub kept: String,
    pub run: Option<ReviewRun>,
}

/// Result of a new run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewRun {
    pub at: DateTime<Utc>,
    pub status: u16,
    /// A complete response arrived.
    pub answered: bool,
    /// The response body from the provider.
    pub answer: String,
}

/// `GET /control/review?limit=&before=&all=`, newest first: the open ones and those that were settled within 14 days, or all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewPage {
    pub items: Vec<ReviewSummary>,
    /// Rows of this page that are left out: another program or a damaged disk has changed them, and they cannot be read.
    #[serde(default)]
    pub unreadable: u64,
    /// Pass as `before` to get the next page; None: this is the last page.
    pub next: Option<i64>,
}

/// `POST /control/review/<id>/close`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewClose {
    #[serde(rename = "as")]
    pub closing: Closing,
    pub note: Option<String>,
}

/// How the user closes an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Closing {
    Done,
    Dismissed,
}

/// "Retry all": parked requests are run again, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewRetry {
    pub total: u64,
    /// Number of requests that were run so far.
    pub done: u64,
    /// Number of those with a complete response.
    pub answered: u64,
    /// Result: "28 requests were run again: 26 answered, 2 failed." None: still running.
    pub ended: Option<String>,
}
