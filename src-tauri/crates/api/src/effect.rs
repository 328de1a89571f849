use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A side effect of a pipeline, such as an invoice: a request that its receiver gets once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EffectSummary {
    /// `e17`; the client received it as `x-understudy-effect`.
    pub id: String,
    /// As in the settings.
    pub name: String,
    pub state: EffectState,
    /// The idempotency key that the receiver gets.
    pub key: String,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    /// Host of its receiver. None: the settings have no effect of this name any more.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub receiver: Option<String>,
    /// The owner stated that the receiver acts once for each key.
    #[serde(default)]
    #[ts(as = "Option<bool>", optional)]
    pub honours_key: bool,
    /// The request whose completion it needed.
    pub after: Option<String>,
    pub at: DateTime<Utc>,
    pub attempts: u64,
    /// When its first byte may have been sent. None: never.
    pub first_sent: Option<DateTime<Utc>>,
    pub next_attempt: Option<DateTime<Utc>>,
    /// A sentence about the last attempt without a result.
    pub why: Option<String>,
    /// Bytes of the request.
    pub size: u64,
    /// Status of the receiver's response.
    pub status: Option<u16>,
    pub ended: Option<DateTime<Utc>>,
    /// The owner's decision.
    pub settled: Option<EffectSettled>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EffectState {
    /// For its next attempt.
    Waiting,
    Sending,
    /// It was sent and no complete response arrived: the owner decides.
    Unknown,
    /// It was never sent, and is not retried any more: the owner decides.
    Unsent,
    Done,
    /// The owner does not need it any more.
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum EffectSettled {
    Arrived,
    SentAgain,
    Dropped,
}

/// `GET /control/effects/<id>`: an effect with its request and its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EffectItem {
    pub summary: EffectSummary,
    pub request: String,
    /// Id of the request in `summary.after`, for `GET /control/exchanges/<id>`. None: it is not recorded any more.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub after_request: Option<i64>,
    pub result: Option<EffectResult>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EffectResult {
    pub status: u16,
    /// None: it was too large to keep.
    pub body: Option<String>,
}

/// `GET /control/effects?limit=&before=&all=`, newest first: the unfinished ones, or all.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EffectPage {
    pub items: Vec<EffectSummary>,
    /// Rows of this page that cannot be read.
    #[serde(default)]
    pub unreadable: u64,
    /// Pass as `before` to get the next page; None: this is the last page.
    pub next: Option<i64>,
}

/// `POST /control/effects/<id>/settle`: what the owner found out at the receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "as", rename_all = "snake_case")]
#[ts(export)]
pub enum EffectSettle {
    /// It arrived, with this result for its client.
    Arrived {
        /// Default: 200.
        #[serde(default)]
        status: Option<u16>,
        #[serde(default)]
        body: Option<String>,
    },
    /// It did not arrive: send it again.
    SendAgain,
    /// It is not needed any more; its key is free.
    Drop,
}
