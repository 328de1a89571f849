use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Sentences as spans, so that each UI formats instants in its viewer's zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(transparent)]
#[ts(export)]
pub struct Spans(pub Vec<Span>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum Span {
    Text {
        text: String,
    },
    Instant {
        at: DateTime<Utc>,
    },
    Duration {
        seconds: i64,
    },
    /// Micro-dollars.
    Money {
        amount: i64,
    },
}
