mod class;
mod declined;
mod details;
mod error_text;
mod limit;
mod mask;
mod overflow;
mod pacific;
mod policy;
mod rule;
mod table;
mod times;

use std::time::Duration;

use catalog::Dialect;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::Broken;
use details::Details;
use limit::{Decided, Refusal};
use table::IN_BODY;

pub use class::FailureClass;
pub use error_text::ErrorText;
pub use rule::Rule;

/// A parsed error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub class: FailureClass,
    /// The provider reports that the same request would fail again (`x-should-retry: false`).
    pub forbids_retry: bool,
    /// The wait that the provider requests, clamped to 0 s … 1 h. For a [`FailureClass::Limit`], the time to its reset.
    pub retry_after: Option<Duration>,
    /// The reset time of a [`FailureClass::Limit`], at most 35 days ahead.
    pub resets_at: Option<DateTime<Utc>>,
    /// The model's context window in tokens, if a [`FailureClass::ContextTooLong`] error names it.
    pub window: Option<u64>,
    /// The model wrote a malformed tool call or document. This is no failure of the provider.
    pub is_malformed_output: bool,
    /// The provider's message, at most 500 characters, with keys masked.
    pub message: String,
}

impl Failure {
    /// A failure of this class with no further data.
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self {
            class,
            forbids_retry: false,
            retry_after: None,
            resets_at: None,
            window: None,
            is_malformed_output: false,
            message: message.into(),
        }
    }
}

/// Classifies an error response by its status, its headers and the start of its body. A quota error can have status 400, 403 or
/// 429. `now` is for HTTP dates in `retry-after`.
///
/// The table does not depend on the dialect: compatible servers use every vendor's texts. `x-should-retry: true` makes a
/// [`FailureClass::Caller`] error transient, as in the official clients.
pub fn classify(
    _dialect: Dialect,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Failure {
    classify_by(&[], status, headers, body, now)
}

/// As [`classify`]; the user's rules apply first, in their order.
pub fn classify_by(
    rules: &[Rule],
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Failure {
    let words = ErrorText::of_body(body);
    let details = Details::of(body);
    let rule = Rule::first_for(rules, Some(status.as_u16()), body);
    let should_retry = headers.get("x-should-retry").map(HeaderValue::as_bytes);
    let search_text = words.search_text() + &details.codes;
    let refusal = Refusal {
        status: status.as_u16(),
        headers,
        search_text: &search_text,
        details: &details,
        now: Some(now),
    };
    let by_table = policy::class(status.as_u16(), &words.code, &search_text);
    let Decided {
        class,
        retry_after,
        resets_at,
    } = match rule {
        // The rule sets only the class, not the wait or the reset time.
        Some(rule) => refusal.ruled(rule.class),
        None => refusal.decide(by_table),
    };
    let retryable = rule.is_none() && should_retry == Some(b"true");
    let class = if class == FailureClass::Caller && retryable {
        FailureClass::Transient
    } else {
        class
    };
    let message = if words.message.is_empty() {
        format!("HTTP {status}")
    } else {
        words.message.clone()
    };
    Failure {
        class,
        forbids_retry: rule.is_none() && should_retry == Some(b"false"),
        retry_after,
        resets_at,
        window: window(class, &search_text, &details),
        is_malformed_output: rule.is_none()
            && by_table == FailureClass::Transient
            && status.is_client_error()
            && is_model_fault(&search_text),
        message: match rule {
            Some(rule) => rule.named(&message),
            None => message,
        },
    }
}

/// Classifies a response that failed the completion check. An error event is read like an error response: it can report a
/// quota, a wrong key or a context that is too long. Any other fault is transient.
///
/// The second value is the user's rule that applied. Rules with a status do not apply. A reset date is in `resets_at` only.
pub fn read_broken<'r>(rules: &'r [Rule], broken: &Broken) -> (Failure, Option<&'r Rule>) {
    let Broken::ErrorEvent { kind, message } = broken else {
        return (
            Failure::new(FailureClass::Transient, broken.to_string()),
            None,
        );
    };
    // Some routers send an HTTP status as the error code.
    let status = kind
        .parse()
        .ok()
        .filter(|status| (400..=599).contains(status));
    let search_text = format!("{kind} {message}");
    let rule = Rule::first_for(rules, status, search_text.as_bytes());
    let search_text = search_text.to_lowercase();
    let class = rule.map_or_else(
        || policy::class(status.unwrap_or(IN_BODY), kind, &search_text),
        |rule| rule.class,
    );
    let decided = match rule {
        Some(_) => limit::in_stream(&search_text, class).of(class),
        None => limit::in_stream(&search_text, class),
    };
    let failure = Failure {
        retry_after: decided.retry_after,
        resets_at: decided.resets_at,
        window: window(decided.class, &search_text, &Details::default()),
        is_malformed_output: rule.is_none() && is_model_fault(&search_text),
        ..Failure::new(decided.class, broken.to_string())
    };
    (failure, rule)
}

/// The class of a response that failed the completion check, and the rule that applied. See [`read_broken`].
pub fn classify_broken<'r>(rules: &'r [Rule], broken: &Broken) -> (FailureClass, Option<&'r Rule>) {
    let (failure, rule) = read_broken(rules, broken);
    (failure.class, rule)
}

/// The class of an error response by its status and texts alone.
pub fn class_of(status: StatusCode, words: &ErrorText) -> FailureClass {
    policy::class(status.as_u16(), &words.code, &words.search_text())
}

fn window(class: FailureClass, search_text: &str, details: &Details) -> Option<u64> {
    let named = || details.window.or_else(|| overflow::window(search_text));
    (class == FailureClass::ContextTooLong)
        .then(named)
        .flatten()
}

fn is_model_fault(search_text: &str) -> bool {
    table::has_any(search_text, table::MODEL_FAULT)
}

#[cfg(test)]
mod tests;
