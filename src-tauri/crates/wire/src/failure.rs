mod mask;
mod retry_after;
mod rule;
mod words;

use std::time::Duration;

use catalog::Dialect;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::Broken;

pub use rule::Rule;
pub use words::Words;

/// What kind of failure an attempt met, and with that what happens next.
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

impl Class {
    pub const ALL: [Class; 9] = [
        Class::Transient,
        Class::RateLimit,
        Class::Silent,
        Class::Quota,
        Class::Credential,
        Class::ModelGone,
        Class::Caller,
        Class::ContextTooLong,
        Class::ContentPolicy,
    ];

    /// The same request may be answered later without a change to it or to an account.
    pub fn is_retryable(self) -> bool {
        match self {
            Class::Transient | Class::RateLimit | Class::Silent => true,
            Class::Quota
            | Class::Credential
            | Class::ModelGone
            | Class::Caller
            | Class::ContextTooLong
            | Class::ContentPolicy => false,
        }
    }

    /// The word for it in settings, response headers and the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Transient => "transient",
            Class::RateLimit => "rate_limit",
            Class::Silent => "silent",
            Class::Quota => "quota",
            Class::Credential => "credential",
            Class::ModelGone => "model_gone",
            Class::Caller => "caller",
            Class::ContextTooLong => "context_too_long",
            Class::ContentPolicy => "content_policy",
        }
    }
}

/// An answer with an error status, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub class: Class,
    /// The provider says that the same request would only fail again (`x-should-retry: false`).
    pub final_word: bool,
    /// How long the provider asks us to wait, clamped to 0 s … 1 h.
    pub retry_after: Option<Duration>,
    /// The provider's own words, at most 500 characters, without anything that looks like a key.
    pub message: String,
}

/// A row of the table below: it applies where the status is one of these (an empty list: any) and the error's type, code
/// or message has one of these words in it (an empty list: whatever it says).
struct Row {
    status: &'static [u16],
    says: &'static [&'static str],
    class: Class,
}

