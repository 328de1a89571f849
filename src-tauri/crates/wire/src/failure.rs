use std::time::Duration;

use catalog::Dialect;
use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode};

/// What kind of failure an attempt met, and with that what happens next (DESIGN 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// 408, 409, 5xx, 529, refused, reset, an incomplete answer: once more, then the next.
    Transient,
    /// 429 with quota left: wait when short, else the next.
    RateLimit,
    /// No headers or no first content in time: the next at once.
    Silent,
    /// Out of money or allowance, whatever the status says.
    Quota,
    /// The key is wrong, missing or not allowed.
    Credential,
    /// The model is not served here (any more).
    ModelGone,
    /// The request itself is at fault: returned unchanged, exactly one attempt.
    Caller,
    /// Only a candidate with a larger window helps.
    ContextTooLong,
    /// Declined for its content: returned unchanged.
    ContentPolicy,
}

/// An answer with an error status, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub class: Class,
    /// How long the provider asks us to wait, clamped to 0 s … 1 h.
    pub retry_after: Option<Duration>,
    /// The provider's own words, at most 500 characters, without anything that looks like a key.
    pub message: String,
}

/// Status, headers and the first bytes of the body → class. Quota hides in 400, 403 and 429.
/// `now` is needed for HTTP dates in `retry-after`.
pub fn classify(
    _dialect: Dialect,
    _status: StatusCode,
    _headers: &HeaderMap,
    _body: &[u8],
    _now: DateTime<Utc>,
) -> Failure {
    Failure {
        class: Class::Transient,
        retry_after: None,
        message: String::new(),
    }
}
