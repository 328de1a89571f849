use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Spans;

/// A plan, or a quota per hour, day or week, that is used up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UsedUpLimit {
    pub provider: String,
    /// "Claude"
    pub product: String,
    /// Models that a refused response or a circuit breaker showed.
    pub models: Vec<String>,
    /// None: the provider did not send it.
    pub resets_at: Option<DateTime<Utc>>,
    /// "Your limit at Anthropic is used up; it resets 13:40."
    pub sentence: String,
    pub spans: Spans,
}