const fn row(status: &'static [u16], says: &'static [&'static str], class: Class) -> Row {
    Row {
        status,
        says,
        class,
    }
}

/// An error told in a stream or in the body of a success has no status of its own.
const IN_BODY: u16 = 200;

/// The first row that applies decides. All words are lower case.
const TABLE: &[Row] = &[
    // Out of money or allowance: hides behind five statuses.
    row(&[402], &[], Class::Quota),
    row(
        &[IN_BODY, 400, 401, 403, 429],
        &[
            "insufficient_quota",
            "credit balance",
            "insufficient credits",
            "insufficient balance",
            "insufficient funds",
            "billing_error",
            "billing_hard_limit",
            "billing hard limit",
            "billing_not_active",
            "plan and billing",
            "plans & billing",
            "spend limit",
            "spend_limit",
            "spending limit",
            "usage limit",
            "usage_limit_reached",
            "usage_not_included",
            "exceeded_current_quota",
            "exceeded your current quota",
            "used all available credits",
            "budget_exceeded",
            "budget has been exceeded",
            "key limit exceeded",
        ],
        Class::Quota,
    ),
    row(
        &[IN_BODY, 400, 413, 422, 500],
        &[
            "context_length_exceeded",
            "context_window_exceeded",
            "exceed_context_size",
            "maximum context length",
            "prompt is too long",
            "input is too long",
            "exceed context limit",
            "exceeds the context window",
            "exceeds the available context",
            "larger than the context",
            "reduce the length of the messages",
        ],
        Class::ContextTooLong,
    ),
    row(
        &[IN_BODY, 400, 403, 422],
        &[
            "content_policy",
            "content policy",
            "content_filter",
            "content filtering policy",
            "content management policy",
            "responsibleaipolicyviolation",
            "violating our usage policy",
            "violate our usage policy",
            "requires moderation",
            "safety_violation",
        ],
        Class::ContentPolicy,
    ),
    // A thing that the request itself names, not the model.
    row(
        &[400, 404],
        &[
            "previous_response_not_found",
            "previous response with id",
            "item with id",
            "file not found",
        ],
        Class::Caller,
    ),
    row(
        &[IN_BODY, 400, 403, 422],
        &[
            "model_not_found",
            "model not found",
            "model not exist",
            "does not exist or you do not have access",
            "model_not_available",
            "invalid model",
            "unknown model",
            "no such model",
            "not a valid model",
            "unsupported model",
            "not have access to model",
            "model_decommissioned",
            "decommissioned",
            "no endpoints found",
        ],
        Class::ModelGone,
    ),
    row(&[404, 410], &[], Class::ModelGone),
    row(
        &[400],
        &[
            "invalid_api_key",
            "incorrect api key",
            "api key not valid",
            "api_key_invalid",
        ],
        Class::Credential,
    ),
    row(&[401, 403, 407], &[], Class::Credential),
    // Groq answers so when one request is larger than the allowance of a minute.
    row(&[413], &["tokens per minute"], Class::RateLimit),
    row(&[429], &[], Class::RateLimit),
    row(&[408, 409, 425], &[], Class::Transient),
    // By the dialects' own error types, where there is no status.
    row(
        &[IN_BODY],
        &["rate_limit", "rate limit", "too_many_requests"],
        Class::RateLimit,
    ),
    row(
        &[IN_BODY],
        &[
            "authentication_error",
            "permission_error",
            "invalid_api_key",
        ],
        Class::Credential,
    ),
    row(&[IN_BODY], &["not_found_error"], Class::ModelGone),
    row(
        &[IN_BODY],
        &["invalid_request", "invalid_prompt", "request_too_large"],
        Class::Caller,
    ),
];

/// Status, headers and the first bytes of the body → class. Quota hides in 400, 403 and 429.
/// `now` is needed for HTTP dates in `retry-after`.
///
/// No row of the table depends on the dialect: compatible servers use every vendor's words. An `x-should-retry: true` makes
/// a caller's fault transient, as the official clients read it.
pub fn classify(
    _dialect: Dialect,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Failure {
    classify_by(&[], status, headers, body, now)
}

/// As [`classify`], the owner's rules first, in their order.
pub fn classify_by(
    rules: &[Rule],
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    now: DateTime<Utc>,
) -> Failure {
    let words = Words::of_body(body);
    let rule = Rule::first_for(rules, Some(status.as_u16()), body);
    let should_retry = headers.get("x-should-retry").map(HeaderValue::as_bytes);
    let class = match (rule, look_up(status.as_u16(), &words.said())) {
        (Some(rule), _) => rule.class,
        (None, Class::Caller) if should_retry == Some(b"true") => Class::Transient,
        (None, class) => class,
    };
    let told_in_words = || match class {
        Class::RateLimit => retry_after::in_words(&words.message),
        _ => None,
    };
    let message = if words.message.is_empty() {
        format!("HTTP {status}")
    } else {
        words.message.clone()
    };
    Failure {
        class,
        final_word: rule.is_none() && should_retry == Some(b"false"),
        retry_after: retry_after::read(headers, class == Class::RateLimit, now)
            .or_else(told_in_words),
        message: match rule {
            Some(rule) => rule.named(&message),
            None => message,
        },
    }
}

/// The class of an answer that broke. An error that was told in the stream is as telling as one with a status: quota,
/// a wrong key and a context that is too long come so too. Whatever else breaks may go well the next time.
///
/// The second is the rule of the owner's that decided, where one did. Rules that name a status never meet such an error.
pub fn classify_broken<'r>(rules: &'r [Rule], broken: &Broken) -> (Class, Option<&'r Rule>) {
    let Broken::ErrorEvent { kind, message } = broken else {
        return (Class::Transient, None);
    };
    // Some routers put an HTTP status where the code belongs.
    let status = kind
        .parse()
        .ok()
        .filter(|status| (400..=599).contains(status));
    let said = format!("{kind} {message}");
    match Rule::first_for(rules, status, said.as_bytes()) {
        Some(rule) => (rule.class, Some(rule)),
        None => (
            look_up(status.unwrap_or(IN_BODY), &said.to_lowercase()),
            None,
        ),
    }
}

/// The class of an error response by its status and words alone.
pub fn class_of(status: StatusCode, words: &Words) -> Class {
    look_up(status.as_u16(), &words.said())
}

/// `said`: in lower case.
fn look_up(status: u16, said: &str) -> Class {
    let row = TABLE.iter().find(|row| {
        let status_fits = row.status.is_empty() || row.status.contains(&status);
        status_fits && (row.says.is_empty() || row.says.iter().any(|word| said.contains(word)))
    });
    match (row, status) {
        (Some(row), _) => row.class,
        // Every other refusal is about the request; what is left (a redirect, an error without a status) is not.
        (None, 400..=499) => Class::Caller,
        (None, _) => Class::Transient,
    }
}

#[cfg(test)]
mod tests;
