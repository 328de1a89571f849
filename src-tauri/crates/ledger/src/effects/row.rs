use chrono::{DateTime, Utc};

use crate::Digest;
use crate::column::word_enum;

word_enum! {
    EffectState {
        /// No byte was sent, or the receiver honours the key: it may be sent.
        Waiting = "waiting",
        /// Its first byte was sent, or is about to be.
        Sending = "sending",
        /// It was sent and no complete response arrived: the owner settles it.
        Unknown = "unknown",
        /// It was never sent, and is not retried any more: the owner settles it.
        Unsent = "unsent",
        /// The receiver's response is stored.
        Done = "done",
        /// The owner does not need it any more; its key is free.
        Dropped = "dropped",
    }
}

word_enum! {
    /// What the owner decided.
    Settlement {
        Arrived = "arrived",
        SentAgain = "sent again",
        Dropped = "dropped",
    }
}

/// A request for an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEffect {
    pub scope: Digest,
    pub request: Digest,
    pub name: String,
    pub key: String,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    pub after: Option<String>,
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub body: Vec<u8>,
}

/// The state of a key when its request arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EffectBegun {
    First(i64),
    /// The same request is known.
    Known(i64),
    /// The key belongs to another request.
    OtherRequest(i64),
}

/// After an attempt without a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfinished {
    Retry { due: DateTime<Utc>, why: String },
    Unknown { why: String },
    Unsent { why: String },
}

/// A complete response of a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// `None`: too large to keep.
    pub body: Option<Vec<u8>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectRow {
    pub id: i64,
    pub name: String,
    pub key: String,
    pub pipeline: Option<String>,
    pub item: Option<String>,
    pub after: Option<String>,
    pub at: DateTime<Utc>,
    pub state: EffectState,
    pub attempts: u64,
    /// When the first byte may have been sent. `None`: never.
    pub first_sent: Option<DateTime<Utc>>,
    /// Digest of the URL that it was sent to.
    pub receiver: Option<Digest>,
    /// Of the next attempt.
    pub due: Option<DateTime<Utc>>,
    pub why: Option<String>,
    /// Bytes of the request's body.
    pub size: u64,
    pub status: Option<u16>,
    pub ended: Option<DateTime<Utc>>,
    pub settled: Option<Settlement>,
}

/// An effect with its request and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEffect {
    pub row: EffectRow,
    pub content_type: Option<String>,
    pub content_encoding: Option<String>,
    pub body: Vec<u8>,
    pub response: Option<ReceiverResponse>,
}
