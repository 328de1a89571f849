use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Dialect, Spans};

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
    /// What an open item of a pipeline waits for: "Will be sent again at 14:05, for about $0.03." None: it is closed, or has no
    /// pipeline.
    #[serde(default)]
    pub drain: Option<String>,
    #[serde(default)]
    pub drain_spans: Spans,
    /// The same, to group by.
    #[serde(default)]
    pub drain_state: Option<DrainState>,
    /// The exchange with its `Idempotency-Key` and another body that was answered meanwhile: "already done?"
    #[serde(default)]
    pub similar: Option<i64>,
}

/// What an open item waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum DrainState {
    /// Time alone: its turn, the hours of its pipeline, the daily cap.
    Later,
    /// It is running.
    Running,
    /// The model does not answer yet.
    Model,
    /// Its response is on the way to its receiver.
    Delivery,
    /// Its caller fetches the response.
    Caller,
    /// The owner's answer: is it already done?
    Question,
    /// A click of the owner; the sentence has the reason.
    Click,
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
    /// Its requests, oldest first, with the run that has its response.
    #[serde(default)]
    pub attempts: Vec<ReviewAttempt>,
}

/// One request of an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewAttempt {
    /// The exchange, as in `GET /control/exchanges/<id>`.
    pub exchange: i64,
    pub at: DateTime<Utc>,
    pub answered: bool,
    /// The program that sent it; "Understudy" for a run from the queue.
    pub client: String,
    /// The endpoint and the model of its last attempt.
    pub endpoint: Option<String>,
    pub model: Option<String>,
    /// Why it has no response, or how it ended.
    pub reason: String,
    /// Micro-dollars, estimated at list prices. None: a price is unknown.
    pub cost: Option<i64>,
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

/// `POST /control/review/close`: several items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewCloseSeveral {
    pub ids: Vec<String>,
    #[serde(rename = "as")]
    pub closing: Closing,
    #[serde(default)]
    pub note: Option<String>,
}

/// `POST /control/review/reopen`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewReopenSeveral {
    pub ids: Vec<String>,
}

/// `POST /control/review/retry`: these items, or those of a pipeline, or all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ReviewRetrySeveral {
    #[serde(default)]
    pub ids: Option<Vec<String>>,
    #[serde(default)]
    pub pipeline: Option<String>,
}

/// `GET /control/review/drain?pipeline=NAME`: what the switch would do and cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DrainOffer {
    pub pipeline: String,
    pub on: bool,
    /// "the webhook at leads.example"; None: the pipeline has no receiver, and the switch has no effect.
    pub receiver: Option<String>,
    /// Items that would be sent now or later.
    pub items: u64,
    /// Micro-dollars of one item, on average. None: no item, or a price is unknown.
    pub per_item: Option<i64>,
    /// Micro-dollars of all items. None: a price is unknown.
    pub total: Option<i64>,
    /// The same in words, with the cap.
    pub sentence: String,
}

/// `PUT /control/review/secret`: of the pipeline's webhook, for the keychain.
#[derive(Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WebhookSecret {
    pub pipeline: String,
    pub secret: String,
}

/// `POST /control/review/drain`: the owner's switch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DrainSwitch {
    pub pipeline: String,
    pub on: bool,
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
