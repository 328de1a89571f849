use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A pipeline's request that no provider could answer, kept for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewSummary {
    /// 16 hexadecimal digits; the client was told it as `x-understudy-review-id`.
    pub id: String,
    pub state: ReviewState,
    /// Of the first failure.
    pub first: DateTime<Utc>,
    /// Of the last one.
    pub last: DateTime<Utc>,
    /// How often it failed.
    pub failures: u64,
    pub client: String,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    pub route: String,
    pub model: String,
    pub dialect: String,
    /// What went wrong the last time, in one sentence.
    pub why: String,
    /// Bytes of the request.
    pub size: u64,
    pub closed: Option<DateTime<Utc>>,
    /// The exchange whose response settled it.
    pub settled_by: Option<i64>,
    pub note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ReviewState {
    Open,
    /// A later try was answered, or another request of the same pipeline and item.
    Answered,
    /// A person did it by hand.
    Done,
    /// A person says that it need not be done.
    Dismissed,
}

/// `GET /control/review/<id>`: an item with its request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewItem {
    pub summary: ReviewSummary,
    /// The request as it was sent. None: it is not kept (any more); `kept` says why.
    pub request: Option<String>,
    /// How long the request is kept, or why it is not.
    pub kept: String,
    pub run: Option<ReviewRun>,
}

/// What came of running it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewRun {
    pub at: DateTime<Utc>,
    pub status: u16,
    /// An answer came, whole.
    pub answered: bool,
    /// As the provider sent it.
    pub answer: String,
}

/// `GET /control/review?limit=&before=&all=`, newest first: the open ones and those that were settled within 14 days, or all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewPage {
    pub items: Vec<ReviewSummary>,
    /// Pass as `before` to go on; None: that was all.
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

/// How a person closes an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Closing {
    Done,
    Dismissed,
}

/// "Retry all": waiting requests are run again, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewRetry {
    pub total: u64,
    /// Of those, run so far.
    pub done: u64,
    /// Of those that were run, answered.
    pub answered: u64,
    /// How it ended: "28 requests were run again: 26 answered, 2 failed." None: it is at work.
    pub ended: Option<String>,
}
